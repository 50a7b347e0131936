"""The best hypotheses of one search, as they come: neither checked nor mended."""

from collections.abc import Sequence

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.decoder import Decoder
from mtpipe.engines.protection import Protection
from mtpipe.engines.safety import is_translatable
from mtpipe.types import Direction, Hypothesis

__all__ = ["nbest"]


def nbest(
    segments: Sequence[str],
    direction: Direction,
    options: DecodingOptions,
    *,
    decoder: Decoder,
    protection: Protection,
) -> list[list[Hypothesis]]:
    """Search for translations.

    Args:
        segments: to be translated.
        direction: of the translation.
        options: of the search; they say how many hypotheses come back.
        decoder: of the segments.
        protection: of the segments.

    Returns:
        For each segment those of different wording, the best first; none for one without a word,
        or so long that it is translated in pieces.
    """
    given = [
        protection.given(segment, direction) if is_translatable(segment) else ""
        for segment in segments
    ]
    found: list[list[Hypothesis]] = []
    for segment, outcomes in zip(segments, decoder.nbest(given, direction, options), strict=True):
        best: dict[str, Hypothesis] = {}
        for outcome in outcomes:
            restored = protection.restored(segment, outcome, direction)
            best.setdefault(restored.text, Hypothesis(restored.text, restored.score))
        found.append([*best.values()])
    return found
