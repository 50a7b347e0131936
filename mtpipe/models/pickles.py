"""PyTorch's pickled weights to safetensors, without running what a pickle may contain."""

from pathlib import Path
from typing import Any

import numpy as np

from mtpipe._optional import require
from mtpipe.errors import ModelCorrupt
from mtpipe.models.convert import sinusoids

_SHARED = "model.shared.weight"
_DECODER = "model.decoder.embed_tokens.weight"
_POSITIONS = ("model.encoder.embed_positions.weight", "model.decoder.embed_positions.weight")
_TIED = ("model.encoder.embed_tokens.weight", _DECODER, "lm_head.weight")


def pickle_to_safetensors(source: Path, destination: Path) -> None:
    """Rewrite a Marian model's ``pytorch_model.bin`` as ``model.safetensors``.

    Torch's restricted unpickler knows tensors and containers only; anything else in the file is
    an error, not a call. Embedding tables that are copies of the shared one are left out, and so
    are tables of positions, unless they are others than Marian's sinusoids.

    Args:
        source: the pickle; stays where it is.
        destination: the file to write.

    Raises:
        DependencyMissing: torch isn't installed.
        ModelCorrupt: the pickle holds something else than named tensors.
    """
    torch = require("torch", extra="torch")
    from safetensors.torch import save_file  # noqa: PLC0415

    try:
        state: Any = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as exc:
        reason = (str(exc).splitlines() or [type(exc).__name__])[0]
        raise ModelCorrupt(
            f"{source.name} isn't a plain file of weights and was not loaded: {reason}",
            hint="ask its authors for safetensors, or look for another revision that has them",
        ) from exc
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items()
    ):
        raise ModelCorrupt(f"{source.name} holds something else than named tensors")
    original = state.get(_SHARED, state.get(_DECODER))
    copies = {
        name
        for name in _TIED
        if name in state
        and original is not None
        and (name != _DECODER or _SHARED in state)
        and torch.equal(state[name], original)
    }
    # Safetensors refuses tensors that share memory, which is how torch saves tied ones.
    weights = {
        name: value.detach().clone().contiguous()
        for name, value in state.items()
        if name not in copies and not (name in _POSITIONS and _are_sinusoids(value))
    }
    save_file(weights, destination, metadata={"format": "pt"})


def _are_sinusoids(table: Any) -> bool:
    """Whether a table, [positions x width], is what Marian computes, to the precision of fp16."""
    return table.ndim == 2 and np.allclose(
        table.float().numpy(), sinusoids(*table.shape), atol=2e-3
    )
