"""Marian models as torch has them: made afresh, loaded from a folder, saved to one."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn
from transformers import GenerationConfig, MarianConfig, MarianMTModel
from transformers.models.marian.modeling_marian import (
    MarianDecoder,
    MarianDecoderLayer,
    MarianEncoder,
    MarianEncoderLayer,
    MarianSinusoidalPositionalEmbedding,
)
from transformers.utils import logging as transformers_logging

from mtpipe.errors import ModelCorrupt
from mtpipe.training.settings import Architecture

MAX_POSITIONS = 512
"""Tokens of a segment that a new model has positions for, as in OPUS-MT's models."""


def new_model(architecture: Architecture, vocabulary_size: int, **changes: object) -> MarianMTModel:
    """A Marian transformer with fresh weights.

    Args:
        architecture: its sizes.
        vocabulary_size: all tokens; <pad> is the last id, </s> the first.
        changes: entries of config.json that are to be others than a Marian model's usual ones.
    """
    pad = vocabulary_size - 1
    entries: dict[str, object] = {
        "vocab_size": vocabulary_size,
        "d_model": architecture.d_model,
        "encoder_layers": architecture.encoder_layers,
        "decoder_layers": architecture.decoder_layers,
        "encoder_attention_heads": architecture.heads,
        "decoder_attention_heads": architecture.heads,
        "encoder_ffn_dim": architecture.ffn_dim,
        "decoder_ffn_dim": architecture.ffn_dim,
        "max_position_embeddings": MAX_POSITIONS,
        "activation_function": "relu",
        "scale_embedding": True,
        # Unit variance after the scaling by sqrt(d_model), as in Vaswani et al. 2017.
        "init_std": architecture.d_model**-0.5,
        "pad_token_id": pad,
        "eos_token_id": 0,
        "forced_eos_token_id": 0,
        "decoder_start_token_id": pad,
        **changes,
    }
    config = MarianConfig(**entries)
    model = MarianMTModel(config)
    for parameter in matrices(model).values():
        nn.init.xavier_uniform_(parameter)
    model.generation_config = GenerationConfig(
        pad_token_id=pad,
        eos_token_id=0,
        forced_eos_token_id=0,
        decoder_start_token_id=pad,
        # <pad> only starts the decoder; as an output it would be an empty vote.
        bad_words_ids=[[pad]],
        num_beams=4,
        max_length=config.max_position_embeddings,
    )
    return model


def load_model(directory: Path) -> MarianMTModel:
    """Load a Marian model in float32, from safetensors only.

    Raises:
        ModelCorrupt: the folder holds no Marian model, or weights are missing.
    """
    try:
        with _quiet_transformers():
            model, found = MarianMTModel.from_pretrained(
                directory,
                dtype=torch.float32,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
            )
    except Exception as exc:
        # A config can ask for other packages, name attributes of torch's, and more.
        raise ModelCorrupt(f"the model in {directory} can't be loaded: {exc}") from exc
    if lacking := {*found["missing_keys"], *map(str, found["mismatched_keys"])}:
        raise ModelCorrupt(
            f"the model in {directory} lacks weights: {', '.join(sorted(lacking)[:3])}"
        )
    for module in model.modules():
        # Loading makes new tables, and forgets that they aren't trained.
        if isinstance(module, MarianSinusoidalPositionalEmbedding):
            module.weight.requires_grad_(False)
    return model


def save_model(model: MarianMTModel, directory: Path) -> None:
    """Write config.json, generation_config.json and model.safetensors, the weights in float16.

    Written here and not by ``save_pretrained``, which writes the model's own dtype. Tied weights
    are stored once, position tables only where they were learnt: sinusoids are computed, as in
    every Marian repository.
    """
    state: dict[str, Tensor] = {}
    seen: set[int] = set()
    left_out = {
        f"{name}.weight"
        for name, module in model.named_modules()
        if isinstance(module, MarianSinusoidalPositionalEmbedding) and not _is_learnt(module)
    }
    for name, value in model.state_dict().items():
        # The first name of a tied weight is the one that the others are tied to.
        if name not in left_out and value.data_ptr() not in seen:
            seen.add(value.data_ptr())
            state[name] = value.detach().to("cpu", torch.float16).contiguous()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.safetensors").write_bytes(save(state, metadata={"format": "pt"}))
    config = copy.deepcopy(model.config)
    config.dtype = "float16"
    config.architectures = ["MarianMTModel"]
    config.save_pretrained(directory)
    model.generation_config.save_pretrained(directory)


def _is_learnt(table: MarianSinusoidalPositionalEmbedding) -> bool:
    """Whether a position table is another than the sinusoids that Marian computes."""
    return not torch.allclose(table.weight.detach().cpu(), table.create_weight(), atol=1e-3)


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """Parameters by name: tied ones once, frozen position tables not at all."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def matrices(model: nn.Module) -> dict[str, nn.Parameter]:
    """The weight matrices inside the layers: all that is 2-dimensional but the embeddings."""
    return {n: p for n, p in trainable(model).items() if p.ndim == 2 and ".layers." in n}


def set_dropout(model: MarianMTModel, probability: float) -> None:
    """Set the dropout between the layers, for this process only: the config keeps its own."""
    kinds = (MarianEncoder, MarianDecoder, MarianEncoderLayer, MarianDecoderLayer)
    for module in model.modules():
        if isinstance(module, kinds):
            module.dropout = probability


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """No progress bars and no advice on standard error."""
    verbosity = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
