"""The reference engine: transformers' MarianMTModel and its beam search, in float32 or fp16.

Slow, but the implementation that others compare with; needs the ``torch`` extra.
"""

from itertools import islice
from pathlib import Path
from typing import Any

from mtpipe._optional import require
from mtpipe.engines.base import Decoded, DecodingOptions, Pending, Tokens, map_engine_errors
from mtpipe.errors import ConfigError, ModelCorrupt


class TransformersEngine:
    """A Marian model in Hugging Face's layout, loaded.

    Args:
        directory: folder with config.json and model.safetensors.
        ids: token ids, from the model's vocab.json.
        target_tokens: tokens by id of the target side, where the vocabularies are separate.
        device: "cpu", "cuda" or "auto".
        threads: CPU threads for one batch.

    Raises:
        DependencyMissing: torch or transformers isn't installed.
        ConfigError: a GPU is asked for, and there is none.
        ModelCorrupt: the folder can't be loaded.
    """

    def __init__(
        self,
        directory: Path,
        ids: dict[str, int],
        *,
        target_tokens: dict[int, str] | None = None,
        device: str = "auto",
        threads: int,
    ) -> None:
        self._torch: Any = require("torch", extra="torch")
        transformers: Any = require("transformers", extra="torch")
        torch = self._torch
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        elif device == "cuda" and not torch.cuda.is_available():
            raise ConfigError("there is no GPU that torch can use", hint="--device cpu")
        torch.set_num_threads(threads)
        transformers.utils.logging.disable_progress_bar()
        try:
            self._model: Any = transformers.MarianMTModel.from_pretrained(
                directory,
                local_files_only=True,
                use_safetensors=True,
                dtype=torch.float16 if device == "cuda" else torch.float32,
            )
        except Exception as exc:
            # A config can ask for other packages, name attributes of torch's, and more.
            raise ModelCorrupt(
                f"transformers can't load {directory}: {exc}", hint="mtpipe models check"
            ) from exc
        self._model.to(device).eval()
        # The options of each call are complete; what a model's generation_config.json would add
        # (OPUS-MT's forces an </s> at the length limit, say) isn't the engines' common ground.
        self._model.generation_config = transformers.GenerationConfig()
        self._device = device
        self._version: str = transformers.__version__
        self._config = transformers.GenerationConfig
        self._ids = ids
        self._tokens = target_tokens or {index: token for token, index in ids.items()}

    @property
    def signature(self) -> str:
        """Software, version, precision and device."""
        dtype = str(self._model.dtype).removeprefix("torch.")
        return f"transformers:{self._version}|{dtype}|{self._device}"

    def submit(self, batch: list[Tokens], options: DecodingOptions) -> Pending:
        """Decode a batch at once."""
        torch = self._torch
        config = self._model.config
        pad, eos = config.pad_token_id, config.eos_token_id
        unk = self._ids["<unk>"]
        width = max(map(len, batch))
        rows = [[self._ids.get(token, unk) for token in row] for row in batch]
        padded = torch.tensor([row + [pad] * (width - len(row)) for row in rows])  # [rows x width]
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        generation = self._config(
            num_beams=options.beam,
            num_return_sequences=options.returned,
            length_penalty=options.length_penalty,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram,
            max_new_tokens=options.max_length(width),
            # CTranslate2's rule: stop as soon as there are as many finished hypotheses as beams.
            early_stopping=options.beam > 1 and options.patience == 1,
            bad_words_ids=[[pad], [unk]],
            decoder_start_token_id=config.decoder_start_token_id,
            pad_token_id=pad,
            eos_token_id=eos,
            output_scores=True,
            return_dict_in_generate=True,
        )
        with map_engine_errors(), torch.inference_mode():
            output = self._model.generate(
                input_ids=padded.to(self._device),
                attention_mask=mask.to(self._device),
                generation_config=generation,
            )
        # [rows * returned], those of a row together, the best first
        hypotheses = iter(self._read(output, eos=eos, pad=pad))
        return _Finished([Decoded.of_search(islice(hypotheses, options.returned)) for _ in batch])

    def _read(self, output: Any, *, eos: int, pad: int) -> list[Decoded]:
        steps = self._model.compute_transition_scores(
            output.sequences,
            output.scores,
            getattr(output, "beam_indices", None),
            normalize_logits=not hasattr(output, "beam_indices"),
        )
        hypotheses: list[Decoded] = []
        for sequence, scores in zip(output.sequences.tolist(), steps.tolist(), strict=True):
            # The first token starts the decoder; what follows </s> is padding.
            ids = sequence[1:]
            length = ids.index(eos) if eos in ids else len(ids)
            counted = scores[: length + 1]
            tokens = [self._tokens[index] for index in ids[:length] if index != pad]
            hypotheses.append(Decoded(tokens, sum(counted) / max(1, len(counted))))
        return hypotheses


class _Finished:
    def __init__(self, hypotheses: list[Decoded]) -> None:
        self._hypotheses = hypotheses

    def result(self) -> list[Decoded]:
        return self._hypotheses
