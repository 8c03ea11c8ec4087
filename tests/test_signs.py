"""Markdown of a page that shows its signs; of slides, `test_lint.py` has more."""

from __future__ import annotations

import markdown
import pytest

from pipeline import signs
from tests.conftest import at_most
from tests.test_unclosed import EXTENSIONS


def found(text: str, *extensions: str) -> list[tuple[int, str]]:
    """The line of each thing that shows its signs, and how it is named."""
    html = markdown.markdown(text, extensions=[*EXTENSIONS, *extensions])
    return [(line, message.split("'")[1]) for line, _, message in signs.left(text, html, "page")]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("# A\n\n<div>\n[that](b.md)\n</div>\n", 4, "[that](b.md)"),
        ("# A\n\n<div>\n**b**\n</div>\n", 4, "**b**"),
        ("# A\n\nSee [the *b*][c].\n", 3, "[the *b*][c]"),
        ("# A\n\nSee [b] (c.md#d).\n", 3, "[b] (c.md#d)"),
        ("# A\n\nWords\n| a | b |\n|:--|--:|\n| 1 | 2 |\n", 5, "|:--|--:|"),
        ("# A\n\n| a | b |\n|---|\n| 1 | 2 |\n", 4, "|---|"),
        ("# A\n\nWhat we need:\n- a *pen*\n- [paper](b.md)\n", 4, "- a pen"),
        ("# A\n\nFirst\n1. one\n2. two\n", 4, "1. one"),
        ('# A\n\n=== "Linux"\n\n    x\n', 3, '=== "Linux"'),
        ('# A\n\n--8<-- "a.md"\n', 3, '--8<-- "a.md"'),
        ('# A\n\n!!! note "a" b\n\n    c\n\n!!! note "d"\n\n    e\n', 3, '!!! note "a" b'),
        ("# A\n\n!!! note inline end\n    b\n\n!!! note What to bring\n    c\n", 6, "What to bring"),
        ("# A\n\nSee[^b].\n\n[^b]: c.md\n", 5, "[^b]: c.md"),
        ("# A\n\n2*3*4 is 24\n", 3, "2*3*4"),
        ("# A\n\nThe **big* one\n", 3, "**big*"),
        ("# A\n\n````markdown\n```mermaid\nb\n```\n````\n\n``` mermaid\ngraph TD\n```\n", 9, "``` mermaid"),
        ("# A\n\n- *a b**\n", 3, "*a b**"),
        ("# A\n\n&copy 2026\n", 3, "&copy"),
        ("# A\n\n3&#8239km\n\n3&nbsp km\n", 5, "&nbsp"),
        ("# A\n\n2**3 and 4**5 are so\n", 3, "2**3 and 4**5"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nx\n| c | d |\n|---|---|\n", 7, "|---|---|"),
        ("[a](b.md)\n\n<div>\n[*c*](b.md)\n</div>\n", 4, "[*c*](b.md)"),
        ("- pen\n- ink\n\nBring:\n- pen\n", 5, "- pen"),
        ("# A\n\n~~b~~\n", 3, "~~b~~"),
        ("<div>\n**b**\n</div>\n\n**b** is\n", 2, "**b**"),
        ("**b** is\n\n<div>\n**b**\n</div>\n", 4, "**b**"),
        ("# A\n\n> [!note]\n> b\n", 3, "> [!note]"),
        ("# A\n\n- a\n  - b\n  - c\n- d\n  - e\n", 4, "- b"),
        ("# A\n\n1. a\n\n   - b\n", 5, "- b"),
        ("# A\n\n!!! note\n\nWords\n", 3, "!!! note"),
        ("# A\n\n!!! waring\n    Words\n", 3, "waring"),
        ("# A\n\n[b](c.md){.d\n", 3, "{.d"),
        ("# A\n\n[b](c.md) { .d } e\n", 3, "{ .d }"),
        ("# A\n\nb\n:   c\n", 4, ": c"),
        ("# A\n\n| a | b |\n|---|\n| 1 | 2 |\n| 3 | 4 |\n", 4, "|---|"),
        ("# A\n\nb {==c==} d\n", 3, "{==c==}"),
        ("# A\n\nb $x^2+y^2$ c\n", 3, "$x^2+y^2$"),
        ("- a\n\nb\n\n~~~\nc\n~~~\n\n- d\n\n  - e\n", 11, "- e"),
        ("# A\n\nPress ++ctrl+c++.\n", 3, "++ctrl+c++"),
        ("# A\n\nb {--c--} d\n", 3, "{--c--}"),
        ("# A\n\nIt is $x^2$.\n", 3, "$x^2$"),
        ("# A\n\none\\\ntwo\n", 3, "one\\"),
        ("# A\n\n1) pen\n2) ink\n", 3, "1) pen"),
        ("# A\n\nBring\n\n1) pen\n2) ink\n", 5, "1) pen"),
        ("# A\n\n<div>\n## B\n</div>\n", 4, "## B"),
        ("# A\n\n[b](c.md\n", 3, "[b](c.md"),
        ("# A\n\n%% ask who was there %%\n", 3, "%% ask who was there %%"),
        ("# A\n\n%% ask\n", 3, "%% ask"),
        ("# A\n\n<!- ask -->\n", 3, "<!- ask -->"),
        ("# A\n\n< !-- ask -->\n", 3, "< !-- ask -->"),
    ],
)
def test_what_shows_its_signs_is_named_with_its_line(text: str, line: int, what: str) -> None:
    assert [(line, what)] == found(text)


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n    [a](b c)\n\n- b\n\n    [a](b c)\n",
        "# A\n\n~~~\n[a](b c)\n- x:\n- y\n~~~\n\n`[a](b c)` \\[a](b c) <!-- [a](b c) -->\n",
        "# A\n\nSaid:  \n- no\n- yes\n\nfrom one\n- two\n",
        "# A\n\nWrite:\n\n    <!-- ask -->\n\n%%timeit runs it\n",
        "* * *\n\n  - a\n  - b\n\n- - -\n\n  - c\n",
        "- born in\n  1999. Then he went\n- b\n\n2. Go, at\n   - 5 degrees\n",
        "- a\n\n<!-- b -->\n\n  - c\n\nd\n\n~~~\ne\n~~~\n\n  - f\n",
        "\u53c2[1]\uff082020\uff09, a^2+b^2=c^2, 2^3^2, a^b^c ^o^ and \u3042^o^\n",
        "The folder is C:\\Temp\\\n\nor C:\\Users\\bob\\\nand a\\\n",
        "3.\u00a0Mai\n4.\u00a0Mai\n\n-\u00a0Bonjour\n-\u00a0Merci\n",
        "the\n: base\n\nThe ratio was\n: 3 to 4\n\n: (sad)\n",
        "Procter&Gamble; *p = &value; a&wait; :ref:`x` :toc: *:name: [[Prototype]] [[tool.poetry]]\n",
        "**kwargs and **options, char **argv, char **envp\n\nIt costs $5 (C:\\Users) or 6 $, ++i+j++\n",
        "Roses:\n\\- a\n\\- b\n\n1\\) a\n2\\) b\n\nx:\n[1. a](b.md)\n[2. c](d.md)\n",
        "x:\n**1. a**\n2. b\n\nLegend:\n**-** minus\n**+** plus\n\nSum:\n\\+ 4\n",
        "<div markdown>\n## B\n\n- c\n- d\n</div>\n\n<div>\n- 5 degrees\n</div>\n\nf[0](x and [1](2\n",
        "~~\n\n|x| = |y|\n|a| = |b|\n\n!!! Tipp\n    x\n",
        '!!! note "Only a title"\n\n!!! warning\n\n    ```sh\n    x\n    ```\n\nNext\n\n1) one  \n2) two\n',
        "100) x\n3) y\n",
        "# A\n\n````markdown\n```mermaid\nb\n```\n````\n\n```dot\ngraph {}\n```\n",
        "# A\n\nWrite\n\n    ```mermaid\n    b\n    ```\n\n```mermaid-x\nc\n```\n\n```mermaid title='d'\ne\n```\n",
        "See https://a.example/l?page=2&copy 2026 and <https://a.example/?b=2&times-c>, f(x, &copy, 3), a &lt; b\n",
        "*Homo sapiens** is one.\n\n\\* see below\n",
        "| a | b |\n|---|---|\n| *x** | 0.3** |\n\n*0.42** (p below .05)\n\n**required field*\n",
        "# A\n\n  - a\n  - b\n\n  c\n\n1. d\n   e\n    - f\n",
        '# A\n\n!!! note "Only a title"\n\nWords\n\n!!! own\n    x\n\n$HOME/a_b and $USER: \\$x^2\\$, C:\\\\a\n',
        "# A\n\n[b](c.md){ .d } {e}\n\n`{.f` i++ and j++\n",
        "# A\n\n- a:\n    - b\n\n1. c\n2. d\n\n##B\n",
        '# A\n\n!!! note "Title"\n    x\n\n| a |\n|---|\n| 1 |\n',
        "# A\n\nWrite \\*\\*bold\\*\\* for **bold**.\n\n<kbd>[x](y z)</kbd>\n",
        "# A\n\nDas Treffen ist am\n3. Mai, und das zweite am\n10. Mai.\n\nIt goes from\n- 5 to\n- 3 degrees.\n",
        "# A\n\n!!! Wichtig, morgen\n\n??? Fragen ???\n\n[^abc]: no sign of these\n\n::: the sign\n\n3**4**5\n",
        "# A\n\n[1, 2, 3][0], tool [-a FILE][-b FILE], the [&](int a, int b), [Knuth84] (https://a.example/)\n",
        "# A\n\n<pre>\n**a** [b](c d)\n</pre>\n\n<div markdown>\n**e**\n</div>\n",
        "# A\n\na** b **c, 2 * 3 * 4, a==b or c==d, f[0](x y), [x][y]\n\n[y]: https://a.example/\n",
    ],
)
def test_what_is_meant_as_it_is_shown_is_let_be(text: str) -> None:
    assert [] == found(text)


