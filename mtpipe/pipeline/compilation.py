"""Candidates that were put together from several originals: each part has one of its own."""

from collections.abc import Sequence
from dataclasses import replace

from mtpipe.detect.features import UNLIKE_COSINE
from mtpipe.detect.scores import MIN_SENTENCES
from mtpipe.pipeline.republication import Detector
from mtpipe.types import Article, Detection, Finding

MOST_ORIGINALS = 3
"""That a candidate is compared with: each costs as much as the first."""

_RENDERED = (Finding.COPY, Finding.TRANSLATION, Finding.MACHINE_REPUBLICATION)
"""What says that the candidate has something of the original, the graver the later."""


def examine_among(
    detector: Detector,
    candidate: Article,
    originals: Sequence[Article],
    *,
    translate: bool = False,
    sought: str = "",
) -> Detection:
    """Examine a candidate against the articles that it may come from.

    An original after the first counts if it is rendered by sentences of the candidate that render
    none before.

    Args:
        detector: loaded.
        candidate: the article under suspicion.
        originals: the likeliest first.
        translate: see :meth:`~mtpipe.pipeline.republication.Detector.examine`; of the first.
        sought: likewise.

    Returns:
        The examination against the likeliest original, or against another one if only that one
        shows a machine; with those against the rest.

    Raises:
        EngineError: a translation model failed.
        ModelNotFound, UnsupportedDirection, ModelCorrupt: there is none to translate with.
    """
    first = detector.examine(
        candidate, originals[0] if originals else None, translate=translate, sought=sought
    )
    found = [first]
    if first.comparison is None:
        return first
    rendered = _rendered(first)
    for original in originals[1:]:
        if len(first.comparison.candidate) - len(rendered) < MIN_SENTENCES:
            break
        other = detector.examine(candidate, original)
        more = _rendered(other) - rendered
        if other.verdict.finding in _RENDERED and len(more) >= MIN_SENTENCES:
            found.append(other)
            rendered |= more
    gravest = max(found, key=_gravity)
    others = (other for other in found if other is not gravest and _gravity(other) >= 0)
    return replace(gravest, others=tuple(others))


def _rendered(detection: Detection) -> set[int]:
    """The candidate's sentences that have a counterpart in the original."""
    if not detection.comparison or detection.verdict.finding is Finding.UNRELATED:
        return set()
    beads = detection.comparison.alignment.beads
    return {j for bead in beads if bead.score >= UNLIKE_COSINE for j in bead.target}


def _gravity(detection: Detection) -> int:
    finding = detection.verdict.finding
    return _RENDERED.index(finding) if finding in _RENDERED else -1
