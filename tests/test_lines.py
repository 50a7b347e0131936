import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe import lines
from mtpipe.errors import InputError, MalformedRecord, OutputError, UnreadableArticle
from mtpipe.lines import LineFlag, LineWriter, read_lines


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"a\nb\n", ["a", "b"], id="two lines"),
        pytest.param(b"a\nb", ["a", "b"], id="no end of line at the end"),
        pytest.param(b"\n\na\n\n", ["", "", "a", ""], id="empty lines"),
        pytest.param(b"a\r\nb\r\n", ["a", "b"], id="CR LF"),
        pytest.param(b"\xef\xbb\xbfa\n", ["a"], id="byte-order mark"),
        pytest.param(b"M&uuml;ller &amp; S&#246;hne\n", ["Müller & Söhne"], id="references"),
        pytest.param(b"a&#10;b&#x200;&lt;&amp;amp;\n", ["a bȀ<&amp;"], id="odd references"),
        pytest.param(b"a&NewLine;b&#13;c\n", ["a b c"], id="references to line breaks"),
        pytest.param(b"a\r\r\nb\r\r\n", ["a", "b"], id="CR CR LF"),
        pytest.param(
            b"M&uuml;ller: https://a.de/?id=1&region=2&copy=3\n",
            ["Müller: https://a.de/?id=1&region=2&copy=3"],
            id="an address beside",
        ),
        pytest.param(b"Fish & Chips; R&D, a&b\n", ["Fish & Chips; R&D, a&b"], id="no references"),
        pytest.param("é 🙂\n".encode(), ["é 🙂"], id="UTF-8"),
        pytest.param(b"a\tb\n", ["a\tb"], id="tab"),
    ],
)
def test_lines_are_read(raw: bytes, texts: list[str]) -> None:
    read = list(read_lines(io.BytesIO(raw)))
    assert [line.text for line in read] == texts
    assert [line.number for line in read] == list(range(1, len(texts) + 1))
    assert not any(line.flag for line in read)


@pytest.mark.parametrize(
    ("raw", "text", "flag"),
    [
        pytest.param("für\n".encode("latin-1"), "für", LineFlag.NOT_UTF8, id="Latin-1"),
        pytest.param(b"\x84ja\x93\n", "„ja“", LineFlag.NOT_UTF8, id="Windows-1252"),
        pytest.param(b"a\x00\x1bb\n", "ab", LineFlag.CONTROL_CHARACTERS, id="control"),
        pytest.param(
            "a\u2028b\x85c\x0bd\x0ce\n".encode(),
            "a b c d e",
            LineFlag.CONTROL_CHARACTERS,
            id="separators",
        ),
        pytest.param(b"One.\rTwo.\n", "One. Two.", LineFlag.CONTROL_CHARACTERS, id="CR alone"),
    ],
)
def test_doubtful_lines_are_flagged_not_lost(raw: bytes, text: str, flag: LineFlag) -> None:
    _, line = read_lines(io.BytesIO(b"first\n" + raw))
    assert (line.number, line.text, line.flag) == (2, text, flag)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x7fELF\x00\x01\n", id="binary"),
        pytest.param("Hallo\n".encode("utf-16"), id="UTF-16"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableArticle):
        list(read_lines(io.BytesIO(raw)))


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 10)
    reader = read_lines(io.BytesIO(b"short\n" + b"x" * 11))
    assert next(reader).text == "short"
    with pytest.raises(MalformedRecord, match="input:2: the line is longer"):
        next(reader)


def test_lines_that_are_all_held_are_counted() -> None:
    assert len(list(read_lines(io.BytesIO(b"\n" * 5), most=5))) == 5
    with pytest.raises(InputError, match="text has more than 5 lines"):
        list(read_lines(io.BytesIO(b"\n" * 6), name="text", most=5))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_line_for_each_line_feed(raw: bytes) -> None:
    # A first line that is text, so that nothing is refused as binary.
    read = list(read_lines(io.BytesIO(b"text\n" + raw)))
    assert len(read) == 1 + raw.count(b"\n") + (not raw.endswith(b"\n") and raw != b"")
    assert not any("\n" in line.text for line in read)


def test_full_disk_says_what_is_safe() -> None:
    if not os.path.exists("/dev/full"):  # noqa: PTH110
        pytest.skip("no /dev/full on this system")
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        writer = LineWriter(full)
        with pytest.raises(OutputError, match="No space left on device; 0 lines"):
            writer.write(["a", "b"])
        # What Python still holds in its buffer would raise once more when the file is closed.
        with pytest.raises(OSError, match="No space left"):
            full.close()


def test_a_disk_that_fills_up_says_how_many_lines_are_whole() -> None:
    class Disk(io.RawIOBase):
        room = 7

        def write(self, data: bytes) -> int:  # type: ignore[override]
            if not self.room:
                raise OSError(28, "No space left on device")
            taken = min(self.room, len(data))
            self.room -= taken
            return taken

    writer = LineWriter(Disk())  # type: ignore[arg-type]
    with pytest.raises(OutputError, match="3 lines were written"):
        writer.write(["a", "b", "c", "d", "e"])
