"""Segments whose pieces are being decoded in batches, and how their translations come together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtpipe.engines.base import Pending
from mtpipe.engines.repair import Outcome
from mtpipe.engines.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Batch:
    """Pieces that are decoded together.

    Attributes:
        rows: their numbers.
        limit: most tokens of an output.
        pending: the result to come.
    """

    rows: list[int]
    limit: int
    pending: Pending


@dataclass(frozen=True, slots=True)
class Run:
    """Segments whose pieces are being decoded.

    Attributes:
        owners: the segment's number of each piece, ascending.
        batches: of the pieces that are decoded.
        copied: text of the others, by their numbers.
    """

    owners: list[int]
    batches: list[Batch]
    copied: dict[int, str]

    def outcomes(self, tokenizer: Tokenizer) -> Iterator[dict[int, Outcome]]:
        """Wait for one batch after the other; the segments that are complete with each.

        Segments of which nothing is decoded don't come.
        """
        missing = Counter(self.owners[row] for batch in self.batches for row in batch.rows)
        parts: dict[int, dict[int, tuple[Outcome, int]]] = {}
        for row, text in self.copied.items():
            parts.setdefault(self.owners[row], {})[row] = (Outcome(text, 0.0), 0)
        for batch in self.batches:
            complete: dict[int, Outcome] = {}
            for row, decoded in zip(batch.rows, batch.pending.result(), strict=True):
                owner, tokens = self.owners[row], len(decoded.tokens)
                outcome = Outcome(
                    tokenizer.decode(decoded.tokens), decoded.score, tokens >= batch.limit
                )
                parts.setdefault(owner, {})[row] = (outcome, tokens + 1)
                missing[owner] -= 1
                if not missing[owner]:
                    pieces = parts.pop(owner)
                    complete[owner] = _joined([pieces[row] for row in sorted(pieces)])
            yield complete


def _joined(pieces: Sequence[tuple[Outcome, int]]) -> Outcome:
    """One outcome of several and their lengths in tokens, by which the scores are weighted."""
    if len(pieces) == 1:
        return pieces[0][0]
    return Outcome(
        " ".join(outcome.text for outcome, _ in pieces),
        sum(outcome.score * length for outcome, length in pieces)
        / sum(length for _, length in pieces),
        any(outcome.truncated for outcome, _ in pieces),
    )
