"""PyTorch's pickled weights to safetensors, without running what a pickle may contain."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile, is_zipfile

import numpy as np

from mtpipe._optional import require
from mtpipe.errors import ModelCorrupt
from mtpipe.models.convert import sinusoids

_SHARED = "model.shared.weight"
_DECODER = "model.decoder.embed_tokens.weight"
_POSITIONS = ("model.encoder.embed_positions.weight", "model.decoder.embed_positions.weight")
_OUTPUT = "lm_head.weight"
_TIED = ("model.encoder.embed_tokens.weight", _DECODER, _OUTPUT)

_INSTEAD = "ask its authors for safetensors, or look for another revision that has them"
_MAX_GROWTH = 3
"""Times the size of the file: tables that several names share are written several times."""


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

    _check_archive(source)
    try:
        state: Any = torch.load(source, map_location="cpu", weights_only=True)
    except UnpicklingError as exc:
        # What torch says here is how to load it all the same.
        raise _refused(source, "it holds more than weights, which may be code") from exc
    except Exception as exc:
        raise _refused(source, "it is damaged, or no file of torch's") from exc
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items()
    ):
        raise ModelCorrupt(f"{source.name} holds something else than named tensors", hint=_INSTEAD)
    most_bytes = source.stat().st_size
    for name, value in state.items():
        if not _is_plain(torch, value, most_bytes):
            raise _refused(source, f"{name[:80]!r} isn't an ordinary table of weights")
    shared = state.get(_SHARED)
    original = state.get(_DECODER) if shared is None else shared
    copies = {
        name
        for name in (_TIED if shared is not None else (_OUTPUT,))
        if name in state and original is not None and torch.equal(state[name], original)
    }
    # Safetensors refuses tensors that share memory, which is how torch saves tied ones.
    kept = {
        name: value
        for name, value in state.items()
        if name not in copies and not (name in _POSITIONS and _are_sinusoids(value))
    }
    if sum(value.nbytes for value in kept.values()) > _MAX_GROWTH * most_bytes:
        raise _refused(source, "its tensors are many times as large as the file")
    weights = {name: value.detach().clone().contiguous() for name, value in kept.items()}
    save_file(weights, destination, metadata={"format": "pt"})


def _refused(source: Path, reason: str) -> ModelCorrupt:
    return ModelCorrupt(f"{source.name} was not loaded: {reason}", hint=_INSTEAD)


def _check_archive(source: Path) -> None:
    """See that torch's container, a zip file without compression, isn't a bomb."""
    if not is_zipfile(source):
        return  # the format before
    try:
        with ZipFile(source) as archive:
            entries = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError) as exc:
        raise _refused(source, "it is damaged") from exc
    if any(entry.compress_type != ZIP_STORED for entry in entries):
        raise _refused(source, "its parts are compressed, which torch's never are")


def _is_plain(torch: Any, value: Any, most_bytes: int) -> bool:
    """Whether a tensor has numbers, all of which are in the file."""
    return (
        value.layout is torch.strided
        and value.device.type == "cpu"
        and (value.is_floating_point() or value.dtype in (torch.int64, torch.int32, torch.uint8))
        and value.nbytes <= min(value.untyped_storage().nbytes(), most_bytes)
    )


def _are_sinusoids(table: Any) -> bool:
    """Whether a table, [positions x width], is what Marian computes, to the precision of fp16."""
    return table.ndim == 2 and np.allclose(
        table.float().numpy(), sinusoids(*table.shape), atol=2e-3
    )
