"""What an engine is: batches of tokens in, the best hypothesis of each out.

An engine knows nothing of text, languages or tags (:mod:`mtpipe.engines.tokenizer` does), nor of
the order in which batches are best made (:mod:`mtpipe.engines.batching`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from mtpipe.errors import ConfigError, EngineError, OutOfMemory

Tokens = list[str]


class EngineName(StrEnum):
    """The engines that there are."""

    CTRANSLATE2 = "ctranslate2"
    TRANSFORMERS = "transformers"


@dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """How the best translation is searched for; the same for every engine.

    Both libraries have defaults of their own (a beam of 2 in CTranslate2, of 4 or 6 in OPUS-MT's
    generation_config.json); mtpipe states its own and passes them on.

    Attributes:
        beam: hypotheses kept at each step; 1 is greedy search.
        length_penalty: exponent of the length by which a hypothesis' score is divided; 1 gives way
            to what a model states as its own.
        max_ratio: most target tokens per source token ...
        max_extra: ... and that many more, after which decoding is cut off.
        no_repeat_ngram: no sequence of that many tokens comes twice in one output; 0 allows all.
    """

    beam: int = 4
    length_penalty: float = 1.0
    max_ratio: float = 2.5
    max_extra: int = 20
    no_repeat_ngram: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.beam <= 64:
            raise ConfigError(f"a beam is 1 to 64 hypotheses wide, not {self.beam}")

    def max_length(self, source_tokens: int) -> int:
        """Most target tokens for a source of that many tokens."""
        return min(500, int(source_tokens * self.max_ratio) + self.max_extra)

    def __str__(self) -> str:
        no_repeat = f"|no_repeat_ngram:{self.no_repeat_ngram}" if self.no_repeat_ngram else ""
        return f"beam:{self.beam}|length_penalty:{self.length_penalty:g}{no_repeat}"


@dataclass(frozen=True, slots=True)
class Decoded:
    """One hypothesis in tokens.

    Attributes:
        tokens: without </s>.
        score: natural log-probability divided by the number of tokens, </s> counted.
    """

    tokens: Tokens
    score: float


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
    """An engine that can tell how probable given translations are."""

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
    except (RuntimeError, ValueError) as exc:
        if "memory" in str(exc).lower() or "alloc" in str(exc).lower():
            raise OutOfMemory(f"the engine ran out of memory: {exc}", hint=_LESS_MEMORY) from exc
        raise EngineError(f"the engine failed: {exc}") from exc


_LESS_MEMORY = "try a smaller --beam, or MTPIPE_THREADS=1"