def test_footnotes_are_none_where_there_is_an_extension_for_them() -> None:
    assert [] == found("# A\n\nSee[^b].\n\n[^b]: c.md\n", "footnotes")


@pytest.mark.parametrize(
    "row",
    [
        *(sign * 20_000 for sign in ["[", "![", "](", "**a", "==a", "|--", "~~a", "(a", ":", "2*3"]),
        *(sign * 20_000 for sign in ["- |", "[a ", "> ", "a](b c)"]),
        *(sign * 20_000 for sign in ["`a", "&abc", ":abc", "| a", "|a|\n", "[[a", "{{a", "{% ", "a^a", "$ _"]),
        *(sign * 20_000 for sign in ["\\[a^b", "[a]\uff08", "{.a", " {.a", "++a+b", "{--a"]),
        *(": a\n" * 5_000, "`" * 200_000 + "\n", "~" * 200_000 + "\n", "mermaid <pre>" * 20_000),
        *(sign * 20_000 for sign in ["$a^b", "- a\n  ", "<li>"]),
        *("**a" + " a" * 100_000, "`" + "a" * 200_000, "$ " + "_" * 200_000, "\\[" + "a" * 200_000),
        *("<https://a" + " a" * 100_000, ":" + "a" * 200_000, " {." + "a" * 200_000, "{.b}\n\n{.a" + " " * 200_000),
        *("<div>\n" + "- a\n" * 5_000, "<div>\n- a\n\n" * 3_000, "[a](" + "(" * 100_000, "</a>" * 20_000),
        *("- a\n" + " " * 200_000 + "x", "| a |\n" * 5_000, "&nbps;" * 2_000, "!!! tip\n" * 4_000),
        *("%%" + "a" * 200_000, "<!-" + " a" * 100_000, "%% " * 66_000, "    <!--" + "-" * 200_000 + "\n"),
    ],
    ids=lambda row: row[:12].strip(),
)  # fmt: skip
@pytest.mark.parametrize("on", ["slide", "page"])
def test_long_rows_of_signs_take_no_time(row: str, on: str) -> None:
    every = "![[a]] [a](b c) [a b][c] [a] (b.md) (a)[https://b.example/] **a** ~~a~~ ==a==\n"
    every += "|--|--|\n##A\n[!NOTE]\n:::a\n!!! note\n%%a%%\n<!- a\n**a: **b\n`a\n&abc;\n:abc:\n"
    every += "|a|b|\n|c|d|\n[[a]]\n[a]\uff08b\uff09\n"
    every += "<https://a.example/ b>\n{{ a }}\n{.a}\n<<<<<<< a\nx^2^\n'''\n$ x^2 $\n\u2014-\n"
    every += "[a](b\n???\n</a>\na {.b\n a {.b}\n: a\n++a+b++\n{--a--}\n$x^2$\na\\"
    with at_most(2):
        list(signs.left(f"{row}\n", f"<p>{every}</p>\n<p>{row}", on))
