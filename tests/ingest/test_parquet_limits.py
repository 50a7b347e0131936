"""Parquet files that are small and would become large, and honest ones of the same shapes."""

import io
import random
import tracemalloc

import pytest

from mtpipe.errors import InputError
from mtpipe.ingest.parquet_limits import plan_of, row_bytes
from mtpipe.ingest.tables import parquet_records
from mtpipe.ingest.thrift import read_struct

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
LIMIT = 100_000
SENTENCES = ("Die Brücke ist offen. ", "The bridge is open. ", "Le pont est ouvert. ")


def written(table, **options):
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    stream.seek(0)
    return stream


def repeated(value, times):
    return pa.DictionaryArray.from_arrays(np.zeros(times, np.int32), pa.array([value]))


def one_list(values):
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


def records(stream, max_bytes=LIMIT):
    return [record for _, record in parquet_records(stream, max_bytes=max_bytes)]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param({"text": repeated("Ein Satz.", 5_000_000)}, "5,000,000 rows in", id="rows"),
        pytest.param(
            {"paragraphs": one_list(repeated("Ein Satz.", 5_000_000))},
            "5,000,000 values in",
            id="values of one row",
        ),
        pytest.param(
            {"text": repeated("a" * 100_000_000, 2)}, "would become 100,0", id="a long value"
        ),
    ],
)
@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_what_unfolds_without_measure_is_refused(table, message, compression):
    stream = written(pa.table(table), compression=compression)
    assert len(stream.getvalue()) < LIMIT
    with pytest.raises(InputError, match=message):
        records(stream)


def test_beginnings_that_are_shared_unfold_as_well():
    values = pa.array(["a" * 1_000_000] * 100)
    stream = written(
        pa.table({"paragraphs": one_list(values)}),
        use_dictionary=False,
        column_encoding={"paragraphs.list.element": "DELTA_BYTE_ARRAY"},
        compression="zstd",
    )
    with pytest.raises(InputError, match="would become"):
        records(stream)


def test_a_long_value_that_comes_again_is_told_and_not_unfolded():
    columns = {"id": ["1", *"23" * 32], "text": ["kurz", *["a" * 5_000_000] * 64]}
    stream = written(pa.table(columns), compression="zstd")
    tracemalloc.start()
    first, *others = records(stream)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first == {"id": "1", "text": "kurz"}
    assert [str(other) for other in others] == [
        f"row {number}: longer than 100,000 bytes" for number in range(2, 66)
    ]
    assert peak_bytes < 5_000_000


def test_all_rows_together_are_bounded(monkeypatch):
    monkeypatch.setattr("mtpipe.ingest.tables._UNFOLDED_BYTES", 1_000_000)
    stream = written(pa.table({"text": repeated("a" * 50_000, 500)}), compression="zstd")
    with pytest.raises(InputError, match="more than 200 times"):
        records(stream)


HONEST = [
    {
        "id": str(number),
        "language": "de",
        "text": SENTENCES[number % 3] * (number % 7 + 1),
        "paragraphs": [*SENTENCES, None, f"Nr. {number}"][: number % 6],
        "parts": [{"text": f"Teil {number}", "order": number}] * (number % 3),
        "tags": [("ressort", "Stadt")] if number % 2 else None,
        "embedding": [0.5, 0.5],
        "code": b"abcd",
    }
    for number in range(300)
]
SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "language": pa.string(),
        "text": pa.large_string(),
        "paragraphs": pa.list_(pa.string()),
        "parts": pa.list_(pa.struct({"text": pa.string(), "order": pa.int64()})),
        "tags": pa.map_(pa.string(), pa.string()),
        "embedding": pa.list_(pa.float32()),
        "code": pa.binary(4),
    }
)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="as it comes"),
        pytest.param({"use_dictionary": False}, id="no dictionaries"),
        pytest.param({"row_group_size": 7}, id="small groups"),
        pytest.param({"data_page_version": "2.0", "compression": "zstd"}, id="second version"),
        pytest.param({"data_page_size": 200, "write_batch_size": 10}, id="small pages"),
        pytest.param({"dictionary_pagesize_limit": 100}, id="dictionaries given up"),
        pytest.param(
            {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}},
            id="shared beginnings",
        ),
    ],
)
def test_honest_tables_are_read_as_they_are(options):
    table = pa.Table.from_pylist(HONEST, schema=SCHEMA)
    assert records(written(table, **options)) == table.to_pylist()


