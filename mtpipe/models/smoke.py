"""The smoke test of a model: one plain sentence a direction, and what is wrong with its output.

It distinguishes a broken model (weights that were tied wrongly, a vocabulary of another model) from a
working one. It says nothing about quality.
"""

import re
from dataclasses import dataclass

from mtpipe.models.card import Card
from mtpipe.types import Direction, Hypothesis, Language

_SENTENCES = {
    Language.DE: "Das Wetter ist heute sehr schön.",
    Language.EN: "The weather is very nice today.",
    Language.FR: "Il fait très beau aujourd'hui.",
}
_WORDS = {
    Language.DE: ("wetter", "heute", "schön", "tag"),
    Language.EN: ("weather", "today", "nice", "beautiful", "fine", "lovely", "day"),
    Language.FR: ("temps", "météo", "aujourd'hui", "aujourd’hui", "beau", "belle", "journée"),
}
"""Of which any translation of those sentences has one."""

_LOOP = re.compile(r"(\S.{1,40}?)\1{3,}", re.DOTALL)
_MAX_GROWTH = 5
_MIN_SCORE = -3.0
"""Trained models are at -0.1 to -1 on such sentences; guessing evenly among 50 tokens is -3.9."""


@dataclass(frozen=True)
class Probe:
    """A sentence for a direction.

    Attributes:
        direction: of translation.
        sentence: the source.
        wanted: words of which the output must contain one, in whatever case; none for anything.
    """

    direction: Direction
    sentence: str
    wanted: tuple[str, ...]

    def problem(self, output: Hypothesis) -> str | None:
        """What is wrong with the output, or None.

        >>> probe = Probe(Direction.parse("de-en"), "Das Haus ist groß.", ("house", "big"))
        >>> probe.problem(Hypothesis("The house is big.", -0.2))
        >>> probe.problem(Hypothesis("connectconnectconnectconnect", -0.2))
        "repeats itself: 'connectconnectconnectconnect'"
        """
        text = output.text.strip()
        shown = repr(text if len(text) <= 60 else f"{text[:60]}…")
        if not text:
            return "is empty"
        if _LOOP.search(text):
            return f"repeats itself: {shown}"
        if text.casefold() == self.sentence.casefold():
            return f"is the source, untranslated: {shown}"
        if self.wanted and not any(word.lower() in text.lower() for word in self.wanted):
            return f"has none of the words {', '.join(self.wanted)}: {shown}"
        if len(text) > _MAX_GROWTH * len(self.sentence):
            return f"is far too long: {shown}"
        if not output.score >= _MIN_SCORE:  # nor is it where it is no number
            return f"is a guess (log-probability {output.score:.1f} a token): {shown}"
        return None


def probes(card: Card) -> list[Probe]:
    """What a model is tested with: its card's sentences, or a general one a direction."""
    found = []
    for direction in card.directions:
        general = [_SENTENCES[direction.source], *_WORDS[direction.target]]
        sentence, *wanted = card.smoke_test.get(str(direction), general)
        found.append(Probe(direction, sentence, tuple(wanted)))
    return found
