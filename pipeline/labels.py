"""The few words of ours that stand beside an author's on paper, in the language of the deck."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Labels:
    """Our words in one language."""

    lang: str
    slide: str
    untitled: str
    """What a slide without a heading is called in a list of notes."""
    minute: str
    minutes: str
    starts: str
    """Before the time at which a slide starts."""
    ends: str
    of: str
    """Between the number of a page and that of all pages."""
    handout: str
    cards: str

    def length(self, minutes: float) -> str:
        """So many minutes."""
        return f"{minutes:g} {self.minute if minutes == 1 else self.minutes}"


_ENGLISH = Labels(
    lang="en",
    slide="Slide",
    untitled="Slide without a heading",
    minute="minute",
    minutes="minutes",
    starts="starts at",
    ends="ends at",
    of="of",
    handout="handout",
    cards="cue cards",
)
_SPANISH = Labels(
    lang="es",
    slide="Diapositiva",
    untitled="Diapositiva sin título",
    minute="minuto",
    minutes="minutos",
    starts="desde",
    ends="hasta",
    of="de",
    handout="hojas para repartir",
    cards="tarjetas de apoyo",
)


def of(lang: str) -> Labels:
    """The words for a deck in `lang`, whatever its country: English where nobody has written others."""
    return _SPANISH if lang.partition("-")[0].lower() == "es" else _ENGLISH
