"""Tell what somebody would say from what somebody would set."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Words that settings do not have, in the languages that decks are often written in.
_WORDS = """
    a an and are as at be because but by can do does for from has have here how i if in is it its let me not of on or
    our please should so than that the their them then there these they this those to us was we were what when where
    which who why will with would you your
    aber auch auf aus das dass dem den der des die ein eine einen einer es für hier ich im ist man mit nicht noch nur
    sich sie sind und von vor was wenn wie wir wird zu zum zur
    avec ce cette dans de du elle est et il ils la le les mais nous on ou par pas pour que qui sur un une vous
    como con del el ella en es esta este hay los las más no para pero por que se si sin su también una y
    che con da dei della di e gli ha il lo non per più questo sono una
"""
_LITTLE = frozenset(_WORDS.split())

_SCRIPT_WITHOUT_SPACES = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"


def count_words(text: str) -> int:
    """Count the words; where a script has no spaces between them, two signs are one."""
    signs = len(re.findall(_SCRIPT_WITHOUT_SPACES, text))
    others = re.findall(r"[^\W\d_][\w'\u2019-]*", re.sub(_SCRIPT_WITHOUT_SPACES, " ", text))
    return len(others) + (signs + 1) // 2


def has_little_words(text: str) -> bool:
    """Whether one of the words is one that hardly any setting has, such as 'the'."""
    return any(word in _LITTLE for word in re.findall(r"[^\W\d_]+", text.casefold()))


_END = r"[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019»)\]\u300d\u300f]*$"


def is_sentence(text: str, least: int = 3) -> bool:
    """Whether it has at least `least` words and ends as a sentence does."""
    return count_words(text) >= least and re.search(_END, text.strip()) is not None


def is_prose(text: str) -> bool:
    """Whether it reads like something to say: three words or more, and signs that they belong together."""
    words = count_words(text)
    marks = re.search(r"\w[,.;!?\u2026\u3001\u3002\uff01\uff1f]+(\s|$)|\w['\u2019]\w", text) is not None
    return words >= 3 and (words >= 5 or marks or has_little_words(text))


def quoted(text: str, length: int = 40) -> str:
    """A piece of the author's text, on one line and not too long, in quotation marks."""
    line = " ".join(text.split())
    return f"'{line if len(line) <= length else line[: length - 1].rstrip() + '…'}'"


def is_nearly(word: str, name: str) -> bool:
    """Whether two signs of a word have changed places, or one within it is doubled or missing."""
    swapped = {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)}
    shorter = {name[:at] + name[at + 1 :] for at in range(1, len(name) - 1)} if len(name) > 5 else set()
    doubled = {name[:at] + name[at] + name[at:] for at in range(len(name))}
    return word != name and (word.lower() == name or word in swapped | shorter | doubled)


def meant(word: str, known: Iterable[str]) -> str:
    """The first of the `known` words that a misspelt one stands for; '' where it is one of them, or like none."""
    names, small = tuple(known), word.lower()
    return "" if word in names else next((name for name in names if small == name or is_nearly(small, name)), "")
