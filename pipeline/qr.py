"""Draw the QR code that leads from a slide to the site."""

from __future__ import annotations

import re
from html import escape

import segno

FILE = "site-qr.svg"
"""The picture of a deck that every build replaces by the code of the site's own address."""

_WIDTH = 300
_TEXT = 22  # pixels: what a slide's smallest words may be, and a little
_QUIET = 4  # modules that must stay empty around the code, ISO/IEC 18004


def figure(address: str) -> str:
    """An SVG figure for a slide: the code of `address`, and below it the address to type.

    Always dark on light, since some cameras read nothing else.
    """
    code = segno.make(address, micro=False, error="m")
    size = len(code.matrix)
    modules = "".join(
        f"M{x} {y}h{len(run.group())}v1h-{len(run.group())}z"
        for y, row in enumerate(code.matrix)
        for run in re.finditer("1+", "".join(map(str, row)))
        for x in [run.start()]
    )
    lines = _broken(re.sub(r"^https?://|/$", "", address))
    scale = _WIDTH / (size + 2 * _QUIET)
    height = _WIDTH + 10 + len(lines) * (_TEXT + 6)
    words = "".join(
        f'    <text x="{_WIDTH // 2}" y="{_WIDTH + 28 + number * (_TEXT + 6)}">{escape(line)}</text>\n'
        for number, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="var(--sans, Helvetica, Arial, sans-serif)">\n'
        f'  <path d="M0 0H{_WIDTH}V{_WIDTH}H0z" fill="#fff"/>\n'
        f'  <path transform="scale({scale:.4f}) translate({_QUIET} {_QUIET})" d="{modules}" fill="#000"/>\n'
        f'  <g fill="var(--ink, #14252b)" font-size="{_TEXT}" text-anchor="middle">\n{words}  </g>\n'
        "</svg>\n"
    )


def _broken(address: str) -> list[str]:
    """The address in lines that are no wider than the code, broken after a '/', '-' or '.' where there is one."""
    room = _WIDTH * 2 // _TEXT
    lines = [""]
    for piece in re.findall(r"[^/.-]*[/.-]?", address):
        for part in [piece[at : at + room] for at in range(0, len(piece), room)]:
            if len(lines[-1] + part) > room:
                lines.append("")
            lines[-1] += part
    return lines
