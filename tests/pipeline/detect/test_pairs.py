"""Rows of pairs, in both forms, and what is wrong with others."""

import gzip
import json
from pathlib import Path

import pytest

from mtpipe.errors import InputError, MalformedRecord
from mtpipe.pipeline.detect import pairs as module
from mtpipe.pipeline.detect.pairs import Pair, parse_pair, read_pairs
from mtpipe.types import BlockKind, Failure, Language

ROW = {
    "id": "a",
    "original": {"language": "fr", "text": "Bonjour. Tout va bien."},
    "candidate": {"language": "de", "text": ["Guten Tag.", " ", "Alles  ist gut."]},
}


def written(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_row() -> None:
    pair = parse_pair(ROW, default_id="7")
    assert pair.id == "a"
    assert pair.original
    assert pair.original.sentences == ("Bonjour.", "Tout va bien.")
    assert pair.candidate.sentences == ("Guten Tag.", "Alles ist gut.")
    assert pair.candidate.language is Language.DE
    assert pair.candidate.article.id == "a"


def test_a_page_as_text_keeps_its_furniture() -> None:
    page = "Titel der Seite hier oben\nTitel der Seite hier oben\n\nDas ist ein Satz.\n\nNEXT Mehr"
    row = {"id": 3, "original": None, "candidate": {"language": "de", "text": page}}
    pair = parse_pair(row, default_id="7")
    assert pair.id == "3"
    assert pair.original is None
    assert pair.candidate.sentences == ("Titel der Seite hier oben", "Das ist ein Satz.")
    kinds = [block.kind for block in pair.candidate.article.furniture]
    assert kinds == [BlockKind.REPEATED_TITLE, BlockKind.NAVIGATION]


def test_the_labelled_form() -> None:
    row = {
        "set": "s", "pair": "de-en", "doc": "d1", "system": "some-engine", "label": "machine",
        "source": ["Hallo."], "candidate": ["Hello."],
    }  # fmt: skip
    pair = parse_pair(row, default_id="7")
    assert (pair.id, pair.label, pair.engine, pair.document) == (
        "7", "machine", "some-engine", "s:d1",
    )  # fmt: skip
    assert pair.candidate.language is Language.EN


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nonsense", "Expecting value"),
        ("[1]", "isn't a JSON object"),
        ({"id": "x"}, "lacks 'candidate'"),
        ({"candidate": {"language": "es", "text": "Hola."}}, "unknown language"),
        ({"candidate": {"language": "de", "text": 3}}, "neither a string nor a list"),
        ({"candidate": {"language": "de", "text": [" "]}}, "empty"),
        ({"candidate": "Text"}, "isn't an object"),
    ],
    ids=["no JSON", "a list", "no candidate", "Spanish", "a number", "empty", "no language"],
)
def test_a_bad_row_is_a_failure_and_the_next_one_is_read(
    tmp_path: Path, row: object, reason: str
) -> None:
    first, failure, last = read_pairs(written(tmp_path / "pairs.jsonl", ROW, row, ROW))
    assert isinstance(first, Pair)
    assert isinstance(last, Pair)
    assert isinstance(failure, Failure)
    assert failure.article_id == "line 2"
    assert reason in failure.error


def test_a_file_that_begins_with_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedRecord, match=":1:"):
        list(read_pairs(written(tmp_path / "pairs.jsonl", "nonsense", ROW)))
    with pytest.raises(InputError, match="can't read"):
        list(read_pairs(tmp_path / "missing.jsonl"))


def test_a_first_row_that_lacks_something_is_a_failure_like_any_other(tmp_path: Path) -> None:
    failure, pair = read_pairs(written(tmp_path / "pairs.jsonl", {"id": "x"}, ROW))
    assert isinstance(failure, Failure)
    assert isinstance(pair, Pair)


def test_a_row_that_is_too_long_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LINE_BYTES", 400)
    long = {**ROW, "note": "x" * 1_500}
    for rows in ((long, ROW), (ROW, long)):
        read = list(read_pairs(written(tmp_path / "pairs.jsonl", *rows)))
        assert [type(one) for one in read] == [Failure if row is long else Pair for row in rows]
    assert "more than 400 bytes" in next(one.error for one in read if isinstance(one, Failure))


def test_0_is_an_id(tmp_path: Path) -> None:
    rows = [{**ROW, "id": number} for number in (0, 1, 2)]
    read = read_pairs(written(tmp_path / "pairs.jsonl", *rows, {**ROW, "id": ""}))
    assert [one.id for one in read if isinstance(one, Pair)] == ["0", "1", "2", "4"]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ROW).encode()))
    assert len(list(read_pairs(path))) == 1
