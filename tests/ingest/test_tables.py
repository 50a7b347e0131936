import io

import pytest

from mtpipe.errors import EmptyArticle, InputError
from mtpipe.ingest.tables import csv_records, jsonl_records, page_of_record, parquet_records
from mtpipe.types import BlockKind, Metadata

LIMIT = 1000


def buffered(data):
    return io.BufferedReader(io.BytesIO(data))


def test_jsonl_goes_on_after_bad_lines():
    data = b'\xef\xbb\xbf{"a": 1}\n\n[1]\n{"a": }\n' + b"x" * 3000 + b'\n{"a": 2}'
    records = list(jsonl_records(io.BytesIO(data), max_bytes=LIMIT))
    assert [(n, r) for n, r in records if not isinstance(r, InputError)] == [
        (1, {"a": 1}),
        (6, {"a": 2}),
    ]
    assert [
        (n, r.message.split(": ")[1][:11]) for n, r in records if isinstance(r, InputError)
    ] == [
        (3, "not a JSON "),
        (4, "not JSON"),
        (5, "longer than"),
    ]


@pytest.mark.parametrize("line", [b"[" * 900, b"\xff\xfe", b'"x"', b"NaN"], ids=repr)
def test_hostile_json_is_an_error_value(line):
    ((_, record),) = jsonl_records(io.BytesIO(line), max_bytes=LIMIT)
    assert isinstance(record, InputError)


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        ("id,text\n1,Straße\n", None),
        ("id;text\n1;Straße\n", None),
        ("id\ttext\n1\tStraße\n", "\t"),
        ("\ufeffid|text\r\n1|Straße\r\n\r\n", None),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_csv_of_any_delimiter_and_encoding(data, delimiter, encoding):
    if encoding != "utf-8":
        data = data.removeprefix("\ufeff")
    stream = buffered(data.encode(encoding))
    assert list(csv_records(stream, delimiter=delimiter, max_bytes=LIMIT)) == [
        (2, {"id": "1", "text": "Straße"})
    ]


def test_csv_keeps_line_breaks_in_fields_and_reports_rows_that_do_not_fit():
    data = b'id,text\n1,"one\n\ntwo"\n2,a,b\n3\n4,' + b"x" * 2000 + b"\n"
    records = list(csv_records(buffered(data), max_bytes=LIMIT))
    assert records[0] == (2, {"id": "1", "text": "one\n\ntwo"})
    assert isinstance(records[1][1], InputError)
    assert records[2] == (4, {"id": "3"})
    assert isinstance(records[3][1], InputError)
    assert len(records) == 4


def test_csv_without_rows_has_no_records():
    assert list(csv_records(buffered(b""), max_bytes=LIMIT)) == []
    assert list(csv_records(buffered(b"id,text"), max_bytes=LIMIT)) == []


def test_parquet():
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"id": str(n), "text": f"Text {n}"} for n in range(200)]
    stream = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), stream)
    stream.seek(0)
    assert list(parquet_records(stream, max_bytes=LIMIT)) == list(enumerate(rows, start=1))


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\x00" * 50 + b"PAR1"])
def test_broken_parquet_is_refused(data):
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError):
        list(parquet_records(io.BytesIO(data), max_bytes=LIMIT))


def test_a_row_that_python_has_no_values_for():
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    raw = pyarrow.array([b"Text", b"\xff\xfe", b"More"])
    stream = io.BytesIO()
    parquet.write_table(pyarrow.table({"text": raw.view(pyarrow.string())}), stream)
    stream.seek(0)
    records = [record for _, record in parquet_records(stream, max_bytes=LIMIT)]
    assert [isinstance(record, InputError) for record in records] == [False, True, False]


def test_record_of_many_fields():
    page = page_of_record(
        {
            "id": 7,
            "Headline": "Bridge closed",
            "body": "Bridge closed\n\nThe bridge stays closed.",
            "LANG": "en",
            "author": ["Ann", "Bob"],
            "url": "http://x.example/7",
            "desk": {"name": "local"},
            "empty": None,
        }
    )
    assert [block.kind for block in page.blocks] == [BlockKind.TITLE, BlockKind.PARAGRAPH]
    assert [block.kind for block in page.furniture] == [BlockKind.REPEATED_TITLE]
    assert page.metadata == Metadata(
        address="http://x.example/7",
        authors=("Ann", "Bob"),
        declared_languages=(("record", "en"),),
        extra=(("desk", '{"name": "local"}'),),
    )


@pytest.mark.parametrize(
    "record",
    [
        {"paragraphs": ["One sentence.", "Another\none."]},
        {"paragraphs": [{"text": "One sentence."}, {"text": "Another one.", "kind": "p"}]},
        {"text": "One sentence.\n\nAnother one."},
        {"content": "One sen\u00adtence.\x00\n\nAnother\ud800 one."},
        {"paragraphs": [{"text": "One sentence."}, {"text": None}, None, {}, "Another one."]},
    ],
    ids=["strings", "objects", "text", "invisible characters", "null"],
)
def test_paragraphs_of_a_record(record):
    texts = [block.text for block in page_of_record(record).blocks]
    assert texts == ["One sentence.", "Another one."]


def test_html_of_a_record():
    record = {"html": "<h1>A title</h1><p>" + "A paragraph of the article. " * 5, "url": "http://x"}
    page = page_of_record(record)
    assert page.blocks[0].text == "A title"
    assert page.metadata.address == "http://x"


def test_a_record_of_wordpress():
    paragraphs = "".join(f"<p>Paragraph {number} of the article.</p>" for number in range(9))
    page = page_of_record(
        {
            "title": {"rendered": "L&#8217;été &amp; nous"},
            "content": {"rendered": paragraphs, "protected": False},
        }
    )
    assert [block.text for block in page.blocks[:2]] == [
        "L’été & nous",
        "Paragraph 0 of the article.",
    ]


def test_a_text_that_is_another_object_is_refused():
    with pytest.raises(InputError, match="is an object") as refused:
        page_of_record({"content": {"parts": ["One sentence."]}})
    assert not isinstance(refused.value, EmptyArticle)
    assert "field text" in refused.value.hint
    with pytest.raises(EmptyArticle):
        page_of_record({"content": {"rendered": ""}})


def test_fields_beside_html_are_kept():
    html = "<html lang=de><title>Other</title><p>" + "A paragraph of the article. " * 5
    page = page_of_record(
        {"html": html, "title": "A title", "language": "en", "author": "Ann", "desk": "local"}
    )
    assert page.blocks[0].text == "A title"
    assert page.metadata.authors == ("Ann",)
    assert [code for _, code in page.metadata.declared_languages] == ["en", "de"]
    assert page.metadata.extra == (("desk", "local"),)


@pytest.mark.parametrize("record", [{}, {"id": 1, "title": "x"}, {"text": ""}])
def test_record_without_text_is_refused(record):
    with pytest.raises(EmptyArticle):
        page_of_record(record)
