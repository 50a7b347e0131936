"""The default engine: CTranslate2 (Klein et al. 2020), int8 on a CPU, float16 on a GPU."""

from pathlib import Path
from typing import Any

from mtpipe.engines.base import Decoded, DecodingOptions, Pending, Tokens, map_engine_errors
from mtpipe.errors import ConfigError, ModelCorrupt


class CTranslateEngine:
    """A converted model, loaded.

    Args:
        directory: folder with model.bin.
        device: "cpu", "cuda" or "auto".
        threads: CPU threads; each decodes a batch of its own, which for models of this size is
            faster than several threads on one batch.
        compute_type: CTranslate2's name of the precision; by default that of the stored weights
            where the processor has it, else the fastest that it has.

    Raises:
        ConfigError: a GPU is asked for, and there is none.
        ModelCorrupt: the folder can't be loaded.
    """

    def __init__(
        self, directory: Path, *, device: str = "auto", threads: int, compute_type: str = "default"
    ) -> None:
        import ctranslate2

        if device == "cuda" and not ctranslate2.get_cuda_device_count():
            raise ConfigError("there is no GPU that CTranslate2 can use", hint="--device cpu")
        try:
            self._translator: Any = ctranslate2.Translator(
                str(directory),
                device=device,
                compute_type=compute_type,
                inter_threads=threads,
                intra_threads=1,
            )
        except (RuntimeError, ValueError) as exc:
            raise ModelCorrupt(
                f"CTranslate2 can't load {directory}: {exc}",
                hint="--device cpu" if "CUDA" in str(exc) else "mtpipe models check",
            ) from exc
        self._version: str = ctranslate2.__version__

    @property
    def signature(self) -> str:
        """Software, version, precision and device."""
        translator = self._translator
        return f"ctranslate2:{self._version}|{translator.compute_type}|{translator.device}"

    def submit(self, batch: list[Tokens], options: DecodingOptions) -> Pending:
        """Queue a batch for the translator's own threads."""
        limit = options.max_length(max(map(len, batch)))
        with map_engine_errors():
            futures: list[Any] = self._translator.translate_batch(
                batch,
                asynchronous=True,
                **search_arguments(options),
                max_decoding_length=limit,
                max_input_length=0,  # never truncated: long segments were split before
                disable_unk=True,
                return_scores=True,
            )
        return _Batch(futures, limit, options.length_penalty)

    def log_probs(self, sources: list[Tokens], targets: list[Tokens]) -> list[list[float]]:
        """Natural log-probabilities of each target's tokens, </s> last."""
        with map_engine_errors():
            results: list[Any] = self._translator.score_batch(
                sources, targets, max_batch_size=2_048, batch_type="tokens", max_input_length=0
            )
        return [list(result.log_probs) for result in results]


def search_arguments(options: DecodingOptions) -> dict[str, Any]:
    """The options as CTranslate2's ``translate_batch`` names them, but for the most tokens."""
    return {
        "beam_size": options.beam,
        "length_penalty": options.length_penalty,
        "repetition_penalty": options.repetition_penalty,
        "patience": options.patience,
        "no_repeat_ngram_size": options.no_repeat_ngram,
        "num_hypotheses": options.returned,
    }


class _Batch:
    def __init__(self, futures: list[Any], limit: int, length_penalty: float) -> None:
        self._futures = futures
        self._limit = limit
        self._length_penalty = length_penalty

    def result(self) -> list[Decoded]:
        with map_engine_errors():
            results = [future.result() for future in self._futures]
        return [self._decoded(result.hypotheses, result.scores) for result in results]

    def _decoded(self, hypotheses: list[Tokens], scores: list[float]) -> Decoded:
        return Decoded.of_search(
            Decoded(tokens, self._per_token(float(score), len(tokens)))
            for tokens, score in zip(hypotheses, scores, strict=True)
        )

    def _per_token(self, score: float, tokens: int) -> float:
        """CTranslate2 divides by the length to the power of the penalty, </s> counted."""
        counted = tokens + (tokens < self._limit)
        return float(score * counted ** (self._length_penalty - 1))
