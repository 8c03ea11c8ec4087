"""What a style sheet loads is found however it is written, and what it only says is not."""

from __future__ import annotations

import pytest

from pipeline import styles


@pytest.mark.parametrize(
    ("css", "loaded"),
    [
        ("a { fill: url(a.png) } b { fill: URL( 'b.png' ) }", ["a.png", "b.png"]),
        ("@import 'a.css'; @import url(b.css) print;", ["a.css", "b.css"]),
        ("@media print { @import 'a.css'; b { fill: url(c.png) } }", ["a.css", "c.png"]),
        ("a { fill: image-set('a.png' type('image/png') 1x, url(b.png) 2x) }", ["a.png", "b.png"]),
        ("a { fill: -webkit-image-set(url(a.png) 1x) }", ["a.png"]),
        (r"a { fill: u\rl(h\ttps:\/\/x.example) } b { fill: \75 rl(\61.png) }", ["https://x.example", "a.png"]),
        ("a { content: '/*'; fill: url(a.png) } /* */", ["a.png"]),
        (f"a {{ width: {'calc(' * 3000}1px{')' * 3000}; fill: url(a.png) }}", ["a.png"]),
        ("fill: url(#a); color: red", ["#a"]),
        ("/* url(a.png) */ a { content: 'url(b.png)' }", []),
        ("@namespace url(http://www.w3.org/1999/xhtml); @namespace svg 'http://www.w3.org/2000/svg';", []),
        ("a { fill: url(a b.png) }", []),
        ("", []),
    ],
)
def test_what_a_browser_would_load_is_found(css: str, loaded: list[str]) -> None:
    assert sorted(loaded) == sorted(styles.addresses(css))


@pytest.mark.parametrize(
    ("css", "line", "sign"),
    [
        ("a { b: 1 }\n\nc {\n  d: 1;\n\ne { f: 1 }\n", 3, "{"),
        ("a { b: 1 }\n}\nc {", 2, "}"),
        ("a { b: 1 }\nc { d: 1", 0, ""),
        ("@media print {\n a { b: 1 }\n\nc { d: 1 }\n", 1, "{"),
        ("a { content: 'x\\\r\n}' }", 0, ""),
        ("url(" * 66_000, 0, ""),
        ("a { b: 1 }\n/* c\nd {", 2, "/*"),
        ("a {}\n/*/ b {", 2, "/*"),
        ("a::after { content: '}\\'}' } /* { */ b { c: url(d}e); f: \"{\" }\n.g\\{ {}\n", 0, ""),
        ("", 0, ""),
    ],
)
def test_a_bracket_or_a_comment_without_its_end_is_found(css: str, line: int, sign: str) -> None:
    assert (line, sign) == styles.unbalanced(css)
