"""The names of everything that may be wrong: what messages end with, and what a deck's exceptions call it.

The page docs/rules.md explains each with an example and its cure.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What a rule asks for."""

    asks: str
    """In a few words."""
    is_slow: bool = False
    """Whether only `check` looks, and not every build."""
    is_firm: bool = False
    """Whether a slide cannot be excepted: without it there would be nothing to publish, or something unsafe."""


RULES = {
    # A deck's file and its front matter
    "file": Rule("the file is there, and is text in UTF-8", is_firm=True),
    "file-outside": Rule("nothing from outside the project gets into an output", is_firm=True),
    "deck-missing": Rule("there is a deck", is_firm=True),
    "deck-name": Rule("a deck's name can be an address", is_firm=True),
    "front-matter": Rule("front matter stands on the first line and is valid YAML", is_firm=True),
    "theme-unknown": Rule("the theme is there"),
    "class-unknown": Rule("a class means something to the theme or to the deck's styles"),
    "style-mistyped": Rule("styles use properties and values that there are, and end what they begin"),
    "directive-unknown": Rule("directives are spelt as Marp spells them"),
    "directive-value": Rule("directives have a value that does something"),
    "directive-lost": Rule("directives stand where Marp reads them"),
    "directive-spills": Rule("a directive that changes all later slides is meant to"),
    "html-refused": Rule("Marp lets the HTML of a deck through", is_firm=True),
    "markdown-left": Rule("Markdown becomes what it stands for"),
    "image-missing": Rule("images are there, spelt as on disk"),
    "image-broken": Rule("images can be shown"),
    "formula-wrong": Rule("formulas are TeX that can be set"),
    "slide-key": Rule("a slide's key is an address of its own"),
    "slide-minutes": Rule("a slide's minutes are a number and agree with the run sheets"),
    "marp": Rule("Marp has nothing to say against the deck", is_firm=True),
    # Notes
    "note-swallowed": Rule("a note is not taken for a directive"),
    "note-lost": Rule("a note stands where Marp reads it"),
    "note-leaked": Rule("a note is not shown on the slide"),
    "note-todo": Rule("notes are ready to be read"),
    "note-for-tools": Rule("notes are for people, not for tools"),
    "note-long": Rule("notes can be spoken in the slide's minutes"),
    "comment-open": Rule("a comment is closed"),
    "comment-tail": Rule("nothing stands after a comment on its last line"),
    # Slides
    "slide-blank": Rule("a slide shows something"),
    "slide-hidden": Rule("every slide is reached and shows its heading"),
    "ruler-eaten": Rule("a ruler parts two slides"),
    "block-open": Rule("code, formulas and raw HTML have an end"),
    "cell-lost": Rule("every cell of a table has a column"),
    "overflow": Rule("everything on a slide is inside of it"),
    "clipped": Rule("no box on a slide hides a part of what is in it"),
    "text-small": Rule("words on a slide can be read from the last row"),
    "image-off-slide": Rule("images are on the slide"),
    "image-blurred": Rule("images have enough pixels"),
    # What is made of a deck
    "pdf-incomplete": Rule("the PDF has every slide with its words"),
    "pdf-structure": Rule("the PDF is tagged, with title, language, outlines and described links"),
    "handout-incomplete": Rule("handouts and cue cards have every slide and note"),
    "powerpoint-incomplete": Rule("the PowerPoint file has every title and note"),
    # Links and requests
    "link-dead": Rule("every link leads somewhere"),
    "link-unlisted": Rule("external links stand in the inventory, and only those"),
    "address-lost": Rule("addresses that were published still lead to a slide"),
    "outside-request": Rule("nothing is loaded from another host", is_firm=True),
    "request-failed": Rule("everything that is loaded is there"),
    "script-error": Rule("no script fails"),
    "page-script": Rule("no page brings a script, a frame or a form of its own", is_firm=True),
    "policy": Rule("nothing is loaded or run that the content security policy forbids", is_firm=True),
    # Accessibility
    "alt-missing": Rule("every image has a text alternative"),
    "contrast": Rule("words stand out from what is behind them", is_slow=True),
    "heading-order": Rule("headings leave out no level", is_slow=True),
    "axe": Rule("no rule of axe-core is broken", is_slow=True),
    "axe-undecided": Rule("axe-core can decide everything", is_slow=True),
    "focus-hidden": Rule("what has the keyboard's focus can be seen to have it", is_slow=True),
    "motion": Rule("nothing moves for those who asked for no motion", is_slow=True),
    "zoom": Rule("a page can be read at 400 %", is_slow=True),
    # The project
    "settings": Rule("mkdocs.yml and the inventory of links say what the build needs", is_firm=True),
    "yaml": Rule("YAML is valid", is_firm=True),
    "run-sheet": Rule("run sheets agree with themselves and with the deck"),
    "scenario": Rule("a practice incident is complete, and its files agree", is_firm=True),
    "template": Rule("a template says what it is, and its files hold all of it", is_firm=True),
    "bundle": Rule("a bundle holds what it links to, and nothing that spoils the practice", is_firm=True),
    "mkdocs": Rule("MkDocs has nothing to say against the site", is_firm=True),
    "output": Rule("outputs can be written", is_firm=True),
    "browser": Rule("the browser starts and stays", is_firm=True),
    # Exceptions
    "exception-wrong": Rule("an exception names a rule and a reason", is_firm=True),
    "exception-unneeded": Rule("an exception is still needed", is_firm=True),
}
"""Every rule by its name."""
