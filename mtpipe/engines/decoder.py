"""Segments to batches of tokens and back: cut where too long, decoded together, joined again."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace

from mtpipe.engines.base import Decoded, DecodingOptions, Pending, Tokens
from mtpipe.engines.batching import batches_by_length, thinned
from mtpipe.engines.pacing import PacedEngine
from mtpipe.engines.repair import Outcome
from mtpipe.engines.reranking import Reranker, search_score
from mtpipe.engines.safety import is_translatable
from mtpipe.engines.splitting import split_long
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.types import Direction

BATCH_TOKENS = 2_048
"""Source tokens per batch, padding included."""

MAX_SEGMENT_TOKENS = 160
"""Longer segments are translated in pieces: models are trained on sentences of up to 128."""


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
        written: gives the best hypothesis of a piece, and its text.
    """

    owners: list[int]
    batches: list[Batch]
    copied: dict[int, str]
    written: Callable[[int, Decoded], tuple[Decoded, str]]

    def outcomes(self) -> Iterator[dict[int, Outcome]]:
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
                best, text = self.written(row, decoded)
                owner, tokens = self.owners[row], len(best.tokens)
                outcome = Outcome(text, best.score, tokens >= batch.limit)
                parts.setdefault(owner, {})[row] = (outcome, tokens + 1)
                missing[owner] -= 1
                if not missing[owner]:
                    pieces = parts.pop(owner)
                    complete[owner] = _joined([pieces[row] for row in sorted(pieces)])
            yield complete


class Decoder:
    """Decodes segments with an engine.

    Args:
        engine: with the model loaded.
        tokenizer: of the same model.
        reranker: has a say in which of the beam's hypotheses is the best.
    """

    def __init__(
        self, engine: PacedEngine, tokenizer: Tokenizer, reranker: Reranker | None = None
    ) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._reranker = reranker

    @property
    def signature(self) -> str:
        """The engine's."""
        return self._engine.signature

    def count(self, text: str) -> int:
        """Source tokens of a text."""
        return self._tokenizer.count(text)

    def submit(
        self,
        segments: Sequence[Sequence[str]],
        direction: Direction,
        options: DecodingOptions,
        *,
        wanted: Set[int] | None = None,
        urgent: bool = False,
    ) -> Run:
        """Start decoding segments.

        Args:
            segments: each in one or more pieces; those without a word are copied, and those that
                are too long are cut further.
            direction: of the translation.
            options: of the search.
            wanted: numbers of those that are decoded, by default all. The others count where it
                is decided what is decoded together.
            urgent: before what isn't.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
            EngineError: the engine failed.
        """
        if self._reranker:
            options = replace(options, nbest=options.beam)
        cut = [[part for piece in pieces for part in self._parts(piece)] for pieces in segments]
        owners = [number for number, parts in enumerate(cut) for _ in parts]
        texts = [part for parts in cut for part in parts]
        numbers = [number for number, text in enumerate(texts) if is_translatable(text)]
        copied = {n: text for n, text in enumerate(texts) if not is_translatable(text)}
        tokens = self._tokenizer.encode([texts[number] for number in numbers], direction)
        lengths = list(map(len, tokens))
        together = batches_by_length(lengths, max_tokens=BATCH_TOKENS)
        if wanted is not None:
            rows_wanted = {row for row, n in enumerate(numbers) if owners[n] in wanted}
            together = thinned(together, lengths, wanted=rows_wanted, max_tokens=BATCH_TOKENS)
        batches: list[Batch] = []
        for rows in together:
            batch = [tokens[row] for row in rows]
            limit = options.max_length(max(map(len, batch)))
            pending = self._engine.submit(batch, options, urgent=urgent)
            batches.append(Batch([numbers[row] for row in rows], limit, pending))

        def written(row: int, decoded: Decoded) -> tuple[Decoded, str]:
            return self._best(texts[row], decoded, direction, options)

        return Run(owners, batches, copied, written)

    def nbest(
        self, segments: Sequence[str], direction: Direction, options: DecodingOptions
    ) -> list[list[Outcome]]:
        """The hypotheses of one search of each segment, as many as the options ask for.

        Returns:
            For each segment the best first; none for one without a word, or so long that it would
            have to be cut.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
            EngineError: the engine failed.
        """
        numbers = [
            number
            for number, text in enumerate(segments)
            if is_translatable(text) and len(self._parts(text)) == 1
        ]
        tokens = self._tokenizer.encode([segments[number] for number in numbers], direction)
        together = batches_by_length(list(map(len, tokens)), max_tokens=BATCH_TOKENS)
        batches = []
        for rows in together:
            pending = self._engine.submit([tokens[row] for row in rows], options)
            batches.append((rows, pending))
        found: list[list[Outcome]] = [[] for _ in segments]
        for rows, pending in batches:
            for row, best in zip(rows, pending.result(), strict=True):
                found[numbers[row]] = [
                    Outcome(self._tokenizer.decode(one.tokens), one.score)
                    for one in (best, *best.others)
                ]
        return found

    def both_sides(
        self, segments: Sequence[str], translations: Sequence[str], direction: Direction
    ) -> tuple[list[Tokens], list[Tokens]]:
        """Tokens of segments and of given translations, see :func:`both_sides`."""
        return both_sides(self._tokenizer, segments, translations, direction)

    def _best(
        self, source: str, first: Decoded, direction: Direction, options: DecodingOptions
    ) -> tuple[Decoded, str]:
        """The best hypothesis and its text."""
        text = self._tokenizer.decode(first.tokens)
        if not self._reranker or not first.others:
            return first, text
        hypotheses = [first, *first.others]
        texts = [text, *(self._tokenizer.decode(other.tokens) for other in first.others)]
        added = self._reranker(source, texts, direction)
        scores = [
            search_score(one, options) + more for one, more in zip(hypotheses, added, strict=True)
        ]
        best = scores.index(max(scores))
        return hypotheses[best], texts[best]

    def _parts(self, text: str) -> list[str]:
        # A token is at least one byte (of an emoji, say), so short ones can't be over.
        if len(text.encode("utf-8", "replace")) <= MAX_SEGMENT_TOKENS:
            return [text]
        return split_long(text, MAX_SEGMENT_TOKENS, self._tokenizer.count)


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


def both_sides(
    tokenizer: Tokenizer,
    segments: Sequence[str],
    translations: Sequence[str],
    direction: Direction,
) -> tuple[list[Tokens], list[Tokens]]:
    """Tokens of segments and of given translations; of long ones only the beginnings.

    Raises:
        UnsupportedDirection: the model can't translate into the target language.
    """
    sources = [
        [*tokens[:MAX_SEGMENT_TOKENS], *tokens[-1:]] if len(tokens) > MAX_SEGMENT_TOKENS else tokens
        for tokens in tokenizer.encode(segments, direction)
    ]
    targets = [tokens[:MAX_SEGMENT_TOKENS] for tokens in tokenizer.encode_target(translations)]
    return sources, targets
