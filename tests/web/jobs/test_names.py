"""Names that strangers gave lead nowhere, and stay apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.web.jobs.names import numbered, report_name, shown_name, stored_name, suffix_of


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("page.html", "page.html"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("a\x00b\n.html", "ab.html"),
        ("evil\u202elmth.exe", "evillmth.exe"),
        ("  a   b .txt ", "a b .txt"),
        ("..", "upload"),
        ("", "upload"),
        ("/", "upload"),
        ("\ud800.txt", ".txt"),
        ("é.txt", "é.txt"),
        ("x" * 300 + ".jsonl.gz", "x" * 111 + ".jsonl.gz"),
        ("x" * 118 + ".html", "x" * 115 + ".html"),
    ],
)
def test_a_name_is_shown_without_its_tricks(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_names_that_are_taken_get_a_number() -> None:
    given = ["a.html", "A.html", "a.html", "a (2).html", "b", "b"]
    assert numbered(given) == [
        "a.html", "A (2).html", "a (3).html", "a (2) (2).html", "b", "b (2)"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("page.HTML", "0007.html"),
        ("t.jsonl.gz", "0007.jsonl.gz"),
        ("t.exe", "0007"),
        ("t.exe.gz", "0007"),
        ("../x.txt", "0007.txt"),
        (".txt", "0007"),
        ("noname", "0007"),
    ],
)
def test_an_upload_lies_under_a_number(name: str, stored: str) -> None:
    assert stored_name(7, name) == stored


@given(st.text())
def test_no_name_becomes_a_path(name: str) -> None:
    for found in (shown_name(name), report_name(name), stored_name(1, name)):
        assert found
        assert not {"/", "\\", "\0", "\n"} & set(found)
        assert found not in (".", "..")
        assert len(found.encode("utf-8")) <= 500
    assert suffix_of(shown_name(name)) in shown_name(name)


@given(st.text(max_size=20), st.text(max_size=20))
def test_reports_on_two_articles_are_called_otherwise(first: str, second: str) -> None:
    assert (report_name(first).lower() == report_name(second).lower()) == (first == second)


@pytest.mark.parametrize("name", ["con", "NUL.html", "aux", "com1.txt", "lpt9"])
def test_names_that_a_system_keeps_for_itself_are_avoided(name: str) -> None:
    assert report_name(name).startswith("report-")
