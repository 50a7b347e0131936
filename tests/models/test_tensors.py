"""Safetensors by our own reader, against the library's."""

import json
import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save, save_file

from mtpipe.errors import ModelCorrupt
from mtpipe.models.tensors import read_header, read_tensors


def read(path: Path) -> dict[str, np.ndarray]:
    header = read_header(path)
    return read_tensors(path, header, header)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_same_as_the_library(dtype: type, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    shapes = {"a": (3, 5), "b": (7,), "none": (0, 4), "one": (1, 1, 1), "scalar": ()}
    values = {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
    save_file({**values, "c": rng.normal(size=9)}, tmp_path / "x", metadata={"format": "pt"})
    found = read(tmp_path / "x")
    for name, value in load_file(tmp_path / "x").items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], value.astype(np.float32), strict=True)


def test_bfloat16_is_the_upper_half_of_float32(tmp_path: Path) -> None:
    # 1, -2.5, the smallest normal number, and 3.140625, the nearest to pi
    raw = struct.pack("<4H", 0x3F80, 0xC020, 0x0080, 0x4049)
    entry = {"pi": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}
    text = json.dumps(entry).encode()
    (tmp_path / "x").write_bytes(struct.pack("<Q", len(text)) + text + raw)
    assert read(tmp_path / "x")["pi"].tolist() == [[1.0, -2.5], [2.0**-126, 3.140625]]


def test_bfloat16_as_torch_writes_it(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    values = torch.randn(50, 7).to(torch.bfloat16)
    save_torch({"x": values}, tmp_path / "x")
    np.testing.assert_array_equal(read(tmp_path / "x")["x"], values.float().numpy())


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_other_byte_is_an_error_or_another_number(data: st.DataObject) -> None:
    whole = bytearray(save({"a": np.ones((2, 3), np.float32), "b": np.zeros(4, np.float16)}))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(whole)) | st.just(len(whole)))
    with TemporaryDirectory() as directory:
        path = Path(directory) / "x"
        path.write_bytes(whole[:end])
        try:
            found = read(path)
        except ModelCorrupt:
            return
    assert sum(value.nbytes for value in found.values()) <= 4 * len(whole)
