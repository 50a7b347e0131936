"""Forced decoding with numpy alone: how a Marian model expects a given text, token by token.

CTranslate2 says how probable the tokens are that stand there, not how probable those would have
been that the model expected in their place; that needs the whole distribution of every step. Not
for translating.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe import blas
from mtpipe.engines.base import Tokens
from mtpipe.engines.tokenizer import EOS, PAD, UNK
from mtpipe.errors import ModelCorrupt

Matrix = NDArray[np.float32]
Ids = NDArray[np.int64]

_TOGETHER = 32
"""Sentences at a time: twice as fast as one by one, and in some megabytes."""

_PROJECTED_TOGETHER = 128
"""Places that get a logit for each token at a time: twelve megabytes, however long sentences are."""

_READ_TOGETHER = 8
"""Places whose distributions are read at a time: so many stay in the processor's cache."""

_REMEMBERED = 128
"""Source sentences whose encoding is kept: several candidates are often compared with one original."""

_EPSILON = 1e-5  # of layer normalisation, as in torch

_ERROR_FUNCTION = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


def _swish(states: Matrix) -> Matrix:
    gated: Matrix = states / (1 + np.exp(-states))
    return gated


def _gelu(states: Matrix) -> Matrix:
    """``x * Phi(x)``, the error function by Abramowitz and Stegun's 7.1.26 (right to 2e-7).

    That is ``max(x, 0) - |x| * tail``, where ``tail`` is what a normal distribution has beyond ``|x|``.
    """
    size: Matrix = np.abs(states)
    scaled = size * np.float32(0.5**0.5)
    step = scaled * np.float32(0.3275911)
    step += 1
    np.reciprocal(step, out=step)
    first, *others = _ERROR_FUNCTION
    tail = step * np.float32(first / 2)
    for coefficient in others:
        tail += np.float32(coefficient / 2)
        tail *= step
    scaled *= -scaled
    tail *= np.exp(scaled, out=scaled)
    tail *= size
    product: Matrix = np.maximum(states, 0)
    product -= tail
    return product


_ACTIVATIONS: Mapping[str, Callable[[Matrix], Matrix]] = {
    "relu": lambda states: np.maximum(states, 0),
    "swish": _swish,
    "silu": _swish,
    "gelu": _gelu,
}


@dataclass(frozen=True, slots=True)
class Forced:
    """A text as a model expects it.

    Attributes:
        tokens: that were rated, </s> last.
        log_probs: natural log-probability of each, shape (tokens,).
        expected: what the model expects that to be, before it sees the token: the mean of the
            log-probabilities of all tokens in its place, weighted by their probability (the
            negative entropy), same shape.
        is_first_choice: whether no other token is likelier there, same shape.
    """

    tokens: Tokens
    log_probs: Matrix
    expected: Matrix
    is_first_choice: NDArray[np.bool_]


