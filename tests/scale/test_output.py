"""The same rows are always the same bytes."""

import gzip
import io
import json
from typing import Any

import pytest

from mtpipe.scale.output import Form, encoded

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = [{"id": f"ü{n}", "parts": [{"text": "x" * n}]} for n in range(50)]
PART = pa.struct([("text", pa.string()), ("more", pa.int32())])
SCHEMA = pa.schema([("id", pa.string()), ("parts", pa.list_(PART))])


def decoded(data: bytes, form: Form) -> list[dict[str, Any]]:
    if form is Form.PARQUET:
        return parquet.read_table(io.BytesIO(data)).to_pylist()  # type: ignore[no-any-return]
    if form is Form.JSONL_GZ:
        data = gzip.decompress(data)
    elif form is Form.JSONL_ZST:
        data = pa.input_stream(io.BytesIO(data), compression="zstd").read()
    return [json.loads(line) for line in data.splitlines()]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("rows", [[], ROWS], ids=["none", "some"])
def test_rows_come_back_and_the_bytes_are_the_same(
    form: Form, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(rows, form, SCHEMA)
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert encoded(rows, form, SCHEMA) == data
    expected = rows
    if form is Form.PARQUET:
        expected = [{**r, "parts": [{"more": None, **p} for p in r["parts"]]} for r in rows]
    assert decoded(data, form) == expected


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "a", "new": 1}, "no field new"),
        ({"id": "a", "parts": [{"text": "a"}, {"new": 1}]}, "no field parts.new"),
        ({"id": 5, "parts": []}, "don't fit"),
    ],
)
def test_nothing_is_dropped_in_silence(row: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        encoded([row], Form.PARQUET, SCHEMA)


def test_half_a_surrogate_pair_ends_nothing() -> None:
    assert b'{"id": "?"}' in encoded([{"id": "\ud800"}], Form.JSONL)
