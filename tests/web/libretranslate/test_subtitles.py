"""Subtitles and their lines."""

import time

import pytest

from mtpipe.web.libretranslate.subtitles import read_subtitles

FILE = """1
00:00:01,000 --> 00:00:02,500
Guten
Tag.

2
00:00:03,000 --> 00:00:04,000 X1:0
- Wer? <i>Ich</i>.

"""


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        (FILE, ["Guten Tag.", "- Wer? <i>Ich</i>."]),
        (FILE.replace("\n", "\r\n"), ["Guten Tag.", "- Wer? <i>Ich</i>."]),
        (FILE.strip(), ["Guten Tag.", "- Wer? <i>Ich</i>."]),
        ("\ufeff" + FILE.replace("Tag.\n\n", "Tag.\n"), ["Guten Tag.", "- Wer? <i>Ich</i>."]),
        (FILE.replace("Tag.", "12"), ["Guten 12", "- Wer? <i>Ich</i>."]),
        ("00:00:01,000 --> 00:00:02,000\n\nNicht gesprochen", []),
        ("Kein Untertitel", []),
        ("", []),
    ],
)
def test_what_is_spoken_is_found(text: str, spoken: list[str]) -> None:
    subtitles = read_subtitles(text)
    assert subtitles.texts == spoken
    # Lines of one subtitle are as long as one another, which these happen to be.
    assert subtitles.joined(subtitles.texts) == text


@pytest.mark.parametrize(
    ("line_end", "text", "expected"),
    [
        ("\n", "Good afternoon to you all.", "Good afternoon\nto you all."),
        ("\r\n", "Good afternoon to you all.", "Good afternoon\r\nto you all."),
        ("\n", "Hello.", "Hello."),
        ("\n", '<font color="red">Hello</font> world.', '<font color="red">Hello</font>\nworld.'),
    ],
)
def test_numbers_times_and_lines_stay(line_end: str, text: str, expected: str) -> None:
    file = FILE.replace("\n", line_end)
    subtitles = read_subtitles(file)
    joined = subtitles.joined([text, subtitles.texts[1]])
    assert joined == file.replace(f"Guten{line_end}Tag.", expected)


def test_a_subtitle_of_very_many_words_takes_no_time_to_be_cut_into_lines() -> None:
    subtitles = read_subtitles(
        f"1\n00:00:01,000 --> 00:00:02,000\n{'1 ' * 60_000}\n{'1 ' * 60_000}"
    )
    began = time.process_time()
    lines = subtitles.joined(subtitles.texts).splitlines()[2:]
    assert time.process_time() - began < 5  # it took a minute, which the whole server waited for
    assert [len(line.split()) for line in lines] == [60_000, 60_000]
