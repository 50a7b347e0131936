"""What can be translated here, and which language a text is in."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtpipe.errors import UnsupportedDirection
from mtpipe.types import Direction, Language
from mtpipe.web.problems import Problem
from mtpipe.web.workers.pool import Pool

__all__ = ["Detected", "Languages", "detect", "languages", "overall"]

_FRESH_S = 30.0
_SAMPLE_CHARS = 1_000
_SHORT_CHARS = 40
"""Up to this, a text of several is taken to be in the language of all of them together."""
_CERTAIN_PROB = 0.8


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages that installed models translate.

    Attributes:
        targets: what each can be translated into, through a third language or not; a language is
            among its own targets, as LibreTranslate has it.
    """

    targets: Mapping[Language, Sequence[Language]]

    def has(self, code: str) -> bool:
        """Whether the language of a code is translated here."""
        return _parsed(code) in self.targets

    def source(self, code: str) -> Language:
        """The language of a code.

        Raises:
            Problem: it isn't translated here.
        """
        language = _parsed(code)
        if language is None or language not in self.targets:
            raise Problem(400, f"{code[:40]} is not supported")
        return language

    def direction(self, source: Language, target: Language) -> Direction | None:
        """From one language into another; None if they are the same.

        Raises:
            Problem: no model that is installed translates this.
        """
        if source is target:
            return None
        if target not in self.targets[source]:
            raise Problem(
                400,
                f"{target.english_name} ({target}) is not available as a target language from "
                f"{source.english_name} ({source})",
            )
        return Direction(source, target)

    def as_listed(self) -> list[dict[str, Any]]:
        """As ``GET /languages`` has them."""
        return [
            {
                "code": source.value,
                "name": source.english_name,
                "targets": [target.value for target in targets],
            }
            for source, targets in self.targets.items()
        ]


@dataclass(frozen=True, slots=True)
class Detected:
    """A language that a text may be in.

    Attributes:
        language: its code, of one that is translated here or of another.
        confidence: 0 to 100.
    """

    language: str
    confidence: float


class KnownLanguages:
    """The languages of a server, asked for again now and then: models may be fetched while it runs."""

    def __init__(self) -> None:
        self._found: Languages | None = None
        self._until = 0.0
        self._turn = asyncio.Lock()

    async def get(self, pool: Pool) -> Languages:
        """What the installed models translate at this time, more or less.

        Raises:
            MtpipeError: see :meth:`mtpipe.web.workers.pool.Pool.call`.
        """
        if self._found is None:
            async with self._turn:  # one of those who come first asks for all of them
                if self._found is None:
                    self._found = await self._asked(pool)
        elif time.monotonic() > self._until:
            self._until = time.monotonic() + _FRESH_S  # the others go on with what there is
            self._found = await self._asked(pool)
        return self._found

    async def _asked(self, pool: Pool) -> Languages:
        found = languages(await pool.call("models", {}))
        self._until = time.monotonic() + _FRESH_S
        return found


def languages(models: Mapping[str, Any]) -> Languages:
    """The languages of what the task ``models`` answers."""
    directions = {Direction.parse(way["direction"]) for way in models["directions"]}
    known = sorted({way.source for way in directions} | {way.target for way in directions})
    return Languages(
        {
            source: [to for to in known if to is source or Direction(source, to) in directions]
            for source in known
        }
    )


async def detect(pool: Pool, texts: Sequence[str], known: Languages) -> list[Detected]:
    """The language of each text.

    Args:
        pool: that computes.
        texts: of a request; a short one is taken to be in the language of all together.
        known: where a text is too short to tell, it is in one of these.
    """
    samples = [text[:_SAMPLE_CHARS] for text in texts]
    together = "\n".join(sample for sample in samples if sample.strip())[:_SAMPLE_CHARS]
    answers = await pool.call("identify", {"texts": [together, *samples]})
    usual, *found = (
        _detected(text, answer, known)
        for text, answer in zip([together, *samples], answers, strict=True)
    )
    longest = max(
        (n for n, one in enumerate(found) if one.confidence and known.has(one.language)),
        key=lambda n: len(samples[n]),
        default=None,
    )
    if longest is not None and not known.has(usual.language):
        usual = found[longest]
    return [
        usual if _is_uncertain(sample, one) else one
        for sample, one in zip(samples, found, strict=True)
    ]


def _is_uncertain(text: str, detected: Detected) -> bool:
    """Whether a text is too short to go by what it looks like."""
    return len(text) <= _SHORT_CHARS and 0 < detected.confidence < 100 * _CERTAIN_PROB


async def overall(pool: Pool, text: str, known: Languages) -> list[Detected]:
    """The languages that a text may be in, the likeliest first."""
    sample = text[:_SAMPLE_CHARS]
    [answer] = await pool.call("identify", {"texts": [sample]})
    best = _detected(sample, answer, known)
    others = (
        Detected(one["language"], _percent(one["confidence"]))
        for one in answer.get("candidates", ())
        if one["language"] != best.language
    )
    return [best, *(one for one in others if one.confidence >= 1)]


def _detected(text: str, answer: Mapping[str, Any], known: Languages) -> Detected:
    """The likeliest language; where that is uncertain, the likeliest of those known here."""
    default = (
        Language.EN if Language.EN in known.targets else next(iter(known.targets), Language.EN)
    )
    if not any(map(str.isalpha, text)):
        return Detected(default.value, 0.0)
    found = Detected(answer["language"], _percent(answer["confidence"]))
    if known.has(found.language) or (
        answer["confidence"] >= _CERTAIN_PROB and len(text) > _SHORT_CHARS
    ):
        return found
    own = [one for one in answer.get("candidates", ()) if known.has(one["language"])]
    best = max(own, key=lambda one: float(one["confidence"]), default=None)
    if best is None:
        return Detected(default.value, 0.0)
    return Detected(best["language"], _percent(best["confidence"]))


def _percent(probability: float) -> float:
    return round(100 * float(probability), 1)


def _parsed(code: str) -> Language | None:
    try:
        return Language.parse(code)
    except UnsupportedDirection:
        return None
