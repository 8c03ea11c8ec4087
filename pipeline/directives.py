"""What Marp's directives take: values that mean something, and keys that were meant to be others."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from PIL import ImageColor

from pipeline.prose import count_words, has_little_words, is_prose
from pipeline.trace import Directive, Trace

METADATA = frozenset({"title", "author", "description", "keywords", "image", "url"})
"""Directives of Marp CLI that say something about the deck, and are read wherever they stand."""

SPREADING = frozenset(
    {"class", "color", "backgroundColor", "backgroundImage", "backgroundPosition", "backgroundRepeat", "backgroundSize"}
)
"""Directives that change how a slide looks, and all later ones without an underscore."""

_FREE = METADATA | {"header", "footer"}
"""Directives whose value is text of any kind."""

_OWN = frozenset({"slideKey", "slideMinutes", "slideAllows"})
"""Directives of this project, which `deck` judges."""

_ONE_VALUE = ("lang", "title")
"""Directives of which a list is lost, as Marp takes one text; other tools take lists of authors and the like."""

_OLD = {"pagenumber": "paginate", "template": "class"}
"""What directives of Marp before 2018 are called today."""

_ALIASES = {"pagination": "paginate", "pagenumbers": "paginate", "bgcolor": "backgroundColor"}
"""What other tools call directives of Marp's."""

_LANGUAGE = re.compile(
    r"([a-z]{2,3}(-[a-z]{3}){0,3}|i-[a-z]+)(-[a-z]{4})?(-([a-z]{2}|\d{3}))?"
    r"(-([a-z\d]{5,8}|\d[a-z\d]{3}))*(-[a-wyz\d](-[a-z\d]{2,8})+)*(-x(-[a-z\d]{1,8})+)?|x(-[a-z\d]{1,8})+",
    re.IGNORECASE,
)


def fits(name: str, value: str, trace: Trace) -> bool:
    """Whether somebody who writes `value` can mean the directive `name`."""
    value = value.strip().strip("\"'[]{}, ")
    words = value.casefold().split()
    match name:
        case "class":
            known = [word for word in value.replace(",", " ").split() if trace.styles.knows(word)]
            return len(known) * 2 >= max(1, len(words))
        case "color" | "backgroundColor":
            return _is_color(value)
        case "backgroundImage":
            return re.match(r"(none$|var\(|url\(|[\w-]*gradient\()", value) is not None
        case "backgroundPosition" | "backgroundRepeat" | "backgroundSize":
            return bool(words) and all(re.fullmatch(_PLACE, word) for word in words)
        case "style":
            return re.search(r"\{[^}]*\}|@import", value) is not None or "{" in value
        case "url" | "image":
            return re.fullmatch(r"(https?://|\.{0,2}/)\S+|\S+\.(png|jpe?g|svg|gif|webp)", value) is not None
        case _:
            return _fits_list(name, value, words, trace)


# Some of Marp's transitions, enough to guess what somebody means.
_TRANSITIONS = ("none", "fade", "slide", "push", "cover", "reveal", "wipe", "zoom", "flip", "cube", "drop", "pull")

_PLACE = (
    r"left|right|top|bottom|center|cover|contain|auto|round|space|(no-)?repeat(-[xy])?|[-+]?[\d.]+([a-z]+|%)?|calc\(.*"
)


def _fits_list(name: str, value: str, words: list[str], trace: Trace) -> bool:
    """As `fits`, where there are but a few values."""
    match name:
        case "theme":
            return value in trace.themes
        case "paginate":
            return value.casefold() in ("true", "false", "hold", "skip")
        case "size":
            return value in trace.styles.sizes or re.fullmatch(r"\d+:\d+|A\d|\d[Kk]", value) is not None
        case "math":
            return value in ("katex", "mathjax")
        case "headingDivider":
            return bool(words) and all(re.fullmatch(r"[1-6],?|false", word) for word in words)
        case "lang":
            return is_language(value)
        case "transition":
            return len(words) in (1, 2) and words[0] in _TRANSITIONS
        case _:
            return False


def _is_color(value: str) -> bool:
    names = {*ImageColor.colormap, "transparent", "currentcolor", "inherit", "initial", "unset"}
    return value.casefold() in names or re.fullmatch(r"#[\da-fA-F]{3,8}|[a-z-]+\(.*\)", value) is not None


_LONGEST_TAG = 255
"""Characters: a PowerPoint file takes no more."""


def is_language(value: str) -> bool:
    """Whether it is a language tag as BCP 47 has them."""
    return len(value) <= _LONGEST_TAG and _LANGUAGE.fullmatch(value) is not None


