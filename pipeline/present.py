"""Add to Marp's HTML what presenters and audiences need and Marp leaves out; nothing of Marp's is taken away.

What it does is in `present.js`, how it looks in `present.css`. Without JavaScript the file is as Marp wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline import notes
from pipeline.deck import Deck, Slide

_SCRIPT = Path(__file__).with_suffix(".js")
_STYLE = Path(__file__).with_suffix(".css")


def enhance(html: str, deck: Deck, *, links: Mapping[str, str]) -> str:
    """Marp's `bespoke` HTML, with the names of slides as addresses and with the script that adds the rest.

    `links` is as for `marp.render`. Raises ValueError where the HTML is not as Marp writes it.
    """
    # No deck can hold either: '</style>' would end its own style, and Marp's script comes after all of the deck.
    head = re.search(r"</style>\s*</head>", html)
    script = html.rfind("<script>")
    if not head or script < head.end():
        raise ValueError(f"{deck.source}: Marp's HTML has no style in its head, or no script")
    slides = [_facts(slide) for slide in deck.slides]
    data = _data("slides", slides) + _data("notes", _notes(deck, links))
    return "".join(
        [
            html[: head.start()],
            f"</style><style>{_STYLE.read_text(encoding='utf-8')}</style></head>",
            _name_slides(html[head.end() : script], deck),
            f"{data}<script>{_SCRIPT.read_text(encoding='utf-8')}</script>",
            html[script:],
        ]
    )


def _facts(slide: Slide) -> dict[str, Any]:
    # A name of digits alone was reported, but may be published all the same: it must not hide a slide's number.
    names = [name for name in (slide.key, *slide.former) if not re.fullmatch("[0-9]+", name)]
    return {"names": names, "title": slide.title, "minutes": slide.minutes}


def _notes(deck: Deck, links: Mapping[str, str]) -> list[str]:
    return [
        "".join(
            # Within the deck, so that the presenter's own window goes there.
            notes.as_html(note, source=deck.source, folder="", links=links).replace('href="slides.html#', 'href="#')
            for note in slide.notes
        )
        for slide in deck.slides
    ]


def _data(name: str, content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" data-present="{name}">{text}</script>'


def _name_slides(body: str, deck: Deck) -> str:
    """Give each slide its key as an id, where nothing else has it, for whoever reads the file without its script.

    Ids that are there stay, since styles and pictures may need them: it is the script that puts keys first.
    """
    mark = '<svg data-marpit-svg=""'
    first, *rest = body.split(mark)
    if len(rest) != len(deck.slides):  # somebody wrote the mark into a slide
        return body
    taken = set(re.findall(r'\sid="([^"]*)"', body))
    # Percent-encoded, as Marp's ids are, and as its script looks for them.
    ids = [quote(slide.key, safe="") for slide in deck.slides]
    named = (
        f"{mark}{text}" if name in taken else f'{mark} id="{name}"{text}' for name, text in zip(ids, rest, strict=True)
    )
    return first + "".join(named)
