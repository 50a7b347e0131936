"""Candidates that were put together from several originals: each part has one of its own."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from mtpipe.detection.links import UNLIKE_COSINE
from mtpipe.detection.scores import MIN_SENTENCES
from mtpipe.errors import MtpipeError
from mtpipe.pipeline.detect.examiner import VERDICT, Examiner, Wanted
from mtpipe.pipeline.detect.measuring import Subject
from mtpipe.types import Detection, Finding

MOST_ORIGINALS = 3
"""That a candidate is compared with: each costs as much as the first."""

_OF_MACHINES = (Finding.MACHINE_REPUBLICATION, Finding.PROBABLE_MACHINE)
"""What shows a machine, the surest first."""

_FROM_THERE = (Finding.COPY, Finding.TRANSLATION, *_OF_MACHINES)
"""What says that the candidate has something of the original."""

_FROM_ELSEWHERE = (Finding.UNRELATED, Finding.RELATED, Finding.INSUFFICIENT, Finding.NO_SIGNS)
"""What a better original may be looked for after."""

_log = logging.getLogger(__name__)


def examine_among(
    examiner: Examiner,
    candidate: Subject,
    originals: Sequence[Subject],
    wanted: Wanted = VERDICT,
) -> Detection:
    """Examine a candidate against the articles that it may come from.

    An original after the first counts if it is rendered by sentences of the candidate that render
    none before. One that can't be compared is passed over.

    Args:
        examiner: loaded.
        candidate: the article under suspicion.
        originals: the likeliest first; only so many as :data:`MOST_ORIGINALS` count.
        wanted: beside the verdict.

    Returns:
        The examination against the first original; against another one if the candidate isn't from
        the first, or if only the other shows a machine. With those against the rest.

    Raises:
        EngineError: a translation model failed.
        ModelNotFound, UnsupportedDirection, ModelCorrupt: there is none to translate with.
    """
    first = examiner.examine(candidate, originals[0] if originals else None, wanted)
    if first.comparison is None:
        return first
    found, rendered = [(first, originals[0])], _rendered(first)
    for original in originals[1:MOST_ORIGINALS]:
        if len(first.comparison.candidate) - len(rendered) < MIN_SENTENCES:
            break
        try:
            other = examiner.examine(candidate, original)
        except MtpipeError as exc:
            _log.warning(
                "%s wasn't compared with %s: %s",
                candidate.article.id,
                original.article.id,
                exc.message,
            )
            continue
        if len(_rendered(other) - rendered) >= MIN_SENTENCES:
            found.append((other, original))
            rendered |= _rendered(other)
    lead = _lead([each for each, _ in found])
    others = tuple(
        each
        for each, _ in found
        if each is not lead and each.verdict.finding not in _FROM_ELSEWHERE
    )
    if wanted.translations and lead is not first:
        [original] = [original for each, original in found if each is lead]
        lead = examiner.examine(candidate, original, Wanted(translations=True))
    return replace(lead, others=others)


def _lead(found: Sequence[Detection]) -> Detection:
    first, *others = found
    for finding in _OF_MACHINES:
        for each in found:
            if each.verdict.finding is finding:
                return each
    return others[0] if others and first.verdict.finding in _FROM_ELSEWHERE else first


def _rendered(detection: Detection) -> set[int]:
    """The candidate's sentences that come from the original."""
    if not detection.comparison or detection.verdict.finding not in _FROM_THERE:
        return set()
    alignment = detection.comparison.alignment
    moved = {j for move in alignment.moves for j in move.target}
    return moved | {
        j for bead in alignment.beads if bead.score >= UNLIKE_COSINE for j in bead.target
    }
