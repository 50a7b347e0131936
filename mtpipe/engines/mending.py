"""Finds evident mistakes in translations, and decodes such segments again in other ways.

Which ways there are and which result is taken, :mod:`mtpipe.engines.repair` decides; what counts as
a mistake, :mod:`mtpipe.engines.safety`.
"""

import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.decoder import Decoder
from mtpipe.engines.protection import Protection, Safeguards
from mtpipe.engines.renaming import renamed
from mtpipe.engines.repair import Attempt, Outcome, attempts, best, is_unsolved
from mtpipe.engines.safety import Identify, problems
from mtpipe.types import Direction, Flag, Hypothesis, Problem, Remedy


class Memory(Protocol):
    """Where hypotheses are kept for the next time, see :mod:`mtpipe.cache`."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[Hypothesis, bool]]:
        """Those that are there, and whether they are settled."""
        ...

    def put(self, entries: Mapping[bytes, Hypothesis], *, settled: bool) -> None:
        """Keep some more; those that are to be decoded again another way aren't settled."""
        ...


class Mender:
    """Checks what was decoded, and mends it.

    Args:
        decoder: of the segments.
        options: of their first search.
        protection: of the segments.
        safeguards: what is done at all.
        memory: of what came of earlier attempts.
        identify: identifies the language of a text.
    """

    def __init__(
        self,
        decoder: Decoder,
        options: DecodingOptions,
        protection: Protection,
        *,
        safeguards: Safeguards,
        memory: Memory | None,
        identify: Identify | None,
    ) -> None:
        self._decoder = decoder
        self._options = options
        self._protection = protection
        self._safeguards = safeguards
        self._memory = memory
        self._identify = identify

    def checked(
        self,
        outcomes: Mapping[bytes, Outcome],
        texts: Mapping[bytes, str],
        direction: Direction,
    ) -> tuple[dict[bytes, Hypothesis], dict[bytes, Hypothesis]]:
        """Translations without and with problems, the latter flagged with them."""
        clean: dict[bytes, Hypothesis] = {}
        unclean: dict[bytes, Hypothesis] = {}
        for key, decoded in outcomes.items():
            outcome = self._protection.restored(texts[key], decoded, direction)
            looks = self._safeguards.flags
            found = self._problems(texts[key], direction, outcome) if looks else ()
            hypothesis = Hypothesis(outcome.text, outcome.score, tuple(map(Flag, found)))
            (unclean if found and self._safeguards.repairs else clean)[key] = hypothesis
        if unclean and self._memory:
            self._memory.put(unclean, settled=False)
        return clean, unclean

    def repaired(
        self,
        doubtful: Mapping[bytes, Hypothesis],
        texts: Mapping[bytes, str],
        direction: Direction,
    ) -> Generator[None, None, dict[bytes, Hypothesis]]:
        """Decode segments in other ways, one after the other until nothing is wrong any more.

        Returns:
            The best that could be made of them.
        """
        repaired = dict(doubtful)
        ways = {
            key: self._attempts(texts[key], first, direction) for key, first in doubtful.items()
        }
        tried: dict[bytes, list[tuple[Remedy, Outcome]]] = {key: [] for key in doubtful}
        while now := {
            key: ways[key].pop(0)
            for key, hypothesis in repaired.items()
            if ways[key] and is_unsolved(hypothesis)
        }:
            outcomes = yield from self._decoded_again(now, texts, direction)
            for key, outcome in outcomes.items():
                tried[key].append((now[key].remedy, outcome))
                repaired[key] = best(
                    doubtful[key],
                    tried[key],
                    partial(self._problems, texts[key], direction),
                    source=texts[key],
                )
        return repaired

    def _attempts(self, segment: str, first: Hypothesis, direction: Direction) -> list[Attempt]:
        """The ways to decode a segment again."""
        found = [flag.problem for flag in first.flags]
        given = self._protection.given(segment, direction)
        return attempts(
            given,
            found,
            self._options,
            self._decoder.count,
            whole=self._protection.whole(segment, direction),
            renamed=renamed(given, first.text, direction) if Problem.NAMES in found else (),
        )

    def _restored(
        self, segment: str, attempt: Attempt, outcome: Outcome, direction: Direction
    ) -> Outcome:
        """What came of an attempt, in order; without a word where a name can't be taken back."""
        if attempt.renamed:
            outcome = replace(outcome, text=attempt.renamed.restored(outcome.text) or "")
        return self._protection.restored(segment, outcome, direction) if outcome.text else outcome

    def _decoded_again(
        self, attempts: Mapping[bytes, Attempt], texts: Mapping[bytes, str], direction: Direction
    ) -> Generator[None, None, dict[bytes, Outcome]]:
        """Decode each segment another way, those with the same options together."""
        names = {key: _name_of(key, attempt) for key, attempt in attempts.items()}
        remembered = self._memory.get(list(names.values())) if self._memory else {}
        outcomes = {
            key: _as_outcome(remembered[name][0])
            for key, name in names.items()
            if name in remembered
        }
        groups: dict[DecodingOptions, list[bytes]] = {}
        for key, attempt in attempts.items():
            groups.setdefault(attempt.options, []).append(key)
        runs = [
            (
                keys,
                self._decoder.submit(
                    [attempts[key].pieces for key in keys],
                    direction,
                    options,
                    wanted={n for n, key in enumerate(keys) if key not in outcomes},
                    urgent=True,
                ),
            )
            for options, keys in groups.items()
        ]
        yield
        for keys, run in runs:
            for batch in run.outcomes():
                fresh = {
                    keys[n]: self._restored(texts[keys[n]], attempts[keys[n]], outcome, direction)
                    for n, outcome in batch.items()
                }
                if self._memory:
                    self._memory.put(
                        {names[key]: _as_hypothesis(fresh[key]) for key in fresh}, settled=True
                    )
                outcomes |= fresh
        return outcomes

    def _problems(
        self, segment: str, direction: Direction, outcome: Outcome
    ) -> tuple[Problem, ...]:
        return problems(
            segment,
            outcome.text,
            truncated=outcome.truncated,
            misplaced=outcome.misplaced,
            direction=direction,
            identify=self._identify,
        )


def _name_of(key: bytes, attempt: Attempt) -> bytes:
    """What the outcome of an attempt is remembered by."""
    way = attempt.renamed.text if attempt.renamed else ""
    return hashlib.blake2b(key + f"{attempt.remedy}{way}".encode(), digest_size=16).digest()


def _as_hypothesis(outcome: Outcome) -> Hypothesis:
    problems = {Problem.TRUNCATED: outcome.truncated, Problem.GARBLED: outcome.misplaced}
    flags = tuple(Flag(problem) for problem, is_so in problems.items() if is_so)
    return Hypothesis(outcome.text, outcome.score, flags)


def _as_outcome(hypothesis: Hypothesis) -> Outcome:
    had = {flag.problem for flag in hypothesis.flags}
    return Outcome(
        hypothesis.text, hypothesis.score, Problem.TRUNCATED in had, Problem.GARBLED in had
    )
