"""Safetensors files, read with numpy alone: the header first, and all of it checked.

The library's own numpy reader knows no bfloat16, which numpy hasn't. Nothing is allocated that
isn't there: what the header says of sizes and places has to agree with the file.
"""

import itertools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mtpipe.errors import ModelCorrupt
from mtpipe.models.plain_files import ANOTHER_COPY, regular_size

MAX_HEADER_BYTES = 10_000_000
"""Of the header, in JSON; that of a Marian model has 20 to 100 kB."""

_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "U16": 2, "I16": 2, "F16": 2,
    "BF16": 2, "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
_READABLE = {"F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}
_NO_JSON = (json.JSONDecodeError, UnicodeDecodeError, RecursionError)
_MAX_DIMENSIONS = 8
_MAX_EXTENT = 1 << 40


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as the header describes it.

    Attributes:
        dtype: of its numbers, as in ``F16``.
        shape: its extents.
        begin: of its first byte, from the beginning of the file.
        end: of the byte behind its last.
    """

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file by their names.

    Raises:
        ModelCorrupt: it can't be read, or isn't what it says: cut off, tensors one over the other,
            of other sizes than their places.
    """
    size = regular_size(path)
    try:
        with path.open("rb") as stream:
            return _header(stream, size)
    except OSError as exc:
        raise ModelCorrupt(f"{path} can't be read: {exc.strerror}", hint=ANOTHER_COPY) from exc
    except (ValueError, RecursionError) as exc:
        reason = "its header is no JSON" if isinstance(exc, _NO_JSON) else str(exc)
        raise ModelCorrupt(f"{path} is no safetensors file: {reason}", hint=ANOTHER_COPY) from exc


def read_tensors(
    path: Path, header: Mapping[str, Tensor], names: Iterable[str]
) -> dict[str, NDArray[np.float32]]:
    """Some tensors of a file, in float32.

    Args:
        path: of the file.
        header: of the same.
        names: of tensors in it.

    Raises:
        ModelCorrupt: the file can't be read, or holds something else than finite numbers.
    """
    weights: dict[str, NDArray[np.float32]] = {}
    try:
        with path.open("rb") as stream:
            for name in names:
                weights[name] = _read(stream, header[name])
    except (OSError, ValueError) as exc:
        raise ModelCorrupt(f"{path}: {name} can't be read: {exc}", hint=ANOTHER_COPY) from exc
    return weights


def _header(stream: BinaryIO, size: int) -> dict[str, Tensor]:
    length = int.from_bytes(stream.read(8), "little")
    if size < 8 or length > size - 8:
        raise ValueError("it ends within its header")
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"its header has {length:,} bytes")
    start = 8 + length
    entries = json.loads(stream.read(length).decode(), object_pairs_hook=_without_repetition)
    if not isinstance(entries, dict):
        raise ValueError("its header isn't a table")
    entries.pop("__metadata__", None)
    header = {name: _tensor(name, entry, start) for name, entry in entries.items()}
    end = start
    for name, tensor in sorted(header.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != end:
            raise ValueError(f"{_short(name)} doesn't begin where the tensor before it ends")
        end = tensor.end
    if end != size:
        raise ValueError(f"it has {size:,} bytes, and its header speaks of {end:,}")
    return header


def _tensor(name: str, entry: Any, start: int) -> Tensor:
    described = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = (described.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(shape, list) or not isinstance(offsets, list) or len(offsets) != 2:
        raise ValueError(f"{_short(name)} has no shape or no place")
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise ValueError(f"{_short(name)} is of the kind {str(dtype)[:40]!r}")
    for number in (*shape, *offsets):
        if type(number) is not int or not 0 <= number <= _MAX_EXTENT:
            raise ValueError(f"{_short(name)} has a size or a place that can't be")
    begin, end = offsets
    tensor = Tensor(dtype, tuple(shape), start + begin, start + end)
    if len(shape) > _MAX_DIMENSIONS or tensor.size * _ITEM_BYTES[dtype] != end - begin:
        raise ValueError(f"{_short(name)} has another size than its place in the file")
    return tensor


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = sorted(name for name, _ in pairs)
        [twice, *_] = (one for one, other in itertools.pairwise(names) if one == other)
        raise ValueError(f"{_short(twice)} is there twice")
    return entries


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:80]}…"


def _read(stream: BinaryIO, tensor: Tensor) -> NDArray[np.float32]:
    if tensor.dtype not in _READABLE:
        raise ValueError(f"numbers of the kind {tensor.dtype} are no weights")
    stream.seek(tensor.begin)
    raw = np.fromfile(stream, _READABLE[tensor.dtype], tensor.size)
    if raw.size < tensor.size:
        raise ValueError("the file ends within it")
    if tensor.dtype == "BF16":  # the upper half of a float32
        values = (raw.astype(np.uint32) << 16).view(np.float32)
    else:
        with np.errstate(over="ignore"):
            values = raw.astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("it has values that aren't finite numbers")
    return values.reshape(tensor.shape)
