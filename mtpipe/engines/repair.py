"""Decoding again what went wrong: which ways are tried, and which result is taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.renaming import Renamed
from mtpipe.engines.safety import apart
from mtpipe.engines.splitting import split_long
from mtpipe.types import Flag, Hypothesis, Problem, Remedy

_NO_REPEAT_NGRAM = 3
_MIN_PIECE_TOKENS = 4
# What readers mind more weighs more than all that they mind less.
_WEIGHTS = {
    Problem.REPETITION: 16,
    Problem.TRUNCATED: 8,
    Problem.COPIED: 4,
    Problem.LANGUAGE: 4,
    Problem.GARBLED: 4,
    Problem.LENGTH: 2,
    Problem.NUMBERS: 1,
    Problem.ADDRESSES: 1,
    Problem.NAMES: 1,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of decoding a segment one way.

    Attributes:
        text: the translation.
        score: as in :class:`mtpipe.types.Hypothesis`.
        truncated: whether decoding ended at the length limit, in any of the pieces.
        misplaced: whether something that was withheld from the model had to be put back where it
            may not belong.
    """

    text: str
    score: float
    truncated: bool = False
    misplaced: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to decode a segment again.

    Attributes:
        remedy: its name.
        pieces: what is decoded; the translations are joined by spaces.
        options: of the search.
        renamed: takes back names that were exchanged.
    """

    remedy: Remedy
    pieces: tuple[str, ...]
    options: DecodingOptions
    renamed: Renamed | None = None


def attempts(
    source: str,
    found: Sequence[Problem],
    options: DecodingOptions,
    count: Callable[[str], int],
    *,
    whole: str | None = None,
    renamed: Sequence[Renamed] = (),
) -> list[Attempt]:
    """The ways to try for a segment, one after the other until nothing is wrong any more.

    Args:
        source: the segment, as the model gets it.
        found: problems of its first translation.
        options: of the first translation.
        count: tokens of a text.
        whole: the segment with what is withheld from the model; by default ``source``.
        renamed: the segment with names exchanged.
    """
    others = [Attempt(Remedy.OTHER_NAME, (way.text,), options, way) for way in renamed]
    if set(found) == {Problem.NAMES}:
        return others
    return [*_usual_attempts(source, found, options, count, whole=whole), *others]


def _usual_attempts(
    source: str,
    found: Sequence[Problem],
    options: DecodingOptions,
    count: Callable[[str], int],
    *,
    whole: str | None,
) -> list[Attempt]:
    """The ways that serve for all kinds of problems."""
    whole = source if whole is None else whole
    careful = replace(options, no_repeat_ngram=_NO_REPEAT_NGRAM)
    ways: list[Attempt] = []
    if Problem.REPETITION in found or Problem.TRUNCATED in found or Problem.LENGTH in found:
        ways.append(Attempt(Remedy.NO_REPEAT, (source,), careful))
    else:
        wide = replace(options, beam=min(64, 2 * options.beam))
        ways.append(Attempt(Remedy.WIDER_BEAM, (source,), wide))
    is_lost = Problem.GARBLED in found or Problem.ADDRESSES in found
    if (is_lost or whole == source) and len(pieces := apart(whole)) > 1:
        # No model is to cut addresses up: what stands around them is translated by itself.
        return [*ways, Attempt(Remedy.SPLIT, tuple(pieces), careful)]
    half = max(_MIN_PIECE_TOKENS, (count(source) + 1) // 2)
    pieces = split_long(source, half, count)
    if len(pieces) > 1:
        ways.append(Attempt(Remedy.SPLIT, tuple(pieces), careful))
        if set(found) <= {Problem.NUMBERS, Problem.NAMES}:
            # Numbers get lost in long sentences: halves bring back two of three that come back at
            # all, for half of what a wide search costs.
            ways.reverse()
    return ways


def best(
    first: Hypothesis,
    tried: Sequence[tuple[Remedy, Outcome]],
    problems: Callable[[Outcome], Sequence[Problem]],
    *,
    source: str,
) -> Hypothesis:
    """The outcome with the least problems, flagged with what was found and what helped.

    A loop is never let through: where nothing helps against it, the source is kept.

    Args:
        first: the first translation with the problems found.
        tried: what came of the remedies, the preferred first.
        problems: what is wrong with an outcome.
        source: the segment.
    """
    had = [flag.problem for flag in first.flags]
    chosen, has = Outcome(first.text, first.score), had
    remedy: Remedy | None = None
    for name, outcome in tried:
        now = list(problems(outcome))
        if _badness(now) < _badness(has):
            chosen, remedy, has = outcome, name, now
    if Problem.REPETITION in has:
        chosen, remedy, has = Outcome(source, 0.0), Remedy.KEPT_SOURCE, []
    return Hypothesis(chosen.text, chosen.score, _flags(had, has, remedy))


def is_unsolved(hypothesis: Hypothesis) -> bool:
    """Whether something is wrong with a hypothesis still, or the source had to be kept."""
    return bool(_unsolved(hypothesis))


def is_for_another(hypothesis: Hypothesis) -> bool:
    """Whether another model's opinion is wanted: for more than a name, which people leave out, too."""
    return any(problem is not Problem.NAMES for problem in _unsolved(hypothesis))


def better(hypothesis: Hypothesis, opinion: Hypothesis) -> Hypothesis:
    """The second opinion, if less is wrong with it, flagged as what helped.

    Args:
        hypothesis: with unsolved problems.
        opinion: what another model made of the same segment.
    """
    has = _unsolved(opinion)
    if _badness(has) >= _badness(_unsolved(hypothesis)):
        return hypothesis
    had = [flag.problem for flag in hypothesis.flags]
    return Hypothesis(opinion.text, opinion.score, _flags(had, has, Remedy.OTHER_MODEL))


def _flags(
    had: Sequence[Problem], has: Sequence[Problem], remedy: Remedy | None
) -> tuple[Flag, ...]:
    """Problems that were found first, with what solved them, and those that are new."""
    old = [Flag(problem, None if problem in has else remedy) for problem in had]
    return (*old, *(Flag(problem) for problem in has if problem not in had))


def _unsolved(hypothesis: Hypothesis) -> list[Problem]:
    return [f.problem for f in hypothesis.flags if f.remedy in (None, Remedy.KEPT_SOURCE)]


def _badness(found: Sequence[Problem]) -> int:
    return sum(_WEIGHTS[problem] for problem in found)
