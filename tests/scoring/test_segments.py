"""Reading segments: what sacrebleu would read, and clear errors."""

import bz2
import gzip
import io
import lzma
import sys
from pathlib import Path

import pytest
from sacrebleu.dataset.wmt_xml import WMTXMLDataset

from mtpipe.cells import TSV_HEADER
from mtpipe.errors import InputError, MalformedRecord
from mtpipe.scoring import inputs, segments
from mtpipe.scoring.inputs import Input, Role, Segments
from mtpipe.scoring.segments import read_segments
from mtpipe.scoring.wmt import read_wmt

TMX = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4"><header srclang="de"/><body>
<tu><tuv xml:lang="de"><seg>Guten <ph>{1}</ph>Tag.</seg></tuv><tuv xml:lang="EN-gb"><seg>Good day.</seg></tuv></tu>
<tu><tuv xml:lang="de"><seg>Nur
hier.</seg></tuv></tu></body></tmx>"""

WMT = """<?xml version="1.0" encoding="UTF-8"?>
<dataset id="made.up"><collection id="general">
<doc id="a" origlang="en" domain="news">
<src lang="en"><p><seg id="1">One.</seg><seg id="2">Two.</seg></p></src>
<ref lang="de" translator="A"><p><seg id="1">Eins.</seg><seg id="2">Zwei.</seg></p></ref>
<ref lang="de" translator="B"><p><seg id="1">Ein.</seg></p></ref>
<hyp lang="de" system="S1"><p><seg id="2">zwei</seg><seg id="1">eins</seg></p></hyp>
<hyp lang="de" system="S2"><p><seg id="1">Ains.</seg><seg id="2">Zwai.</seg></p></hyp></doc>
<doc id="suite" origlang="en" testsuite="x"><src lang="en"><p><seg id="1">No.</seg></p></src></doc>
<doc id="b" origlang="de" domain="social">
<src lang="en"><p><seg id="1">Three.</seg><seg id="2">Unreferenced.</seg></p></src>
<ref lang="de" translator="A"><p><seg id="1">Drei.</seg></p></ref>
<hyp lang="de" system="S1"><p><seg id="1">drei</seg><seg id="2">x</seg></p></hyp>
<hyp lang="de" system="S2"><p><seg id="1"></seg><seg id="2">x</seg></p></hyp></doc>
</collection></dataset>"""


def write(folder: Path, name: str, content: str | bytes) -> Input:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Input(path, None, name)


@pytest.mark.parametrize(
    ("name", "content", "part", "role", "expected"),
    [
        ("a.txt", "one \n\n two\r\n\u2028 three\x0c!", None, Role.REFERENCE,
         ("one", "", " two", "\u2028 three\x0c!")),
        ("bom.txt", b"\xef\xbb\xbfone\n", None, Role.REFERENCE, ("one",)),
        ("a.txt", "one\ttwo\n", None, Role.REFERENCE, ("one\ttwo",)),
        ("a.tsv", "s\tr \nt\tq\n", "2", Role.REFERENCE, ("r", "q")),
        ("a.tsv", "src\tref\ns\tr\n", "ref", Role.REFERENCE, ("r",)),
        ("a.tsv", "only\n", None, Role.REFERENCE, ("only",)),
        ("a.tsv", f"{TSV_HEADER}\n1\t1\tde-en\ts\t'=t()\t0\t\n", "5", Role.HYPOTHESIS, ("=t()",)),
        ("a.jsonl", '{"source": "s", "target": "t\\nu"}\n\n', None, Role.HYPOTHESIS, ("t u",)),
        ("a.jsonl", '{"source": "s", "target": "t"}\n', None, Role.SOURCE, ("s",)),
        ("a.jsonl", '{"x": "y"}\n', "x", Role.SOURCE, ("y",)),
        ("a.tmx", TMX, None, Role.SOURCE, ("Guten Tag.", "Nur hier.")),
        ("a.tmx", TMX, None, Role.HYPOTHESIS, ("Good day.", "")),
        ("a.tmx", TMX, "de-CH", Role.HYPOTHESIS, ("Guten Tag.", "Nur hier.")),
        ("a.txt.gz", gzip.compress(b"one\ntwo", mtime=0), None, Role.SOURCE, ("one", "two")),
        ("a.tsv.gz", gzip.compress(b"a\tb", mtime=0), "1", Role.SOURCE, ("a",)),
        ("A.TSV.GZ", gzip.compress(b"a\tb", mtime=0), "1", Role.SOURCE, ("a",)),
        ("a.jsonl.xz", lzma.compress(b'{"text": "a"}'), None, Role.SOURCE, ("a",)),
        ("a.tmx.bz2", bz2.compress(TMX.encode()), "en", Role.SOURCE, ("Good day.", "")),
    ],
)  # fmt: skip
def test_forms(
    tmp_path: Path,
    name: str,
    content: str | bytes,
    part: str | None,
    role: Role,
    expected: tuple[str, ...],
) -> None:
    path = write(tmp_path, name, content).path
    assert read_segments(Input(path, part, name), role).texts == expected


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("out.jsonl.zst", "jsonl"),
        ("set.xml.xz", "xml"),
        ("OUT.JSONL.GZ", "jsonl"),
        ("notes.gz", "text"),
        ("a.gz.tsv", "tsv"),
    ],
)
def test_the_form_is_that_of_what_is_packed(name: str, form: str) -> None:
    assert Input(Path(name), None, name).form == form


def test_translated_articles(tmp_path: Path) -> None:
    article = (
        '{"id": "a1", "paragraphs": [{"sentences": [{"source": "s1", "target": "t1"}, '
        '{"source": "s2", "target": "t2"}]}, {"text": "no sentences"}]}\n'
    )
    source = write(tmp_path, "out.jsonl", article + article.replace("a1", "a2"))
    found = read_segments(source, Role.HYPOTHESIS)
    assert found == Segments(("t1", "t2") * 2, {"document": ("a1", "a1", "a2", "a2")})
    assert read_segments(source, Role.SOURCE).texts == ("s1", "s2") * 2


def test_labels_of_records_count_if_all_have_them(tmp_path: Path) -> None:
    lines = '{"text": "a", "docid": 7, "domain": "news"}\n{"text": "b", "docid": 8}\n'
    found = read_segments(write(tmp_path, "a.jsonl", lines), Role.REFERENCE)
    assert found.labels == {"document": ("7", "8")}


@pytest.mark.parametrize(
    ("name", "content", "part", "message"),
    [
        ("a.txt", "", None, "has no segments"),
        ("a.txt", b"ok\n\xe9t\xe9\n", None, "a.txt:2: isn't UTF-8"),
        ("a.txt", "a\n".encode("utf-16"), None, "UTF-16"),
        ("a.txt", b"a\0b", None, "binary zeros"),
        ("a.txt", "a\n", "2", "plain text, which has no '2'"),
        ("a.tsv", "a\tb\n", None, "has 2 columns"),
        ("a.tsv", "a\tb\n", "x", "no column 'x'"),
        ("a.tsv", "a\tb\nc\n", "2", "a.tsv:2: has 1 columns"),
        ("a.tsv", "a\tb\n", "0", "none is number 0"),
        ("a.jsonl", "{\n", None, "isn't JSON"),
        ("a.jsonl", "[1]\n", None, "isn't a JSON object"),
        ("a.jsonl", '{"y": 1}\n', None, "no text under 'hypothesis'"),
        ("a.jsonl", "[" * 100_000, None, "isn't JSON"),
        ("a.tmx", "<tmx>", None, "isn't well-formed"),
        ("a.tmx", "<tmx><body/></tmx>", None, "segments in no language"),
        ("a.tmx", TMX, "fr", "segments in de, en"),
        ("a.tmx", '<!DOCTYPE t [<!ENTITY a "b">]><t>&a;</t>', None, "isn't safe"),
        ("a.tmx", '<?xml version="1.0" encoding="foo"?><t/>', None, "a.tmx:1: names an encoding"),
        ("a.tmx", '<?xml version="1.0" encoding="hex"?><t/>', None, "a.tmx:1: names an encoding"),
        ("a.tmx", '<?xml version="1.0" encoding="gb18030"?><t/>', None, "isn't safe to parse"),
        ("a.tsv", "a\tb\n", "5" * 5_000, "no column '5555"),
        ("a.tsv", "a\tb\n", "1000000000", "no column '1000000000'"),
        ("a.txt", "a\n", "5" * 5_000, "which has no '5555"),
        ("a.gz", b"not gzip", None, "can't read"),
        ("a.gz", gzip.compress(b"abc" * 99, mtime=0)[:-9], None, "can't read"),
    ],
)
def test_bad_input(
    tmp_path: Path, name: str, content: str | bytes, part: str | None, message: str
) -> None:
    path = write(tmp_path, name, content).path
    with pytest.raises(InputError) as caught:
        read_segments(Input(path, part, name), Role.HYPOTHESIS)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_lines_and_elements_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MAX_LINES", 10)
    assert len(read_segments(write(tmp_path, "a.txt", "\n" * 10), Role.SOURCE)) == 10
    for name in ("a.txt", "a.tsv", "a.jsonl"):
        with pytest.raises(InputError, match="has more than"):
            read_segments(write(tmp_path, name, "\n" * 11), Role.SOURCE)
    monkeypatch.setattr(inputs, "MAX_XML_PARTS", 17)
    assert len(read_segments(write(tmp_path, "a.tmx", TMX), Role.SOURCE)) == 2
    monkeypatch.setattr(inputs, "MAX_XML_PARTS", 16)
    for name in ("a.tmx", "a.xml"):
        with pytest.raises(InputError, match="more than 16 elements and attributes"):
            (read_wmt if name == "a.xml" else lambda path: read_segments(path, Role.SOURCE))(
                write(tmp_path, name, TMX)
            )


def test_folders_and_large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_segments(Input(tmp_path, None, "x"), Role.SOURCE)
    bomb = write(tmp_path, "a.gz", gzip.compress(b"a" * 5_000, mtime=0))
    monkeypatch.setattr(inputs, "MAX_BYTES", 1_000)
    with pytest.raises(InputError, match="larger than"):
        read_segments(bomb, Role.SOURCE)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    assert read_segments(Input.parse("x=-"), Role.SOURCE).texts == ("a", "b")


@pytest.mark.parametrize(
    ("text", "path", "part", "name"),
    [
        ("a.tsv", "a.tsv", None, "a.tsv"),
        ("a.tsv:2", "a.tsv", "2", "a.tsv:2"),
        ("best=a.tsv:2", "a.tsv", "2", "best"),
        ("x=y.txt", "x=y.txt", None, "x=y.txt"),
        ("odd:1", "odd:1", None, "odd:1"),
        ("-", "-", None, "standard input"),
    ],
)
def test_how_files_are_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    path: str,
    part: str | None,
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("a.tsv", "x=y.txt", "odd:1"):
        Path(file).touch()
    assert Input.parse(text) == Input(Path(path), part, name)
    with pytest.raises(InputError, match="there is no file b"):
        Input.parse("b:3")


@pytest.mark.parametrize(
    "text",
    ["x" * 5_000, "x=" + "y" * 5_000, f"a.tsv:{'5' * 5_000}", "a/" * 5_000, "a\0b", "a\0b=c:1"],
    ids=["long", "long with a name", "long number", "deep", "zero", "zero with a name"],
)
def test_what_is_no_name_of_a_file_is_there_is_no_such_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="there is no file") as caught:
        Input.parse(text)
    assert len(str(caught.value)) < 1_000


def test_wmt_xml_is_read_as_sacrebleu_reads_it(tmp_path: Path) -> None:
    source = write(tmp_path, "made.up.xml", WMT)
    fields = WMTXMLDataset._unwrap_wmt21_or_later(str(source.path))
    found = read_wmt(source)
    assert list(found.source) == fields["src"] == ["One.", "Two.", "Three."]
    assert found.direction == ("en", "de")
    for name in ("A", "B"):
        assert list(found.references[name]) == fields[f"ref:{name}"]
    for name in ("S1", "S2"):
        assert list(found.systems[name]) == fields[name]
    assert list(found.labels["document"]) == fields["docid"]
    assert list(found.labels["origlang"]) == fields["origlang"]
    assert list(found.labels["domain"]) == fields["domain"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<dataset/>", "no segments"),
        ("<dataset>", "isn't well-formed"),
        ('<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>', "isn't safe"),
        (WMT.replace('seg id="2"', 'seg id="x"'), "the number 'x'"),
        (WMT.replace('seg id="2"', f'seg id="{"2" * 6_000}"'), "the number '2222"),
        (WMT.replace("UTF-8", "foo"), "an encoding that nobody knows"),
    ],
)
def test_bad_wmt_xml(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises((InputError, MalformedRecord), match=message):
        read_wmt(write(tmp_path, "a.xml", content))