def is_note(directive: Directive, trace: Trace) -> bool:
    """Whether the value reads like something to say, and means nothing to the directive."""
    name, value = directive.name, directive.value
    if not isinstance(value, str) or name in _FREE or name in _OWN:
        return False
    if name == "theme":  # the plugin leaves these to us
        return len(value.split()) >= 3
    if not is_prose(value) or fits(name, re.split(r"\s#", value)[0], trace):
        return False
    if name == "class":  # names of classes may be many, and strange
        return has_little_words(value) or re.search(r"[.,;!?]", value) is not None
    if name == "style":
        return ":" not in value
    if name.startswith(("background", "color")):
        return "(" not in value
    return True


@dataclass(frozen=True)
class Meant:
    """The directive that a key was meant to be."""

    key: str
    """As Marp spells it."""
    why: str
    """What is wrong with the key as it is."""


def meant(key: str, value: str, trace: Trace) -> Meant | None:
    """The directive that somebody meant by a key that Marp does not know; None where nobody can say."""
    found = re.fullmatch(r"([_$*]*)(.*)", key)
    prefix, rest = (found[1], found[2]) if found else ("", key)
    folded = re.sub(r"[-_]", "", rest).casefold()
    names = {name.casefold(): name for name in (*trace.globals, *trace.locals)}
    name = names.get({**_OLD, **_ALIASES}.get(folded, folded).casefold())
    if name is None and len(folded) >= 4:
        close = difflib.get_close_matches(folded, names, n=1, cutoff=0.8)
        name = names[close[0]] if close else None
    if name is None or name == key or (folded == "template" and not prefix):
        return None
    if not prefix and (name in _FREE or name in _OWN or not fits(name, value, trace)):
        return None
    if prefix == "_" and name in trace.globals:
        return Meant(name, "Marp has it without an underscore, for the whole deck")
    if prefix[:1] in ("$", "*") or folded in _OLD:
        return Meant(f"_{name}" if prefix == "*" else name, "Marp has had another name for it since 2018")
    return Meant(f"_{name}" if prefix and name in trace.locals else name, "Marp does not know it")


def dead_value(directive: Directive, trace: Trace) -> str:
    """Why a directive that Marp knows does nothing with its value, and what to write; '' where it does something."""
    name, value = directive.name, directive.words.strip()
    if not value and not directive.is_dead:
        return ""
    if name in _ONE_VALUE and value and not isinstance(directive.value, str):
        return "is a list or fields to YAML, where Marp takes one value; put it in quotation marks"
    match name:
        case "paginate" if value.casefold() not in ("true", "false", "hold", "skip"):
            return "is none of true, false, hold and skip, so that there are no page numbers; write one of these"
        case "size" if trace.styles.sizes and value not in trace.styles.sizes:
            return f"is no size that the theme has; write one of {', '.join(trace.styles.sizes)}"
        case "math" if value and directive.is_dead and value != "true":
            return "is neither mathjax nor katex, so that it does nothing; write one of these, or take it out"
        case "headingDivider":
            return _dead_divider(directive, value)
        case "transition" if value and trace.styles.is_complete and trace.styles.lacks_transition(value.split()[0]):
            return "is no transition of Marp's and none of the deck's styles; write the name of one, e.g. fade"
        case "style" if not re.search(r"[{@]|/\*", value):
            return "is no style, so that it does nothing; write e.g. 'h1 { color: teal; }'"
        case "lang" if not is_language(value):
            return "is no language tag, so that screen readers take the wrong voice; write e.g. en or pt-BR"
        case "header" | "footer" if directive.is_dead and value:
            return "is a list to YAML, so that nothing is shown; put it in quotation marks"
        case _:
            return ""


def _dead_divider(directive: Directive, value: str) -> str:
    if isinstance(directive.value, str):
        if re.fullmatch(r"[1-6]\s*,.*\d.*", value):
            return f"is read as the number {value[0]}; write a list, e.g. [{value}]"
        off = value.casefold() in ("", "0", "off", "no", "none", "null")
        return "" if off or not directive.is_dead else "is no heading's level, so that it does nothing; write 1 to 6"
    levels = directive.value or ()
    if levels and not all(level.strip() in ("1", "2", "3", "4", "5", "6") for level in levels):
        return "names levels that no heading has; write some of 1 to 6"
    return ""


def is_shouting(text: str) -> bool:
    """Whether a value begins with a sign that means something to YAML, so that it has to be quoted."""
    return text[:1] in tuple("\"'*&`[{|>%@!") and count_words(text) > 0
