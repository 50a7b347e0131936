"""Segments of many requests that are translated together, each request in its turn."""

from collections.abc import Sequence
from dataclasses import dataclass

from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.pool import Pool

__all__ = ["TranslatedSegment", "Translations"]


@dataclass(frozen=True, slots=True)
class TranslatedSegment:
    """The translation of one text.

    Attributes:
        text: the translation.
        score: see :class:`mtpipe.types.Hypothesis`.
        flags: problem and remedy (or None) of what was found in the first translation.
        alternatives: further translations, the best first; only where they were asked for.
    """

    text: str
    score: float
    flags: tuple[tuple[str, str | None], ...] = ()
    alternatives: tuple[str, ...] = ()


class Translations:
    """Translates for many requests at once.

    Args:
        pool: that computes.
        settings: how much is decoded together, and how long it waits for others.
    """

    def __init__(self, pool: Pool, settings: ServeSettings) -> None:
        self._pool = pool
        self._settings = settings

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        model: str | None = None,
        beam: int = 4,
        alternatives: int = 0,
    ) -> list[TranslatedSegment]:
        """Translate texts, each as one segment.

        Args:
            texts: sentences or headings.
            source: their language.
            target: language of the translations.
            model: by default that of the settings.
            beam: width of the beam search.
            alternatives: further translations of each that are wanted.

        Raises:
            MtpipeError: see :meth:`mtpipe.web.workers.pool.Pool.call`.
        """
        answer = await self._pool.call(
            "translate_segments",
            {
                "texts": list(texts),
                "source": source,
                "target": target,
                "model": model or self._settings.model,
                "beam": beam,
                "alternatives": alternatives,
            },
        )
        return [
            TranslatedSegment(
                one["text"],
                one["score"],
                tuple((flag["problem"], flag["remedy"]) for flag in one.get("flags", ())),
                tuple(one.get("alternatives", ())),
            )
            for one in answer
        ]
