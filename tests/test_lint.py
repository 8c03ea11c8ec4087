"""Faults planted into the source of decks, which Marp passes over in silence; and what only looks like one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from pipeline import deck, decks, lint, marp
from pipeline.problems import Problem
from pipeline.rules import RULES
from pipeline.toolchain import Tools
from tests.conftest import FIXTURES, ROOT, once
from tests.test_faults import VALID

# Every line on which a fault is planted ends with, or is followed by, nothing that says so: the lines are counted.
PLANTED: list[tuple[str, str, list[tuple[int, str]]]] = [
    # --- tables ------------------------------------------------------------------------------------------------
    ("a cell without a column", "# A\n\n| a | b |\n|---|---|\n| 1 | 2 | lost |\n", [(5, "cell-lost")]),
    ("a sign in code", "# A\n\na | b\n-|-\n1 | `x | y`\n3 | 4\n", [(5, "cell-lost")]),
    (
        "a table in a list and one in a quotation",
        "# A\n\n- | a | b |\n  |---|---|\n  | 1 | 2 | lost |\n\n1. one\n\n   > - | a |\n   >   |---|\n   >   | 1 |\n"
        "   >   | 2 | lost |\n\n   | a |\n   |---|\n   | 1 | lost |\n",
        [(5, "cell-lost"), (12, "cell-lost"), (16, "cell-lost")],
    ),
    # --- elements without an end -------------------------------------------------------------------------------
    ("the end of a slide in words", "# A\n\nClose it\nwith </section> and go on.\n\n- b\n", [(4, "block-open")]),
    ("an element in words", "# A\n\nThe `a\nb` <section> tag\n\n---\n\n# B\n", [(4, "block-open")]),
    ("a film in words", "# A\n\nUse <video> and wait.\n\n---\n\n<AUDIO>\nx\n", [(3, "block-open"), (7, "block-open")]),
    ("details without an end", "# A\n\n<div>\n<details>\n</div>\n\n- b\n", [(4, "block-open")]),
    ("a table without an end", "# A\n\n<table><tr><td>\n\nb\n\n---\n\n</table>\n", [(3, "block-open")]),
    (
        "slanted without an end",
        "# A\n\n<i>a\n\n---\n\n# B\n\n<em>b</em> <A>c\n",
        [(3, "block-open"), (9, "block-open")],
    ),
    # --- signs that show ---------------------------------------------------------------------------------------
    (
        "links and pictures that are none",
        "---\ntitle: '[a](b c)'\n---\n# A\n\n![[p.png]]\n\n![a](my p.png)\n[b](p.png \"c)\n\n"
        "<div>\n[d](#2) or **e**\n</div>\n\n---\n\nSee [the *guide*][guide],\n[this one] (p.png) and\n(that)[https://a.example/].\n",
        [(line, "markdown-left") for line in (6, 8, 9, 12, 12, 17, 18, 19)],
    ),
    (
        "blocks that are none",
        "| a | b |\n|---|\n| 1 | 2 |\n\n##Agenda *now*\n\n> [!NOTE]\n> x\n\n::: columns\na\n:::\n\n!!! note\n\n"
        "[^1]: Smith, 2019\n\n- ==a b== and 2*3*4\n",
        [(line, "markdown-left") for line in (2, 5, 7, 10, 14, 16, 18, 18)],
    ),
    (
        "comments that are none",
        "# A\n\n    <!-- ask -->\n\n%% who was there\n\n<!- and where -->\n\n---\n\n"
        "```\n<!-- b -->\n```\n\n1. c\n\n    <!-- b -->\n\n---\n\nd\n\n    <p>\n\n    <!-- e -->\n",
        [(3, "markdown-left"), (5, "markdown-left"), (7, "markdown-left")],
    ),
    (
        "what other programs know",
        "# A {.big}\n\n**Note: **b\n\n- ** cc d ** e\n\n\u2014-\n"
        "\nUse `get pods to see.\n\na&nbps;b of :smiel: and :smile:\n\n| a | b |\n| 1 | 2 |\n"
        "| 3 | 4 |\n\nSee [[Other page]].\n\n[a]\uff08https://a.example/\uff09\n\nGo to <https://a.example/ b>.\n\n"
        "---\n\nDear {{ name }},\n\nIt is $ x^2 $, \\[ x^2 \\] and H~2~O.\n\n<<<<<<< HEAD\none\n\n"
        "#\u00a0B\n\n'''\nx = 1\n'''\n",
        [(line, "markdown-left") for line in (1, 3, 5, 7, 9, 11, 11, 13, 17, 19, 21, 25, 27, 27, 27, 29, 32, 34, 36)],
    ),
    (
        "Markdown within HTML",
        "# A\n\n<div>\n\n- a\n\n</div>\n\n<div>\n- b\n- c\n</div>\n\n<p>\n# D\n</p>\n\n<div>\n```\ne\n```\n</div>\n\n"
        "<pre>\n# f\n</pre>\n\n`<div>`\n\n```\n<div>\n# g\n```\n",
        [(10, "markdown-left"), (15, "markdown-left"), (19, "markdown-left")],
    ),
    (
        "what has no end, and what is no element",
        "# A\n\nThe **big* one, &copy 2026\n\n```mermaid\nc\n```\n\n[b](c.md\n\n![d](e(1).png\n\n???\nsay f\n\n---\n"
        "\n<sapn>g</sapn>\n\n---\n\n<font>h</font>\n\n"
        "<style scope>\nh1 { color: red; }\n</style>\n",
        [
            *((line, "markdown-left") for line in (3, 3, 5, 9, 11, 13, 18)),
            (22, "html-refused"),
            (24, "style-mistyped"),
        ],
    ),
    (
        "directives without a colon",
        "# A\n\n<!-- _class invert -->\n\n<!-- paginate=false -->\n\n"
        "<!-- class dismissed -->\n\n<!-- color blind -->\n",
        [(3, "directive-unknown"), (5, "directive-unknown")],
    ),
    (
        "directives without a comment around",
        "# A\n\n_class: lead\n_paginate: false\n\nSet color: red.\n\n`_class: x`\n\n---\n\nbackgroundColor: #fed\n",
        [(3, "markdown-left"), (4, "markdown-left"), (12, "markdown-left")],
    ),
    (
        "elements without an end in what is on every slide",
        "---\nheader: '<i>a</i> b'\nfooter: <B>x\n---\n# A\n\n---\n\n# B\n",
        [(3, "block-open")],
    ),
    ("a footnote that is one word", "# A\n\nBread[^1].\n\n[^1]: Smith\n", [(5, "markdown-left")]),
    # --- what is no link ---------------------------------------------------------------------------------------
    ("words for an address", "# A\n\n[Ann]: Yes!\n\n[Ben]:\nNo (he said)\n", [(3, "block-open"), (5, "block-open")]),
    # --- what is nested too deeply -----------------------------------------------------------------------------
    ("twenty quotations", f"# A\n\n{'> ' * 20}lost\n", [(3, "html-refused")]),
    ("ten lists", "".join(f"{'  ' * level}- {level}\n" for level in range(11)), [(10, "html-refused")]),
    # --- headers and footers -----------------------------------------------------------------------------------
    ("a sign at the beginning", "---\nfooter: &copy; 2026 A\n---\n# A\n", [(2, "directive-value")]),
    ("brackets around", "# A\n\n<!--\n_paginate: true\n_header: {Draft}\n-->\n", [(5, "directive-value")]),
    # --- notes -------------------------------------------------------------------------------------------------
    ("a class of words", "# A\n\n<!-- class: the students will be split -->\n", [(3, "note-swallowed")]),
    ("a style of words", "# A\n\n<!-- style: casual with a smile -->\n", [(3, "note-swallowed")]),
    ("a colour of words", "# A\n\n<!-- color: red is what they see -->\n", [(3, "note-swallowed")]),
    ("a colour for one slide", "# A\n\n<!-- _color: red is what they see -->\n", [(3, "note-swallowed")]),
    ("a theme of words", "# A\n\n- x <!-- theme: what this part is about -->\n", [(3, "note-swallowed")]),
    ("page numbers of words", "text <!-- paginate: do not forget the page --> x\n", [(1, "note-swallowed")]),
    ("words in German", "# A\n\n<!-- color: auf die Farbe eingehen -->\n", [(3, "note-swallowed")]),
    ("words in Japanese", "# A\n\n<!-- color: ここで赤い線の話をする。 -->\n", [(3, "note-swallowed")]),
    ("metadata later on", "# A\n\n---\n\n# B\n\n<!-- title: wait a little -->\n", [(7, "note-swallowed")]),
    ("metadata of one word", "# A\n\n---\n\n# B\n\n<!--\nimage: bridge\n-->\n", [(8, "note-swallowed")]),
    ("a note below a directive", "<!--\n_class: invert\nnote: hello\n-->\n# A\n", [(3, "note-swallowed")]),
    (
        "an unknown key below a directive",
        "# A\n---\n<!--\n_class: invert\nremember: ask them what they saw\n-->\n# B\n",
        [(5, "note-swallowed")],
    ),
    ("a note in a block", "<div>\n<!-- Ask who has seen this before. -->\n</div>\n", [(2, "note-lost")]),
    (
        "a longer note in a block",
        "a\n\n<details>\n<!-- first ask what they would do -->\nx\n</details>\n",
        [(4, "note-lost")],
    ),
    ("a note below a line break", "text\n\n<br>\n<!--\nAsk who has seen it.\nWait.\n-->\n", [(4, "note-lost")]),
    ("a second note on a line", "<!-- First this --> <!-- then that one -->\n\n# A\n", [(1, "note-lost")]),
    ("a second note on the last line", "<!-- First\nthis --> <!-- then that -->\n", [(2, "note-lost")]),
    ("a heading behind a style", "<style>\nh1 { top: 0 }\n</style> # A\n\nb\n", [(3, "comment-tail")]),
    ("a note behind a style", "<style>\nh1 { top: 0 }\n</style> <!-- Say hello -->\n\n# A\n", [(3, "note-lost")]),
    ("a note beside a background", "![bg](#123456) <!-- Say hello -->\n\n# A\n", [(1, "note-lost")]),
    ("a note alone in a cell", "| a | b |\n|---|---|\n| x | <!-- Say hello --> |\n", [(3, "note-lost")]),
    ("a blank line inside", "text <!-- an inline comment\n\nwith a blank line -->\n", [(1, "note-leaked")]),
    ("a blank line in a list", "- x\n\n  <!-- a note\n\n  goes on -->\n", [(3, "note-leaked")]),
    ("a note that leaves its quotation", "> <!-- begun here\nended here -->\n", [(1, "note-leaked")]),
    ("a bar in a cell", "| a | b | c |\n|---|---|---|\n| x <!-- cut | here --> | y |\n", [(3, "note-leaked")]),
    ("never closed in a line", "text <!-- nobody closed this one\n\n---\n\n# B\n", [(1, "note-leaked")]),
    ("a block that ends too early", "<div>\n<!-- gone until here,\n\nthen shown -->\n</div>\n", [(2, "note-leaked")]),
    ("an arrow", "<!--\nThe request goes client --> server\nand back.\n-->\n", [(2, "note-leaked")]),
    ("two arrows", "<!--\nclient --> server\nserver --> client.\n-->\n", [(2, "note-leaked")]),
    ("an arrow in a line", "text <!-- from a --> b -->\n", [(1, "note-leaked")]),
    ("a bracket before it", "Write <!x, and the next <!-- note --> comes twice.\n", [(1, "note-leaked")]),
    (
        "comments in a drawing",
        '# A\n\n<svg viewBox="0 0 9 9">\n<!-- This is the arrow to the right. -->\n<g>\n</g>\n</svg>\n',
        [(3, "html-refused")],
    ),
    (
        "comments in a script",
        "# A\n\n<script>\n// <!-- This is for old browsers only. -->\n</script>\n",
        [(3, "html-refused")],
    ),
    ("dashes in a field", "# A\n\n<textarea>\n---\n</textarea>\n", [(3, "html-refused")]),
    (
        "columns by a style",
        "# A\n\n<div style='display: grid' id=box>\n\na <span\nSTYLE=\"color: blue\">b</span>\n\n</div>\n",
        [(3, "html-refused"), (3, "html-refused"), (5, "html-refused")],
    ),
    ("a paragraph in the middle", "# A\n\n<p align=center hidden>\na\n</p>\n", [(3, "html-refused")] * 2),
    ("a style in a footer", "---\nfooter: <b style='color: red'>x</b>\n---\n# A\n", [(2, "html-refused")]),
    ("letters of a typewriter", "# A\n\nwords <tt>typed</tt>\n", [(3, "html-refused")]),
    ("to the end", "# A\n\n---\n\n<!-- Nobody closed this\n\n---\n\n# B\n", [(5, "comment-open")]),
    ("closed with a space", "# A\n\n<!-- Nobody closed this -- >\n\n---\n\n# B\n", [(3, "comment-open")]),
    ("to the end of an item", "- x\n\n  <!-- Nobody closed this\n\n- y\n", [(3, "comment-open")]),
    ("to the end of raw HTML", "<div>\n<!-- Nobody closed this\n</div>\n\n# A\n", [(2, "comment-open")]),
    ("a heading behind a note", "<!-- note --> # A heading\n", [(1, "comment-tail")]),
    ("a heading behind a note, and an arrow", "<!-- note --> # A\n\nto --> B\n", [(1, "comment-tail")]),
    ("a heading, and an arrow later", "<!-- note --> # A\n\n---\n\nto the right -->\n", [(1, "comment-tail")]),
    ("text behind a long note", "# A\n\n<!--\nnote\n--> text behind\n", [(5, "comment-tail")]),
    ("a tag behind a note", "<!-- note --> <div>\n\ntext\n", [(1, "comment-tail")]),
    ("an arrow on one line", "<!-- a --> b: the note ends at the arrow -->\n", [(1, "comment-tail")]),
    ("a comment in a comment", "<!-- outer <!-- inner --> lost -->\n", [(1, "comment-tail")]),
    ("something to do", "# A\n\n<!-- TODO draw this again -->\n", [(3, "note-todo")]),
    ("something to do below", "# A\n\n<!--\nSay hello.\n\n- FIXME: the figures\n-->\n", [(6, "note-todo")]),
    ("something to do in a line", "text <!-- Say XXX: which one? -->\n", [(1, "note-todo")]),
    ("something to do in brackets", "<!-- Say hello (TODO) -->\n", [(1, "note-todo")]),
    ("for the contents", "# A <!-- omit in toc -->\n", [(1, "note-for-tools")]),
    ("for spelling", "<!-- cspell:words Marpit -->\n", [(1, "note-for-tools")]),
    ("for a linter", "# A\n\n<!-- eslint-disable no-undef -->\n", [(3, "note-for-tools")]),
    (
        "for a linter of words",
        "<!-- vale off -->\n\n# A\n\n<!-- textlint-enable -->\n",
        [(1, "note-for-tools"), (5, "note-for-tools")],
    ),
    # --- directives --------------------------------------------------------------------------------------------
    ("a directive for all in a block", "<p>\n<!-- color: red -->\nx\n</p>\n", [(2, "directive-lost")]),
    ("a note like a directive in a block", "<p>\n<!-- color: that is what they see -->\n</p>\n", [(2, "note-lost")]),
    ("a directive in a block", "<p>\n<!-- _class: invert -->\nx\n</p>\n", [(2, "directive-lost")]),
    (
        "a second directive on a line",
        "<!-- _class: invert --><!-- _paginate: false -->\n# A\n",
        [(1, "directive-lost")],
    ),
    ("a directive behind a style", "<style>h1 { top: 0 }</style> <!-- _class: invert -->\n", [(1, "directive-lost")]),
    ("a directive between rulers", "# A\n\n---\n_class: invert\n---\n\n# B\n", [(4, "directive-lost")]),
    (
        "a directive above the heading that divides",
        "---\nheadingDivider: 1\n---\n# A\n\ntext\n\n<!-- _class: invert -->\n<!-- _paginate: false -->\n# B\n",
        [(8, "directive-lost"), (9, "directive-lost")],
    ),
    ("another case", "<!-- Class: invert -->\n# A\n", [(1, "directive-unknown")]),
    ("another spelling", "<!-- bakgroundColor: red -->\n# A\n", [(1, "directive-unknown")]),
    ("as in CSS", "# A\n\n<!--\n_color: red\nbackground-color: black\n-->\n", [(5, "directive-unknown")]),
    ("no space", "<!-- class:invert -->\n# A\n", [(1, "directive-unknown")]),
    ("no space below", "<!--\n_class:invert\n_color:red\n-->\n# A\n", [(2, "directive-unknown")]),
    ("no YAML in a style", "<!--\nstyle: |\n\th1 { top: 0 }\n  p { top: 0 }\n-->\n", [(2, "directive-unknown")]),
    ("no YAML in a colour", "# A\n\n<!--\ncolor: red\nSay why.\n-->\n", [(4, "directive-unknown")]),
    ("an underscore below words", "# A\n\n<!--\nSay why.\n_color: red\n-->\n", [(5, "directive-unknown")]),
    ("an old theme above words", "# A\n\n<!--\n$theme: gaia\nSay why.\n-->\n", [(4, "directive-unknown")]),
    ("no space for one slide", "<!-- _color:red -->\n# A\n", [(1, "directive-unknown")]),
    ("no colon", "<!-- _class invert -->\n# A\n", [(1, "directive-unknown")]),
    ("two underscores", "<!-- __class: two words -->\n# A\n", [(1, "directive-unknown")]),
    ("an underscore too many", "<!-- _theme: gaia -->\n# A\n", [(1, "directive-unknown")]),
    ("an old theme", "<!-- $theme: default -->\n# A\n", [(1, "directive-unknown")]),
    ("an old size", "<!-- $size: 16:9 -->\n# A\n", [(1, "directive-unknown")]),
    ("old page numbers", "<!-- page_number: true -->\n# A\n", [(1, "directive-unknown")]),
    ("an old template", "<!-- *template: invert -->\n# A\n", [(1, "directive-unknown")]),
    ("fit alone", "<!-- fit -->\n\n# A\n", [(1, "directive-unknown")]),
    ("fit with a capital", "# <!-- Fit --> A\n", [(1, "directive-unknown")]),
    ("fit in text", "text <!-- fit -->\n", [(1, "directive-unknown")]),
    ("no YAML", '<!-- _footer: "I\'m quoted", 2012 -->\n# A\n', [(1, "directive-unknown")]),
    ("no YAML in a header", "<!-- header: **bold** -->\n# A\n", [(1, "directive-unknown")]),
    ("a note in a directive", "<!--\n_class: invert\nSay hello.\n-->\n# A\n", [(2, "directive-unknown")]),
    ("twice the same", "# A\n\n<!--\n_class: invert\n_class: lead\n-->\n", [(4, "directive-unknown")]),
    ("front matter in another case", "---\nmarp: true\nTheme: gaia\n---\n# A\n", [(3, "directive-unknown")]),
    ("front matter as in CSS", "---\nbackground-color: black\n---\n# A\n", [(2, "directive-unknown")]),
    ("front matter of another kind", "---\npagination: true\n---\n# A\n", [(2, "directive-unknown")]),
    ("front matter of old", "---\nmarp: true\n$size: 4:3\n---\n# A\n", [(3, "directive-unknown")]),
    ("page numbers", "---\npaginate: yes\n---\n# A\n", [(2, "directive-value")]),
    ("page numbers with a remark", "# A\n\n<!-- _paginate: true # as above -->\n", [(3, "directive-value")]),
    ("page numbers of a slide", "# A\n\n<!-- _paginate: no -->\n", [(3, "directive-value")]),
    ("a size", "---\nmarp: true\nsize: 16x9\n---\n# A\n", [(3, "directive-value")]),
    ("formulas", "---\nmath: latex\n---\n# A\n", [(2, "directive-value")]),
    ("a level", "---\nheadingDivider: 7\n---\n# A\n", [(2, "directive-value")]),
    ("levels", "---\nheadingDivider: [2, 7]\n---\n# A\n", [(2, "directive-value")]),
    ("levels without brackets", "---\nheadingDivider: 2, 3\n---\n# A\n", [(2, "directive-value")]),
    ("a transition", "---\ntransition: fadein\n---\n# A\n", [(2, "directive-value")]),
    ("a language", "---\nlang: en_US\n---\n# A\n", [(2, "directive-value")]),
    ("a language's name", "---\nlang: english\n---\n# A\n", [(2, "directive-value")]),
    ("a header that is a list", "---\nheader: [Home]\n---\n# A\n", [(2, "directive-value")]),
    ("a class", "---\nclass: invrt\n---\n# A\n", [(2, "class-unknown")]),
    (
        "a class of a slide, once",
        "<!-- _class: big -->\n# A\n\n---\n\n<!-- _class: big invert -->\n",
        [(1, "class-unknown")],
    ),
    ("many classes", "# A\n\n<!-- _class: aa bb cc dd ee -->\n", [(3, "class-unknown")] * 5),
    ("a list of classes", "<!-- _class: [they will be split] -->\n# A\n", [(1, "class-unknown")] * 4),
    ("a class with a comma", "# A\n\n<!-- _class: invert, invert -->\n", [(3, "class-unknown")]),
    ("one of two in a list", "<!--\n_class:\n  - invert\n  - wide\n-->\n# A\n", [(2, "class-unknown")]),
    (
        "a class for all that follow",
        "# A\n\n---\n\n# B\n\n---\n\n<!-- class: invert -->\n# C\n\n---\n\n# D\n",
        [(9, "directive-spills")],
    ),
    (
        "colours for all that follow, once",
        "# A\n\n---\n\n# B\n\n---\n\n# C\n\n<!--\nbackgroundColor: red\ncolor: blue\n-->\n\n---\n\n# D\n",
        [(12, "directive-spills")],
    ),
    ("a division by a list", "# A\n\n---\n\n<!-- headingDivider: [1, 2] -->\n\n# B\n", [(5, "directive-spills")]),
    (
        "a division of the whole deck",
        "# A\n\n---\n\n# B\n\n<!-- headingDivider: 1 -->\n\ntext\n",
        [(7, "directive-spills")],
    ),
    # --- rulers and front matter -------------------------------------------------------------------------------
    ("a background", "# A\n\n![bg](#123456)\n---\n\n# B\n", [(4, "ruler-eaten")]),
    (
        "an image",
        "# A\n\n---\n\n# B\n\n![a](data:image/gif;base64,R0lGODlhAQABAAAAACw=)\n---\n\ntext\n",
        [(8, "ruler-eaten")],
    ),
    ("several lines", "# A\n\n---\n\n# B\n\none line\nand one more\n---\n\ntext\n", [(9, "ruler-eaten")]),
    ("before a heading", "# A\n\nsome text\n---\n# B\n", [(4, "ruler-eaten")]),
    ("before a heading with a note", "# A\n\nsome text\n---\n<!-- a note -->\n\n# B\n", [(4, "ruler-eaten")]),
    ("a comment that a ruler breaks", "# A\n\ntext <!-- a\n---\n# B -->\n", [(3, "note-leaked")]),
    ("a question", "# A\n\n---\n\n# B\n\nWho of you has seen this one before?\n---\n\nx\n", [(8, "ruler-eaten")]),
    ("four words", "# A\n\n---\n\n# B\n\nHere ends this text.\n---\n\n- x\n", [(8, "ruler-eaten")]),
    ("a sentence", "# A\n\n---\n\n# B\n\nThis is how it ends.\n---\n\n- text\n", [(8, "ruler-eaten")]),
    ("a link", "# A\n\n---\n\n# B\n\n[The source](#1)\n---\n\ntext\n", [(8, "ruler-eaten")]),
    ("a block of HTML", "# A\n\n<div>\n\nx\n\n</div>\n---\n\n# B\n", [(8, "ruler-eaten")]),
    ("a line break of HTML", "# A\n\n<br>\n***\n\n# B\n", [(4, "ruler-eaten")]),
    ("a no-break space", "# A\n\n---\u00a0\n\n# B\n", [(3, "ruler-eaten")]),
    ("a zero-width space", "# A\n\n\u200b---\n\n# B\n", [(3, "ruler-eaten")]),
    ("code", "# A\n\n```js\na()\n\n---\n\n# B\n", [(3, "block-open")]),
    ("code between tildes, with a shorter fence", "# A\n\n~~~~\na\n~~~\n\n---\n\n# B\n", [(3, "block-open")]),
    ("code with an indented fence", "# A\n\n```\na\n    ```\n\n---\n\n# B\n", [(3, "block-open")]),
    ("code without a line of it", "# A\n\n```\n", [(3, "block-open")]),
    ("code up to the next", "# A\n\n```js\na\n\n---\n\n# B\n\n```js\nb\n```\n\n---\n\n# C\n", [(3, "block-open")]),
    ("code up to the next alike", "# A\n\n```\na\n\n---\n\n# B\n\n```\nb\n```\n\n---\n\n# C\n", [(12, "block-open")]),
    ("code, and later more", "# A\n\n```\na\n\n---\n\n```js\nb\n```\n\n---\n\n```\nc\n", [(3, "block-open")]),
    ("a fence that leaves its item", "- x\n  ```\n  a\n```\n\n---\n\n# B\n", [(4, "block-open")]),
    ("a formula", "# A\n\n$$\nx^2\n\n---\n\nB\n", [(3, "block-open")]),
    ("a style", "# A\n\n<style scoped>\nh1 { top: 0 }\n\n---\n\n# B\n", [(3, "block-open")]),
    ("a style with half an end", "# A\n\n<style>\nh1 { top: 0 }\n</style\n\n---\n\n# B\n", [(3, "block-open")]),
    ("words as they are", "# A\n\n<pre>\nx\n\n---\n\n# B\n", [(3, "block-open")]),
    ("an instruction", "# A\n\n<?php echo 1\n\n---\n\n# B\n", [(3, "block-open")]),
    ("characters", "# A\n\n<![CDATA[ x\n\n---\n\n# B\n", [(3, "block-open")]),
    ("a declaration", "# A\n\n<!DOCTYPE html\n\n---\n\n# B\n", [(3, "block-open")]),
    ("below a blank line", "\n---\nmarp: true\npaginate: true\n---\n\n# A\n", [(2, "front-matter")]),
    ("below a comment", "<!-- My deck -->\n---\ntheme: gaia\n---\n\n# A\n", [(2, "front-matter")]),
    ("cut by dashes", "---\nstyle: |\n  /*\n  ---\n  */\n  h1 { top: 0 }\n---\n\n# A\n", [(4, "front-matter")]),
    ("without an end", "---\nmarp: true\n\n# A\n", [(1, "front-matter")]),
    ("a slide for front matter", "---\n\n# A\n\n---\n\n# B\n", [(2, "front-matter")]),
    ("no YAML in front matter", "---\nmarp: true\nauthor: 'x\n---\n# A\n", [(3, "front-matter")]),
]

SILENT: dict[str, str] = {
    "signs that mean something else": "---\nmath: katex\n---\n# A `<pre>`\n\n"
    "$\\mathcal{L}[f * g](s)$ and $(==1 or 2==)$\n\n"
    "f(\\*args, **kwargs) and then g(**kwargs), {**a,**b}, 0.91**, 0.88**, and A <==> B <==> C, (==) or (==)\n\n"
    '=== "Titel" ===\n\n- [ ] (https://a.example/todo)\n\nWrite \\~~gone\\~~ for ~~gone~~.\n\n'
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="how <b> looks">\n',
    "alternatives that are words": "# A\n\n![Left: 2019, right: 2024, height: 30 cm]({PIXEL})\n\n"
    "![Contrast: 4.5 to 1, weight:70kg]({PIXEL})\n\n"
    "![BG]({PIXEL}) ![Chart of p|1]({PIXEL})\n\n---\n\n# B\n\n![bg Night:4, blue:30% and light:80%]({PIXEL})\n".replace(
        "{PIXEL}", "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    ),
    "signs of numbers": "---\ntitle: told in #alerts\nauthor: Ann of #bob\nfooter: told in #alerts\n---\n# A\n",
    "signs of a heading": "# How \\*\\*bold\\*\\* works\n\nIt is **bold**, and &#42;&#42;b&#42;&#42; is for **b**.\n",
    "signs that are meant": "# A\n\n\\[a\\](b c) `[a](b d)` [1][2] [Ctrl][Alt] \\*\\*x\\*\\* ~~y~~ f[0] (x)\n\n"
    "    [a](b c)\n\n```\n| a | b |\n|---|\n##C\n```\n\n<pre>\n**d**\n</pre>\n\n"
    "2 * 3 * 4, 2\\*3\\*4, a == b == c, #1, [the a][b], [e f] and [the g](h.png 'j')\n\n[b]: https://a.example/\n",
    "elements that end": "x <section>a</section> <details><summary>b</summary>c</details> `<video>` </table>\n\n---\n\n"
    "<table><tr><td>\n\n**d**\n\n</td></tr></table>\n\n<!-- <section> -->\n\n\\<audio> &lt;section>\n",
    "names of addresses": "[a]: word\n[b]: https://a.example/\n[c]: d.png\n[//]: # (e)\n\n"
    "[see][a]\n\n```\n[Ann]: Yes\n```\n",
    "as deep as it goes": f"{'> ' * 19}seen\n",
    "signs in a footer": "---\nfooter: '&copy; A'\nheader: A & {B}\n---\n# A\n\n"
    "---\n\n<!-- _footer: 'See: &copy; {B}' -->\n",
    "names in a footer": "---\nheader: &h Talk\nfooter: *h\n---\n# A\n",
    "tables": "# A\n\n| a | b |\n|---|:-:|\n| 1 |\n| 1 | 2 | |\n| `x \\| y` | 2\nno sign\n\n1 | 2 | 3\n",
    "a list below a table": "# A\n\n| a |\n|---|\n| 1 |\n- x | y | z\n\n- ```\n  | a |\n  |---|\n  | 1 | 2 |\n  ```\n",
    "tables that are none": "# A\n\n```\n| a |\n|---|\n| 1 | 2 |\n```\n\n<!--\n| a |\n|---|\n| 1 | 2 |\n-->\n",
    "nothing": "",
    "how HTML may say that something looks": """
        # A

        <img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width=9 height="9" align=left alt="style='x' id=y">
        <p class="style" title="id=a style='b'" style="" id="">a</p>
        <table width="90%"><tr valign=top><td align="center" width='1'>&lt;p id=a></td></tr></table>

        Write `<p align="center">` and \\<p id="a">.
        """,
    "blank lines": "\n\n\n",
    "front matter alone": "---\nmarp: true\n---\n",
    "the deck of the other tests": VALID,
    # Notes
    "notes with a colon": """
        # A

        <!-- Note: to be read aloud -->
        <!-- Header: explain the header row -->
        <!-- Title: mention where it comes from -->
        <!-- Color: say why it is dark -->
        <!-- Class: what they will learn -->
        <!-- Image: the bridge in winter -->
        <!-- Size: it is not what counts -->
        <!-- Language: the one they speak -->
        <!-- Footer: the small print -->
        <!-- question: what is in it -->
        <!-- Remember: the answer is: 42 -->
        <!-- Leader: introduce yourself -->
        <!-- them: all of them -->
        <!-- path: the one along the river -->
        """,
    "notes of every kind": """
        # A

        <!--
        First a paragraph, with an arrow -> and another → and a -- dash.

        ---

        Then a list:
        - color: red
        - class: invert
        key: value
        -->

        - item <!-- in an item --> with <!-- two -->
          <!-- and a third -->

        > <!-- quoted
        > over two lines -->

        | a                    |
        | -------------------- |
        | x <!-- in a cell --> |
        """,
    "what is left to do, as a word": """
        # TODO lists

        <!-- Show the TODO app, then the todo list. Our TODO-list has grown. -->
        <!-- Type `TODO: buy milk` into it. -->
        <!-- Wir machen das in XXX-Form -->
        """,
    "words like those of tools": "<!-- Vale offers help here, and toc is short for table of contents. -->\n\n# A\n",
    "marks that Marp leaves out": """
        <!-- markdownlint-disable MD033 -->
        <!-- prettier-ignore-start -->
        # A <!-- lint ignore -->
        <!-- prettier-ignore -->
        """,
    "marks of structure that look like directives": """
        <div>
        <!-- header: logo -->
        <!-- title -->
        <!-- image: the bridge -->
        <!-- class: grid -->
        <!-- color: accent -->
        <!-- color: -->
        <!-- cspell:disable-next-line because of the names -->
        <!-- four words of remark -->
        text
        </div>
        """,
    "signs of a comment as text": '# A\n\nThe sign <!--" is where one begins\n\nThen <!-- opens it\n',
    "arrows far from a comment": "# A\n\ntext <!-- note --> text\n\nmore\n\nto the right -->\n",
    "metadata on the first slide": "<!-- title: My talk -->\n<!-- author: Jo -->\n\n# A\n\n---\n\n# B\n",
    "settings on a later slide": "# A\n\n---\n\n<!--\ntitle: x\nauthor: y\nurl: https://example.org/\n-->\n\n# B\n",
    "marks of structure in HTML": """
        <div class="columns">
        <!-- left column -->
        <div>

        text

        </div>
        <!-- right column with the three small boxes -->
        <div>
        <!-- Second card: what it costs and why -->
        <!-- <img src="old.png"> is what stood here before, see above. -->
        <!-- end of the columns -->
        <p>x</p> <!-- /card -->
        </div>
        </div>
        """,
    "comments in code and styles": """
        # A

        <pre>
        <!-- This is how you write a comment in a page. -->
        ---
        </pre>

        <style scoped>
        /* <!-- This is for old browsers only, they say. --> */
        </style>
        """,
    "comments as code": """
        # A

        Write `<!-- a comment -->`, or \\<!-- escaped -->, or &lt;!-- as entities --&gt;.

        ```html
        <!-- class: the students will be split
        ---
        ```

            <!-- indented code, not closed
        """,
    "arrows in text": "# A\n\nA --> B --> C\n\ntext <!-- note --> A --> B\n\n<!-- note -->\n\nX --> Y\n",
    "short comments": "# A\n\n<!-- -->\n\n<!---->\n\ntext <!-- --> text\n\n<!------ many ------>\n",
    "a note with spaces behind it": "<!-- note -->   \n\n# A\n\n<!--\nnote\n-->\t\n",
    # Directives
    "all directives in one comment": """
        <!--
        theme: gaia
        class: lead
        paginate: true
        title: The title of the talk, which is long
        author: Jo and Sam
        description: A talk about what we have seen and why it matters
        date: 12 March 2020
        event: The big conference of all
        headingDivider: 2
        size: 4:3
        -->

        # A

        ## B
        """,
    "all directives in one comment, below a slide": """
        # A

        ---

        <!--
        theme: gaia
        title: The title
        -->

        # B
        """,
    "directives of other tools in comments": """
        # A

        <!-- _note: hello there -->
        <!-- layout: two-cols -->
        <!-- template: default -->
        <!-- *: x -->
        <!-- "Foo": 'bar' baz -->
        <!-- Foo:bar -->
        <!-- _foo bar -->
        <!-- color:the red line -->
        <!-- header: a line of its own
        that goes on -->

        <!--
        Say this:
        color: red
        \tis the line
        -->

        <!--
        _class: invert
        layout: two-cols
        empty:
        -->

        ---

        # B

        <!-- _slideKey: here-is-the-one with-the-old -->
        <!-- title: -->
        <!--
        _class: invert
        layout: two cols
        -->
        """,
    "a style in a comment": "# A\n\n<!-- style: section { color: red; that: is the way it goes } -->\n",
    "a picture with words": "# A\n\n<!-- _backgroundImage: url(the picture of the bridge.png) -->\n",
    "fit below the heading": "# A\n\n<!-- fit -->\n\n---\n\n# B\n",
    "the same division twice": "---\nheadingDivider: 1\n---\n# A\n\n# B\n\n<!-- headingDivider: 1 -->\n",
    "a division among others": "# A\n\n---\n\n<!--\nheadingDivider: 1\nsize: 4:3\nclass: invert\n-->\n\n# B\n",
    "no class for all that follow": "# A\n\n---\n\n# B\n\n---\n\n<!-- class: '' -->\n# C\n\n---\n\n# D\n",
    "a class that each slide takes off": """
        # A

        ---

        # B

        ---

        <!-- class: invert -->

        # C

        ---

        <!-- _class: "" -->

        # D
        """,
    "notes above a heading that divides": """
        ---
        headingDivider: 1
        ---
        # A

        <!-- A note of this slide -->
        # B

        text <!-- _class: invert -->
        # C

        text

        <!-- lang: en -->
        # D
        """,
    "headers of any kind": """
        ---
        header: "**Bold** and [a link](#1)"
        footer: Say who we are, and what for.
        ---
        # A

        ---

        <!-- header: say where the numbers come from -->
        <!-- _footer: thank the hosts, and the team. -->

        # B

        ---

        <!-- _header: loose: values, however: work -->
        <!-- _footer: "" -->
        <!-- header: -->
        # C
        """,
    "front matter of other tools": """
        ---
        marp: true
        title: "A: title"
        subtitle: B
        date: 2020-01-01
        tags: [a, b]
        authors: [Jo, Sam]
        author: [Jo, Sam]
        keyword: x
        layout: post
        permalink: /talk/
        categories: talks
        math: true
        language: de
        langs: [de, en]
        images: [a.png]
        headers: x
        description: Say what it is, in many words.
        header-includes: x
        titlepage: true
        colorlinks: true
        color-scheme: dark
        background: white
        page: 3
        transition: slide
        urlcolor: blue
        draft: false
        slideNumber: true
        comments: false
        ---
        # A
        """,
    "values of every kind": """
        ---
        paginate: TRUE
        size: 4:3
        math: katex
        headingDivider: [1, 2]
        lang: zh-Hant-TW
        transition: fade 0.5s
        class: [invert]
        color: rgb(0 0 0 / 50%)
        backgroundColor: var(--x)
        backgroundImage: linear-gradient(to right, rgba(1, 2, 3, .4), #fff)
        style: |
          section { color: black; }
        ---
        # A

        <!-- _paginate: hold -->
        <!-- _transition: none -->

        # B

        <!-- _paginate: "" -->
        <!-- _backgroundImage: none -->
        <!-- _backgroundPosition: right 20px top 3em -->
        <!-- _color: "#333" -->

        # C

        <!-- _class: "" -->
        <!-- _class: -->
        """,
    "no division": "---\nheadingDivider: false\nmath: true\n---\n# A\n",
    "a transition of one's own": """
        ---
        transition: mine
        style: |
          @keyframes marp-outgoing-transition-mine { to { opacity: 0 } }
        ---
        # A

        <!-- _transition: other 1s -->

        <style scoped>
        @keyframes marp-transition-other { to { opacity: 0 } }
        </style>
        """,
    "classes of one's own": """
        ---
        class: a b-1
        style: |
          section.a { top: 0 }
          .b-1, section[class^="col-"] { top: 0 }
          section[class~='tilde'] { top: 0 }
          .md\\:wide { top: 0 }
        ---
        # A

        <!-- _class: col-3 tilde md:wide local -->

        <style scoped>
        section.local { top: 0 }
        </style>
        """,
    "classes of a theme that is not there": "---\ntheme: nosuch\nsize: A4\nclass: cover\n---\n# A\n",
    "classes of a style from elsewhere": """
        # A

        <style>@import 'https://example.org/slides.css';</style>

        <!-- _class: cover -->
        """,
    "classes for the end only": "# A\n\n---\n\n# B\n\n---\n\n<!-- class: invert -->\n\n# The end\n",
    "classes of sections": """
        # A

        ---

        <!-- class: invert -->

        # B

        ---

        <!-- class: "" -->

        # C

        ---

        <!-- class: invert -->

        # D

        ---

        # E
        """,
    "a class for the whole deck": "# A\n\n---\n\n<!-- class: invert -->\n\n# B\n\n---\n\n# C\n\n---\n\n# D\n",
    "a class for the appendix": "# A\n\n---\n\n# B\n\n---\n\n<!-- class: invert -->\n# Appendix\n\n---\n\n# C\n",
    "what holds for all that follow by nature": """
        # A

        ---

        # B

        ---

        <!-- paginate: true -->
        <!-- header: Part 2 -->
        <!-- footer: F -->
        <!-- transition: fade -->

        # C

        ---

        # D
        """,
    "a directive below the heading that divides": """
        ---
        headingDivider: 1
        ---
        <!-- _class: invert -->
        # A

        <!-- _class: invert -->

        text

        <!-- A note of this slide -->
        # B
        <!-- _class: invert -->

        text

        <!-- _paginate: false -->

        # C
        """,
    # Rulers
    "rulers": """
        # A

        ---
        # B
        - item
        ---
        > quoted
        ***
        | a |
        |---|
        ---
        text
        <!-- note -->
        ---
        text
        ___
        # C

        - - -

        text
        """,
    "headings that are underlined": """
        The first part
        ==============

        Below it
        ---

        text

        ---

        Some text
        in two lines
        ---

        # Next
        """,
    "titles that are underlined": """
        # Talk

        ---

        First slide
        ---

        - point

        ---

        Second slide
        ---

        - point

        And then it ends.
        ---

        - point
        """,
    "underlines longer than rulers": """
        # Talk

        ---

        text

        A heading in
        two lines
        ------------

        text

        ---

        text

        Another one that ends here.
        ---

        text
        """,
    "a heading at the top": "# Talk\n\n---\n\nWhat is a post-mortem?\n---\n\n- a\n\n---\n\n# End\n",
    "a heading with a smaller one": "# Talk\n\n---\n\n# B\n\nDetails\n---\n\n### More\n\ntext\n\n---\n\n# End\n",
    "a heading that divides": "---\nheadingDivider: 2\n---\n\n# A\n\ntext\n\nPart one\n--------\n\ntext\n",
    "a table that is none": "# A\n\na | b\n---\n# B\n\n---\n\n# C\n",
    "two headings at the top": "First\n---\n# A\n\n---\n\n# B\n",
    "two lines without any ruler": "# A\n\ntext\n\nA heading\nin two lines\n---\n\n- x\n",
    "a sentence without any ruler": "# A\n\ntext\n\nHere ends this text.\n---\n\n- x\n",
    "short headings": "# A\n\n---\n\n# B\n\nIs that so?\n---\n\n- x\n\nSee above.\n---\n\n- y\n",
    "words between rulers": "# A\n\n---\nkey: value\n---\n\n- x\n\n---\n\n# B\n",
    "words between rulers at the top": "\n---\nkey: value\n---\n\n- x\n",
    "front matter below a slide": "# A\n\n---\ntext: x\n\nlang: en\n\n---\n\n# B\n",
    "an indented end of front matter": "---\nmarp: true\n ---\n\n# A\n",
    "elements that are words": "# A \\</script> and `</b>`\n\nIt is \\<i>c\\</i> and &lt;/u&gt;, `</s>`.\n",
    "dashes that are text": "# A\n\n–––\n\n— — —\n\n-\u00a0a\n\n--\n\n---\n\n# B\n",
    "dashes in HTML that are code": """
        # A

        <div>
        <!-- a comment
        ---
        -->
        <code>
        ---
        </code>
        </div>
        """,
    "blocks that end": """
        # A

        ```js
        a()
        ``````

        ~~~ markdown ```
        ```js
        ---
        ~~~

        $$
        x^2
        y $$

        $$ z $$

        <pre>
        words

        as they are</pre>

        <style scoped>

        h1 { top: 0 }
        </style>

        <?php

        ?>

        - an item
          ```
          code that ends with it

        ---

        # B

        $$
        \\alpha
        $$
        """,
    "a deck as code": """
        # A

        ````markdown
        # B

        ---

        ```js
        b()
        ```
        ````

        ```markdown
        # B

        ---

        # C
        ```

        ```diff
        --- a
        +++ b

        ---
        ```
        """,
    "a ruler first, but no front matter": "***\n\n# A\n\n---\n\nkey: value\n\n---\n\n# B\n",
    "front matter that ends in dots": "-----  \nmarp: true\ntitle: x\n-----\n# A\n",
    "lines of other systems": "---\r\nmarp: true\r\n---\r\n\r\n# A\r\n\r\n<!--\r\nNote\r\n-->\r\n\r\n---\r\n# B\r\n",
}

ODD: dict[str, str] = {
    "controls": "".join(map(chr, range(1, 32))) * 20,
    "brackets": "<!--<!--->-->\n" * 30 + "<!-->\n<!--->\n<!\n<!-\n<!--",
    "yaml": "<!-- &a [*a] -->\n<!-- ? {a: b} : c -->\n<!-- class: {a: b} -->\n<!-- !!x -->\n<!-- class: &a [*a] -->\n",
    "prototypes": "<!-- __proto__: x -->\n<!-- constructor: x -->\n<!-- _toString: x\nclass: invert -->\n",
    "dividers": "---\nheadingDivider: {a: b}\ntransition: [a]\nsize: {}\nlang: []\nmath: ''\n---\n# A\n",
    "surrogates": "# \U0001f600\n\n<!-- \U0001f600: \ufffd -->\n\u2028---\u2029\n\x0c---\n\x85---\n",
    "nested": "> " * 200 + "<!-- x\n" + "- " * 200 + "<div>\n<!-- y",
    "tags": "<style><!--</style><pre><svg></pre><!-- x\n\n---\n</svg>\n--- -->\n<style\n---\n",
    "keys": "---\n" + "".join(f"k{n}: {n}\n" for n in range(500)) + "---\n<!-- [] -->\n<!-- {} -->\n<!-- ~: x -->\n",
    "a long line": "<!-- " + "class: a " * 20_000 + " -->\n" + "--> <!-- " * 5_000,
    "old Mac": "# A\r\r<!-- note\r\r-->\r---\r# B\r",
}

Lint = Callable[[str], list[Problem]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, common: Path, tools: Tools) -> Mapping[str, list[Problem]]:
    """Everything that is said about each deck of this file, by what stands in it; Marp is started once."""
    texts = [text for _, text, _ in PLANTED] + [_text(text) for text in SILENT.values()] + list(ODD.values())
    named = {str(number): text for number, text in enumerate(texts)}
    said = once(common, "lint", lambda: lint_all(named, tmp_path_factory.mktemp("decks"), tools))
    return dict(zip(texts, said, strict=True))


def _text(markdown: str) -> str:
    return dedent(markdown).lstrip("\n") if markdown.startswith("\n    ") else markdown


def lint_all(texts: Mapping[str, str], folder: Path, tools: Tools) -> list[list[Problem]]:
    """The problems of each deck, without those that only say which image, key or theme is not there."""
    sources = [decks.Source(name, folder / f"{name}.md", folder, f"{name}.md", text) for name, text in texts.items()]
    said: list[list[Problem]] = []
    for source, rendered in zip(
        sources, marp.render(sources, tools=tools, lang="en", links={}, formats=("html",)), strict=True
    ):
        assert isinstance(rendered, marp.Rendered), rendered
        result, _ = deck.read(rendered.html, name=source.name, source=source.label)
        problems = [*rendered.problems, *lint.problems(source, rendered.trace, result)]
        said.append([problem for problem in problems if not problem.rule.startswith(("image-", "theme-", "file"))])
    return said


@pytest.mark.parametrize(("text", "faults"), [(t, f) for _, t, f in PLANTED], ids=[name for name, _, _ in PLANTED])
def test_a_fault_is_named_at_its_line(
    found: Mapping[str, list[Problem]], text: str, faults: list[tuple[int, str]]
) -> None:
    assert faults == [(problem.line, problem.rule) for problem in found[text]], found[text]


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT.keys())
def test_what_only_looks_like_a_fault_is_passed_over(found: Mapping[str, list[Problem]], text: str) -> None:
    assert [] == found[_text(text)]


SAID_OF_ODD = {
    "brackets": [(35, "comment-open")],
    "nested": [(1, "html-refused"), (2, "html-refused")],
    "surrogates": [(4, "ruler-eaten")],
    "tags": [(1, "marp"), (1, "comment-tail"), (7, "ruler-eaten")],
    "a long line": [(1, "note-swallowed")],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_input_is_judged_all_the_same(found: Mapping[str, list[Problem]], name: str) -> None:
    assert SAID_OF_ODD.get(name, []) == [(problem.line, problem.rule) for problem in found[ODD[name]]]


def test_every_message_says_what_to_do(found: Mapping[str, list[Problem]]) -> None:
    said = [problem.message for problems in found.values() for problem in problems if problem.rule != "front-matter"]

    assert [] == [message for message in said if "; " not in message or message.endswith(".") or "\n" in message]


def test_a_slide_is_named_where_it_is_known(found: Mapping[str, list[Problem]]) -> None:
    [problem] = found["# A\n\n---\n\n# B\n\n<!-- title: wait a little -->\n"]

    assert (
        "slide 2: Marp takes the note 'title: wait a little' for a directive, so nobody reads it; "
        "begin it with another word"
    ) == problem.message


def test_where_code_may_have_ended_before_is_named(found: Mapping[str, list[Problem]]) -> None:
    [problem] = found["# A\n\n```\na\n\n---\n\n# B\n\n```\nb\n```\n\n---\n\n# C\n"]

    assert (
        "slide 1: the code block has no end, so that the rest of the deck is in it; "
        "write '```' where it ends, or where the one of line 3 ends, which takes in the '---' of line 6"
    ) == problem.message


def test_the_decks_of_the_project_are_passed_over(tmp_path: Path, tools: Tools) -> None:
    texts = {source.name: source.text for source in decks.find(ROOT)}

    assert [[]] * len(texts) == lint_all(texts, tmp_path, tools)


def test_what_is_said_of_the_fixtures_is_known(tmp_path: Path, tools: Tools) -> None:
    names = [
        "long-conference-talk-on-caching",
        "long-course-deck-on-hash-tables",
        "long-workshop-deck-in-german-from-windows",
    ]
    texts = {name: (FIXTURES / "decks" / f"{name}.md").read_bytes().decode() for name in names}

    assert [
        [(110, "note-swallowed"), (120, "comment-tail"), (185, "note-lost")],
        [(238, "marp"), (148, "comment-tail"), (173, "note-swallowed"), (184, "note-swallowed"), (232, "note-todo")],
        [
            (76, "note-swallowed"),
            (174, "class-unknown"),
            (200, "note-todo"),
            (201, "note-swallowed"),
            (211, "markdown-left"),
        ],
    ] == [[(problem.line, problem.rule) for problem in problems] for problems in lint_all(texts, tmp_path, tools)]


def test_every_rule_of_the_source_is_planted() -> None:
    judged = {rule for _, _, faults in PLANTED for _, rule in faults}

    assert OF_THE_SOURCE <= judged


OF_THE_SOURCE = {
    rule
    for rule in RULES
    if re.match("front-matter|block-|cell-|class-|directive-|markdown-|note-|comment-|ruler-", rule)
} - {"note-long"}
