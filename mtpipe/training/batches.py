"""Batches of about equal token counts, drawn from weighted corpora in a repeatable order.

Everything about the order follows from (seed, pool number): a run that resumes at pool *n* sees
exactly what an uninterrupted run would have seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtpipe.errors import InputError, UnsupportedDirection
from mtpipe.training.store import TokenStore
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Language

ROW_MULTIPLE = 8
"""Rows of a batch are a multiple of this: every new matrix shape costs the CPU kernels a
compilation, so shapes should recur."""

_PAIR = np.dtype(
    [("store", "<i8"), ("row", "<i8"), ("flipped", "?"), ("source", "<i8"), ("target", "<i8")]
)
"""A pair that was drawn: where it is, whether it is read backwards, and its lengths as read."""

_Pairs = NDArray[np.void]


@dataclass(frozen=True)
class Batch:
    """Padded token ids of one training step.

    Attributes:
        source: [rows x source length], tag first if the model has tags, </s> last, then padding.
        decoder_input: [rows x target length], <pad> (the start token) first.
        target: [rows x target length], </s> last, then padding.
        tokens: target tokens without padding.
    """

    source: NDArray[np.int64]
    decoder_input: NDArray[np.int64]
    target: NDArray[np.int64]
    tokens: int


class Mixture:
    """An endless stream of batches from several stores.

    All pairs of languages get equal shares, whatever the size of their corpora.

    Args:
        stores: the corpora.
        weights: how often a corpus is read for each time that a corpus of weight 1 is; a key is
            ``corpus`` or, stronger, ``direction/corpus`` (direction as stored); default 1.
        vocabulary: of the model.
        batch_tokens: target tokens a batch, roughly: a batch holds at most twice as many
            tokens, padding included, of both sides together.
        pool_pairs: pairs drawn, sorted by length and cut into batches at a time; no more than
            there are.
        seed: of the order.

    Raises:
        InputError: there is nothing to draw.
        UnsupportedDirection: the model has tags, but none for a target language.
    """

    def __init__(
        self,
        stores: Sequence[TokenStore],
        weights: Mapping[str, float],
        vocabulary: Vocabulary,
        *,
        batch_tokens: int,
        pool_pairs: int = 30_000,
        seed: int = 1,
    ) -> None:
        self._stores = stores
        self.vocabulary = vocabulary
        self._batch_tokens = batch_tokens
        self._seed = seed
        for store in stores:
            _check_tags(store, vocabulary)
        # Every (store, corpus) is a deck of cards, dealt from in a shuffled order.
        self._decks: list[tuple[int, NDArray[np.int64]]] = []
        masses: list[float] = []
        languages: list[frozenset[Language]] = []
        for number, store in enumerate(stores):
            for corpus_number, corpus in enumerate(store.corpora):
                rows = np.flatnonzero(store.index["corpus"] == corpus_number)
                specific = weights.get(f"{store.direction}/{corpus}")
                weight = weights.get(corpus, 1.0) if specific is None else specific
                if len(rows) and weight > 0:
                    self._decks.append((number, rows))
                    masses.append(weight * len(rows))
                    languages.append(frozenset((store.direction.source, store.direction.target)))
        if not self._decks:
            raise InputError(
                "no sentence pairs are left to train on",
                hint="mtpipe --verbose train ... says why pairs are left out",
            )
        self.pairs = sum(len(rows) for _, rows in self._decks)
        self._pool_pairs = min(pool_pairs, self.pairs)
        totals = {
            key: sum(m for m, k in zip(masses, languages, strict=True) if k == key)
            for key in set(languages)
        }
        shares = np.array([m / totals[k] for m, k in zip(masses, languages, strict=True)])
        self._shares = shares / sum(shares.tolist()) * self._pool_pairs

    def steps_per_epoch(self) -> float:
        """Batches, about, in which as many pairs are dealt as the corpora hold."""
        batches = len(self._cut(self._draw(0), 0))
        return max(1.0, batches * self.pairs / self._pool_pairs)

    def batches(self, pool: int = 0, skip: int = 0) -> Iterator[tuple[int, int, Batch]]:
        """Yield (pool number, batch number within the pool, batch) for ever.

        Args:
            pool: pool number to start from, counted from 0.
            skip: batches of that first pool to leave out.
        """
        while True:
            pairs = self._draw(pool)
            for number, chosen in enumerate(self._cut(pairs, pool)):
                if number >= skip:
                    yield pool, number, self._pad(pairs[chosen])
            pool, skip = pool + 1, 0

    def _draw(self, pool: int) -> _Pairs:
        """The pairs of one pool."""
        parts: list[_Pairs] = []
        for deck, (number, rows) in enumerate(self._decks):
            # Cumulative rounding: a share of 0.3 pairs a pool deals a pair every third pool.
            first, last = (int(self._shares[deck] * edge) for edge in (pool, pool + 1))
            laps, cards = np.divmod(np.arange(first, last), len(rows))
            part = np.empty(last - first, _PAIR)
            part["store"] = number
            for lap in np.unique(laps):
                order = np.random.default_rng((self._seed, deck, int(lap))).permutation(rows)
                part["row"][laps == lap] = order[cards[laps == lap]]
            index = self._stores[number].index[part["row"]]
            part["source"], part["target"] = index["source"], index["target"]
            part["flipped"] = self._stores[number].both_ways
            parts.append(part)
        drawn = np.concatenate(parts)
        drawn["flipped"] &= np.random.default_rng((self._seed, pool, 7)).random(len(drawn)) < 0.5
        swapped = drawn["source"].copy()
        np.copyto(drawn["source"], drawn["target"], where=drawn["flipped"])
        np.copyto(drawn["target"], swapped, where=drawn["flipped"])
        return drawn

    def _cut(self, pairs: _Pairs, pool: int) -> list[NDArray[np.int64]]:
        """Sort by length, cut into batches (numbers of pairs), shuffle the batches."""
        rng = np.random.default_rng((self._seed, pool, 11))
        # A little noise keeps equal lengths from always meeting the same neighbours.
        jitter = rng.random(len(pairs))
        order = np.lexsort((pairs["target"] + jitter, np.maximum(pairs["source"], pairs["target"])))
        sources = pairs["source"][order].tolist()
        targets = pairs["target"][order].tolist()
        edges = [0]
        widest_source = widest_target = 0
        for position, (source, target) in enumerate(zip(sources, targets, strict=True)):
            widest_source = max(widest_source, source)
            widest_target = max(widest_target, target)
            rows = position - edges[-1]
            # Room for the tag and both </s>.
            tokens = (rows + 1) * (widest_source + 2 + widest_target + 1)
            if rows and tokens > 2 * self._batch_tokens:
                edges.append(edges[-1] + (rows // ROW_MULTIPLE * ROW_MULTIPLE or rows))
                widest_source = max(sources[edges[-1] : position + 1])
                widest_target = max(targets[edges[-1] : position + 1])
        batches = np.split(order, edges[1:]) if len(order) else []
        return [batches[i] for i in rng.permutation(len(batches))]

    def _pad(self, pairs: _Pairs) -> Batch:
        eos, pad = self.vocabulary.eos, self.vocabulary.pad
        sources: list[list[int]] = []
        targets: list[list[int]] = []
        for number, row, flipped, _, _ in pairs.tolist():
            store = self._stores[number]
            source, target = (side.tolist() for side in store.sides(row))
            language = store.direction.target
            if flipped:
                source, target, language = target, source, store.direction.source
            tag = self.vocabulary.tags.get(language)
            sources.append([*([] if tag is None else [tag]), *source, eos])
            targets.append([*target, eos])
        return Batch(
            source=_padded(sources, pad),
            decoder_input=_padded([[pad, *target[:-1]] for target in targets], pad),
            target=_padded(targets, pad),
            tokens=sum(map(len, targets)),
        )


def _check_tags(store: TokenStore, vocabulary: Vocabulary) -> None:
    if not vocabulary.has_tags:
        return
    reverse = [store.direction.source] if store.both_ways else []
    for language in (store.direction.target, *reverse):
        if language not in vocabulary.tags:
            raise UnsupportedDirection(
                f"the model has no tag for {language.english_name}",
                hint="start from a model that translates into it, or from none",
            )


def _padded(rows: list[list[int]], pad: int) -> NDArray[np.int64]:
    """Lists of ids -> [rows x longest], filled up with padding."""
    out = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out