class ForcedDecoder:
    """A Marian model's weights, ready to rate; any number of threads may share them.

    Args:
        config: the model's config.json.
        weights: float32, by their names in Hugging Face's layout; source and target share a
            vocabulary.
        positions: the position encodings of "encoder" and "decoder", shape (positions, width).
        ids: token ids, from the model's vocab.json.

    Raises:
        ModelCorrupt: something is missing, or of another shape or kind.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        weights: Mapping[str, Matrix],
        positions: Mapping[str, Matrix],
        ids: Mapping[str, int],
    ) -> None:
        self._weights = weights
        self._positions = positions
        self._ids = ids
        self._memories: dict[bytes, Matrix] = {}
        self._turn = Lock()
        try:
            self._heads = int(config["encoder_attention_heads"])
            self._layers = int(config["encoder_layers"]), int(config["decoder_layers"])
            self._activate = _ACTIVATIONS[config["activation_function"]]
            width = int(config["d_model"])
            self._scale = np.float32(width**0.5 if config.get("scale_embedding") else 1.0)
            shared = weights.get("model.shared.weight")
            source, target = (
                weights.get(f"model.{side}.embed_tokens.weight", shared)
                for side in ("encoder", "decoder")
            )
            if source is None or target is None:
                raise KeyError("model.shared.weight")
            self._source_table, self._target_table = source, target
            output = weights.get("lm_head.weight", target)
            # <pad> can't be generated.
            size = ids.get(PAD, len(ids))
            self._projection = np.ascontiguousarray(output[:size].T)
            self._bias = weights["final_logits_bias"].reshape(-1)[:size]
            self.rate([[UNK, EOS]], [[UNK]])
        except (KeyError, ValueError, TypeError, IndexError) as exc:
            raise ModelCorrupt(
                f"this is no Marian model that can rate texts: {exc!r}", hint="mtpipe models check"
            ) from exc

    def rate(self, sources: Sequence[Tokens], targets: Sequence[Tokens]) -> list[Forced]:
        """Rate translations.

        Args:
            sources: tokens, with tag and </s>.
            targets: those of their translations, without </s>.
        """
        pairs = [(source, [*target, EOS]) for source, target in zip(sources, targets, strict=True)]
        order = sorted(range(len(pairs)), key=lambda n: -len(pairs[n][0]) - len(pairs[n][1]))
        # As long as each other, so that no thread waits for the others.
        count = max(blas.threads(), -(-len(pairs) // _TOGETHER))
        batches = [order[start::count] for start in range(min(count, len(order)))]
        rated = blas.spread(lambda batch: self._rate([pairs[n] for n in batch]), batches)
        by_place = dict(zip(chain(*batches), chain(*rated), strict=True))
        return [by_place[place] for place in range(len(pairs))]

    def _rate(self, pairs: Sequence[tuple[Tokens, Tokens]]) -> list[Forced]:
        sources, targets = zip(*pairs, strict=True)
        src, tgt = ([self._ids_of(tokens) for tokens in side] for side in (sources, targets))
        target = _Packed.of(tgt)
        states = self._decode(target, self._encoded(src), _Packed.of(src))
        log_probs, expected, is_first_choice = self._read(states, target.ids)
        return [
            Forced(tokens, log_probs[own], expected[own], is_first_choice[own])
            for own, tokens in zip(target.spans, targets, strict=True)
        ]

    def _read(self, states: Matrix, ids: Ids) -> tuple[Matrix, Matrix, NDArray[np.bool_]]:
        """What :class:`Forced` has, of all tokens of a batch."""
        parts = []
        for start in range(0, len(ids), _PROJECTED_TOGETHER):
            own = ids[start : start + _PROJECTED_TOGETHER]
            logits = states[start : start + _PROJECTED_TOGETHER] @ self._projection
            logits += self._bias  # [tokens x vocabulary]
            parts += [
                _rated(logits[at : at + _READ_TOGETHER], own[at : at + _READ_TOGETHER])
                for at in range(0, len(own), _READ_TOGETHER)
            ]
        log_probs, expected, is_first_choice = zip(*parts, strict=True)
        return (
            np.concatenate(log_probs),
            np.concatenate(expected),
            np.concatenate(is_first_choice),
        )

    def _ids_of(self, tokens: Tokens) -> Ids:
        unknown = self._ids[UNK]
        return np.array([self._ids.get(token, unknown) for token in tokens], np.int64)

    def _encoded(self, sources: Sequence[Ids]) -> Matrix:
        """Encoder states of sentences, one after the other; the last ones are remembered."""
        by_key = {ids.tobytes(): ids for ids in sources}
        memories = self._memories
        if new := {key: ids for key, ids in by_key.items() if key not in memories}:
            packed = _Packed.of(new.values())
            states = self._encode(packed)
            found = {key: states[own] for key, own in zip(new, packed.spans, strict=True)}
            memories = memories | found
            with self._turn:  # another thread may have added others meanwhile
                kept = self._memories | found
                self._memories = dict(list(kept.items())[-_REMEMBERED:])
        return np.concatenate([memories[ids.tobytes()] for ids in sources])

    def _encode(self, source: "_Packed") -> Matrix:
        states: Matrix = self._source_table[source.ids] * self._scale
        states += self._positions["encoder"][source.places]
        for number in range(self._layers[0]):
            name = f"model.encoder.layers.{number}"
            states = self._attend(states, states, source.spans, source.spans, f"{name}.self_attn")
            states = self._feed_forward(states, name)
        return states

    def _decode(self, target: "_Packed", memory: Matrix, source: "_Packed") -> Matrix:
        """States from which each of the tokens is predicted, shape (tokens, width)."""
        before = np.roll(target.ids, 1)
        states: Matrix = self._target_table[before] * self._scale
        states[target.places == 0] = 0  # there is nothing before the first
        states += self._positions["decoder"][target.places]
        for number in range(self._layers[1]):
            name = f"model.decoder.layers.{number}"
            own = target.spans
            states = self._attend(states, states, own, own, f"{name}.self_attn", causal=True)
            states = self._attend(states, memory, own, source.spans, f"{name}.encoder_attn")
            states = self._feed_forward(states, name)
        return states

    def _attend(
        self,
        states: Matrix,
        memory: Matrix,
        queries: Sequence[slice],
        keys: Sequence[slice],
        name: str,
        *,
        causal: bool = False,
    ) -> Matrix:
        """One layer of attention with what stands around it: [tokens x width], both ways.

        Args:
            states: that attend, all sentences one after the other.
            memory: what they attend to, likewise.
            queries: sentences of the states.
            keys: sentences of the memory.
            name: of the layer.
            causal: whether only what comes before is seen.
        """
        query, key, value = (
            # [tokens x width] -> [heads x tokens x width of a head]
            self._linear(given, f"{name}.{part}_proj")
            .reshape(len(given), self._heads, -1)
            .transpose(1, 0, 2)
            for given, part in ((states, "q"), (memory, "k"), (memory, "v"))
        )
        query = query / np.float32(query.shape[2] ** 0.5)
        mixed = np.empty_like(states)
        for own, other in zip(queries, keys, strict=True):
            scores = query[:, own] @ key[:, other].transpose(0, 2, 1)  # [heads x own x other]
            if causal:
                scores += np.triu(np.full(scores.shape[1:], -np.inf, np.float32), 1)
            scores = np.exp(scores - scores.max(axis=2, keepdims=True))
            scores /= scores.sum(axis=2, keepdims=True)
            mixed[own] = (scores @ value[:, other]).transpose(1, 0, 2).reshape(mixed[own].shape)
        return self._normalise(
            states + self._linear(mixed, f"{name}.out_proj"), f"{name}_layer_norm"
        )

    def _feed_forward(self, states: Matrix, name: str) -> Matrix:
        inner = self._activate(self._linear(states, f"{name}.fc1"))
        return self._normalise(
            states + self._linear(inner, f"{name}.fc2"), f"{name}.final_layer_norm"
        )

    def _linear(self, states: Matrix, name: str) -> Matrix:
        product: Matrix = states @ self._weights[f"{name}.weight"].T
        product += self._weights[f"{name}.bias"]
        return product

    def _normalise(self, states: Matrix, name: str) -> Matrix:
        centered = states - states.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centered**2).mean(axis=1, keepdims=True) + _EPSILON)
        scaled: Matrix = centered / deviation * self._weights[f"{name}.weight"]
        scaled += self._weights[f"{name}.bias"]
        return scaled


def _rated(logits: Matrix, ids: Ids) -> tuple[Matrix, Matrix, NDArray[np.bool_]]:
    """What :class:`Forced` has, of some tokens; the logits are overwritten."""
    logits -= logits.max(axis=1, keepdims=True)
    chances = np.exp(logits)
    total = chances.sum(axis=1)
    log_total = np.log(total)
    own = logits[np.arange(len(ids)), ids]
    expected = np.einsum("tv,tv->t", chances, logits) / total - log_total
    return own - log_total, expected, own >= 0


@dataclass(frozen=True, slots=True)
class _Packed:
    """Sentences one after the other, without padding.

    Attributes:
        ids: of their tokens, shape (tokens,).
        places: of each token in its sentence, same shape.
        spans: where each sentence is.
    """

    ids: Ids
    places: Ids
    spans: Sequence[slice]

    @classmethod
    def of(cls, sentences: Iterable[Ids]) -> "_Packed":
        rows = list(sentences)
        ends = np.cumsum([len(row) for row in rows]).tolist()
        spans = [slice(end - len(row), end) for row, end in zip(rows, ends, strict=True)]
        places = np.concatenate([np.arange(len(row)) for row in rows])
        return cls(np.concatenate(rows), places, spans)
