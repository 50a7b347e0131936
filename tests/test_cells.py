import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.cells import inert, inert_name, one_line, plain_json, verbatim

FORMULAS = [
    '=HYPERLINK("https://a.example";"klick")',
    "=1+1",
    "= 1+1",
    "＝1+1",
    " =1+1",
    "\t=1+1",
    "\r\n=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "- HYPERLINK(A1)",
    "－WEBSERVICE（A1）",
    "\0=1+1",
    "+A1\n&WEBSERVICE(A1)",
]
TEXTS = [
    "",
    "Die Brücke ist offen.",
    "- Oui, dit-il.",
    "-5 Grad in der Nacht",
    "-0.1235",
    "+49 30 1234567",
    "+++ Eilmeldung +++",
    "@polizei warnt",
    "'tis the season",
    "'n Abend (sagte er)",
    "a = b (immer)",
    "(= das Gleiche)",
    "— Das ist = alles (fast).",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_guarded_and_come_back(text: str) -> None:
    assert inert(text) == f"'{text}"
    assert inert(inert(text)) == f"''{text}"
    assert verbatim(inert(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == verbatim(text) == text


@given(st.text(st.sampled_from("'=+-@(| \t\0a1＝")))
def test_every_text_comes_back(text: str) -> None:
    assert verbatim(inert(text)) == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("=x", "'=x"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("＠x", "'＠x"),
        ("'=x", "''=x"),
        ("-1", "-1"),
        ("+1.5", "+1.5"),
        ("-1+2", "'-1+2"),
        ("x=y", "x=y"),
        ("", ""),
    ],
)
def test_names_in_tables_for_spreadsheets(name: str, expected: str) -> None:
    assert inert_name(name) == expected


@pytest.mark.parametrize("sign", ["\x1b", "\x9b", "\x85", "\u202e", "\u2066", "\x00", "\n", "\t"])
def test_nothing_that_is_no_sign_is_left(sign: str) -> None:
    assert one_line(f"a{sign}é 😀") == "a é 😀"
    text = plain_json({"name": f"a{sign}é 😀"})
    assert text.isprintable()
    assert json.loads(text) == {"name": f"a{sign}é 😀"}
