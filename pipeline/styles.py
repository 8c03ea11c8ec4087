"""What a style sheet asks for, read as browsers read it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tinycss2


def addresses(css: str) -> Iterator[str]:
    """Every address that a piece of CSS loads, escapes undone: in url(), in image-set(), and after @import.

    https://drafts.csswg.org/css-syntax-3/ says how it is read; what is malformed a browser passes over.
    """
    lists = [("", tinycss2.parse_component_value_list(css, skip_comments=True))]
    while lists:  # one in another, as deep as somebody has written them
        within, tokens = lists.pop()
        rule = ""
        for token in tokens:
            if token.type == "at-keyword":
                rule = token.lower_value
            elif token == ";":
                rule = ""
            elif rule == "namespace":  # whose address is a name
                continue
            elif token.type == "url" or (token.type == "string" and (rule == "import" or within in _SETS)):
                yield token.value
            elif token.type == "function":
                lists.append((token.lower_name, token.arguments))
            elif token.type.endswith("block"):
                lists.append(("", token.content))


def unbalanced(css: str) -> tuple[int, str]:
    """The line of the outermost brace, or of the comment, without an end, or of a brace that ends nothing, and it.

    0 and '' where all is well, or where nothing follows that would be lost.
    """
    opened: list[re.Match[str]] = []
    found = None
    for found in _BRACKETS.finditer(css):
        if found[0] == "{":
            opened.append(found)
        elif found[0] == "}" and opened:
            opened.pop()
        elif found[0] == "}" or (found[0].startswith("/*") and not found[0].endswith("*/", 2)):
            opened = [found]
            break
    if opened and opened[-1] is found and found[0] == "{":  # a browser ends it with the file
        opened = []
    return (css.count("\n", 0, opened[0].start()) + 1, opened[0][0][:2]) if opened else (0, "")


# In a comment, in words and in an address, a brace is none.
_BRACKETS = re.compile(
    r"""/\*.*?(?:\*/|\Z)|"(?:\\(?:\r\n|.)|[^"\\\n])*"|'(?:\\(?:\r\n|.)|[^'\\\n])*'|url\([^()"'\n]*\)|\\.|[{}]""",
    re.DOTALL,
)

_SETS = ("image-set", "-webkit-image-set", "src", "url")