def test_columns_of_few_values_and_many_rows_are_honest():
    size = 1_200_000
    text = pa.array([f"Satz Nummer {number}" for number in range(size)])
    stream = written(pa.table({"text": text, "language": repeated("de", size)}))
    assert plan_of(stream, len(stream.getvalue())).dictionaries == ("language", "text")


def test_a_bomb_in_a_later_group_is_told_as_well():
    stream = io.BytesIO()
    plain = pa.table({"paragraphs": [["Ein Satz."], ["Noch einer."]]})
    with pq.ParquetWriter(stream, plain.schema, compression="zstd") as writer:
        writer.write_table(plain)
        long = pa.array(["a" * 1_000_000] * 200)
        writer.write_table(pa.table({"paragraphs": one_list(long)}, schema=plain.schema))
    assert plan_of(stream, len(stream.getvalue())).dictionaries == ("paragraphs.list.element",)
    *first, last = records(stream)
    assert first == [{"paragraphs": ["Ein Satz."]}, {"paragraphs": ["Noch einer."]}]
    assert str(last) == "row 3: longer than 100,000 bytes"


def test_row_bytes():
    batch = pa.RecordBatch.from_pydict(
        {
            "a": pa.array(["", None, "äö"]),
            "b": pa.DictionaryArray.from_arrays(pa.array([1, None, 0], pa.int32()), ["x", "xyz"]),
            "c": pa.array([[], ["12", "3"], None], pa.list_(pa.string())),
            "d": pa.array([{"e": "1"}, {"e": ""}, {"e": "12"}]),
            "f": pa.array([1, 2, 3]),
        }
    )
    object_bytes = 8
    assert row_bytes(batch).tolist() == [
        0 + 3 + 0 + 1 + 4 * object_bytes,
        0 + 0 + 3 + 0 + 5 * object_bytes,
        4 + 1 + 0 + 2 + 4 * object_bytes,
    ]


@pytest.mark.parametrize("seed", range(5))
def test_damage_is_an_input_error(seed):
    chance = random.Random(seed)
    whole = written(pa.Table.from_pylist(HONEST[:50], schema=SCHEMA), row_group_size=20).getvalue()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            found = records(io.BytesIO(data))
        except InputError:
            continue
        assert all(isinstance(record, dict | InputError) for record in found)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x00", {}),
        (b"\x15\x0a\x11\x12\x00", {1: 5, 2: True, 3: False}),
        (b"\x05\x20\x01\x00", {16: -1}),
        (b"\x18\x02ab\x19\x25\x02\x04\x00", {1: b"ab", 2: [1, 2]}),
        (b"\x1c\x15\x02\x00\x00", {1: {1: 1}}),
        (b"\x1b\x01\x88\x01a\x01b\x00", {1: {"b'a'": b"b"}}),
        (b"\x17\x00\x00\x00\x00\x00\x00\xe0\x3f\x00", {1: 0.5}),
    ],
    ids=["empty", "small numbers", "a far number", "text and list", "within", "map", "double"],
)
def test_thrift(data, expected):
    assert read_struct(b"??" + data + b"!", 2) == (expected, 2 + len(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x15",
        b"\x15" + b"\xff" * 20,
        b"\x18\xff\xff\xff\x7f",
        b"\x19\xf5\xff\xff\xff\xff\x07",
        b"\x1e\x00",
        b"\x1c" * 5000,
        b"\x19\x19" * 5000,
    ],
    ids=["empty", "cut off", "no end", "long text", "long list", "no type", "deep", "deep lists"],
)
def test_what_is_no_thrift_is_refused(data):
    with pytest.raises(ValueError, match=r"\w"):
        read_struct(data)
