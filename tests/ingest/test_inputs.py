import os

import pytest

from mtpipe.ingest.inputs import Format, Source, expand, sniff
from mtpipe.types import Failure
from tests.object_store import object_store


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ["b.txt", "a.HTML", "sub/c.md", "sub/d.dat", ".hidden/e.txt", ".f.txt", "t.csv"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (tmp_path / "void").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        (["."], ["a.HTML", "b.txt", "t.csv", "sub/c.md"]),
        (["*.txt"], ["b.txt"]),
        (["**/*"], ["a.HTML", "b.txt", "sub/c.md", "sub/d.dat", "t.csv"]),
        (["./b.txt", "b.txt", "*.txt", "."], ["b.txt", "a.HTML", "t.csv", "sub/c.md"]),
        (["-", "http://x.example/a?b=*"], ["-", "http://x.example/a?b=*"]),
        (["sub/d.dat"], ["sub/d.dat"]),
    ],
    ids=["folder", "glob", "deep glob", "each once", "stream and address", "named file"],
)
def test_sources_of_inputs(folder, inputs, names):
    assert [source.name for source in expand(inputs)] == names


def test_formats_go_by_the_suffix(folder):
    formats = {source.name: source.format for source in expand([".", "sub/d.dat", "-"])}
    assert formats == {
        "a.HTML": Format.HTML,
        "b.txt": Format.TEXT,
        "t.csv": Format.CSV,
        "sub/c.md": Format.MARKDOWN,
        "sub/d.dat": None,
        "-": None,
    }


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "A.WARC.ZST", "a.warc.xz"])
def test_crawls_are_told_by_their_suffixes(folder, name):
    (folder / "void" / name).touch()
    assert [source.format for source in expand(["void"])] == [Format.WARC]


@pytest.mark.parametrize(
    "given", ["nope.txt", "nope*.txt", "void", "b.txt/x", "a\x00b", "x" * 5000]
)
def test_input_that_leads_nowhere_is_a_failure_and_the_rest_goes_on(folder, given):
    failure, source = expand([given, "b.txt"])
    assert isinstance(failure, Failure)
    assert (failure.article_id, failure.stage) == (given, "read")
    assert source == Source("b.txt", Format.TEXT)


def test_a_name_with_a_bracket_is_a_file_before_it_is_a_pattern(folder):
    (folder / "[1].txt").write_text("x")
    assert [source.name for source in expand(["[1].txt"])] == ["[1].txt"]


def test_label_of_a_name_that_is_not_unicode():
    assert Source(os.fsdecode(b"caf\xe9.txt")).label == "caf\\xe9.txt"


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        (b"  \n<!DOCTYPE html><html>", Format.HTML),
        (b"<?xml version='1.0'?><html xmlns='x'>", Format.HTML),
        (b"\xef\xbb\xbf<p>One", Format.HTML),
        (b"<3 is a heart", Format.TEXT),
        (b'{"text": "x"}', Format.JSONL),
        (b"{draft} A title", Format.TEXT),
        (b"", Format.TEXT),
        (b"id;title;text\n1;a;b", Format.CSV),
        (b'"id"\t"html"\r\n', Format.CSV),
        (b"Startseite | text | Kontakt\n", Format.TEXT),
        (b"A text, and more text\n", Format.TEXT),
        (b"PAR1\x15\x04", Format.PARQUET),
        (b"WARC/1.1\r\nWARC-Type: warcinfo\r\n", Format.WARC),
    ],
)
def test_sniff(beginning, expected):
    assert sniff(beginning) is expected


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("s3://bucket", ["a.HTML", "d/b [1].txt", "d/c.jsonl.gz"]),
        ("s3://bucket/d/", ["d/b [1].txt", "d/c.jsonl.gz"]),
        ("s3://bucket/*", ["a.HTML", "x.dat"]),
        ("s3://bucket/**/*.jsonl*", ["d/c.jsonl.gz"]),
        ("s3://bucket/d/b [1].txt", ["d/b [1].txt"]),
        ("s3://bucket/x.dat", ["x.dat"]),
    ],
    ids=["bucket", "folder", "pattern", "deep pattern", "name with a bracket", "named file"],
)
def test_sources_in_an_object_store(monkeypatch, given, names):
    pytest.importorskip("pyarrow.fs")
    with object_store(monkeypatch) as store:
        files = ("a.HTML", "d/b [1].txt", "d/c.jsonl.gz", "x.dat", ".h/i.txt", "void/j.dat")
        store.objects |= dict.fromkeys(files, b"x")
        found = list(expand([given]))
        assert [source.name.removeprefix("s3://bucket/") for source in found] == names
        assert {source.format for source in found} <= {Format.HTML, Format.TEXT, Format.JSONL, None}
        nothing = list(expand(["s3://bucket/void", "s3://bucket/no", "s3://bucket/no*"]))
    assert [failure.error[:24] for failure in nothing] == [
        "no article in this folde",
        "no such file or folder",
        "no file matches this pat",
    ]
