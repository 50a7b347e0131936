"""What an engine is: batches of tokens in, the best hypotheses of each out.

An engine knows nothing of text, languages or tags (:mod:`mtpipe.engines.tokenizer` does), nor of
the order in which batches are best made (:mod:`mtpipe.engines.batching`).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from mtpipe.errors import ConfigError, EngineError, OutOfMemory

Tokens = list[str]


@dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """How the best translation is searched for; the same for every engine.

    Both libraries have defaults of their own (a beam of 2 in CTranslate2, of 4 or 6 in OPUS-MT's
    generation_config.json); mtpipe states its own and passes them on.

    Attributes:
        beam: hypotheses kept at each step; 1 is greedy search.
        length_penalty: exponent of the length by which a hypothesis' score is divided; this and
            the next two give way to what a model states as its own, unless they are set.
        repetition_penalty: what tokens that are there already lose: their scores are divided (if
            negative, multiplied) by it; 1 for nothing. CTranslate2 takes the logits for scores,
            transformers their log-softmax, so that the same figure does less there.
        patience: the search ends when so many times as many hypotheses as the beam is wide are
            finished; with any above 1, transformers ends it where no better one is in sight.
        max_ratio: most target tokens per source token ...
        max_extra: ... and that many more, after which decoding is cut off.
        no_repeat_ngram: no sequence of that many tokens comes twice in one output; 0 allows all.
        nbest: hypotheses that come back, at most as many as the beam is wide.
    """

    beam: int = 4
    length_penalty: float = 1.0
    repetition_penalty: float = 1.0
    patience: float = 1.0
    max_ratio: float = 2.5
    max_extra: int = 20
    no_repeat_ngram: int = 0
    nbest: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.beam <= 64:
            raise ConfigError(f"a beam is 1 to 64 hypotheses wide, not {self.beam}")

    def max_length(self, source_tokens: int) -> int:
        """Most target tokens for a source of that many tokens."""
        return min(500, int(source_tokens * self.max_ratio) + self.max_extra)

    @property
    def returned(self) -> int:
        """Hypotheses that come back of each search."""
        return min(self.nbest, self.beam)

    def __str__(self) -> str:
        parts = [f"beam:{self.beam}", f"length_penalty:{self.length_penalty:g}"]
        if self.repetition_penalty != 1:
            parts.append(f"repetition_penalty:{self.repetition_penalty:g}")
        if self.patience != 1:
            parts.append(f"patience:{self.patience:g}")
        if self.no_repeat_ngram:
            parts.append(f"no_repeat_ngram:{self.no_repeat_ngram}")
        return "|".join(parts)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One hypothesis in tokens.

    Attributes:
        tokens: without </s>.
        score: natural log-probability divided by the number of tokens, </s> counted.
        others: the next best of the same search, if they were asked for.
    """

    tokens: Tokens
    score: float
    others: tuple["Decoded", ...] = ()

    @classmethod
    def of_search(cls, hypotheses: "Iterable[Decoded]") -> "Decoded":
        """The best of a search's hypotheses with the others, which come after it."""
        first, *others = hypotheses
        return replace(first, others=tuple(others))


class Pending(Protocol):
    """A batch that is being decoded."""

    def result(self) -> list[Decoded]:
        """Wait for the batch; hypotheses in the order of its rows.

        Raises:
            EngineError: decoding failed.
        """
        ...


class Engine(Protocol):
    """Software with a model loaded."""

    @property
    def signature(self) -> str:
        """Software, version, precision and device, as in ``ctranslate2:4.8.5|int8|cpu``."""
        ...

    def submit(self, batch: list[Tokens], options: DecodingOptions) -> Pending:
        """Start decoding a batch, in the background where the engine can.

        Args:
            batch: rows of tokens, with tag and </s>, of about the same length.
            options: of the search.
        """
        ...


@runtime_checkable
class RatingEngine(Protocol):
    """An engine that rates how probable given translations are."""

    def log_probs(self, sources: list[Tokens], targets: list[Tokens]) -> list[list[float]]:
        """Natural log-probabilities of each target's tokens, </s> last.

        Args:
            sources: rows of tokens, with tag and </s>, in any order.
            targets: their translations, without </s>.
        """
        ...


@contextmanager
def map_engine_errors() -> Iterator[None]:
    """Turn what the libraries raise while decoding into mtpipe's errors."""
    try:
        yield
    except MemoryError as exc:
        raise OutOfMemory("the engine ran out of memory", hint=_LESS_MEMORY) from exc
    except (RuntimeError, ValueError, IndexError) as exc:
        if "memory" in str(exc).lower() or "alloc" in str(exc).lower():
            raise OutOfMemory(f"the engine ran out of memory: {exc}", hint=_LESS_MEMORY) from exc
        raise EngineError(f"the engine failed: {exc}") from exc


_LESS_MEMORY = "try a smaller --beam, or MTPIPE_THREADS=1"
