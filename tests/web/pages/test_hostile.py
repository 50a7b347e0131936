"""What strangers wrote is text on every page, whatever it looks like."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from mtpipe.errors import EngineError, InputError
from tests.web.fakes import FakePool
from tests.web.pages import work
from tests.web.pages.conftest import LISTED, MODELS, finished, page_of, submitted

STRINGS = [
    "<xss onload=xss()>",
    '"><xss onload="xss()',
    "'><img src=x onerror='xss()'>",
    "</textarea><script>xss()</script>",
    "</title></head><body onload=xss()>",
    "<!--><xss>-->",
    "<svg/onload=xss()>",
    "javascript:xss()",
    "data:text/html,<script>xss()</script>",
    "{{12345*54321}}{% raw %}${12345*54321}",
    "&lt;xss&gt;&quot;",
    "\u202egnp.xss\u2066<xss>",
    "x\x00\x1b[31m<xss>",
    '\ud800"><xss>',
]
SENT = [value.encode("utf-8", "replace").decode() for value in STRINGS]
"""As browsers can send them."""
EVERYTHING = " ".join(STRINGS)
SIDES = ("candidate", "original")
PARTS = ("text", "address", "way")


def check(answer: Any) -> None:
    """No element, attribute or address of the page is the stranger's."""
    page = page_of(answer)
    assert not page.xpath("//xss | //svg[@onload] | //img")
    assert not page.xpath("//@*[starts-with(name(), 'on')]")
    assert [
        script.get("src", "").startswith("/ui/static/") for script in page.xpath("//script")
    ] == [True]
    assert not page.xpath("//script[text()]")
    for address in page.xpath("//@href | //@src | //@action | //form/@formaction"):
        parts = urlsplit(address)
        assert parts.scheme in ("", "https"), address
        assert parts.netloc in ("", "tribune.example"), address
    assert "670592745" not in answer.text
    shown = re.sub("<textarea.*?</textarea>", "", answer.text, flags=re.DOTALL)
    for hidden in "\u202e\u2066\x00\x1b":
        assert hidden not in shown
    answer.content.decode()


def fields(value: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, value)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("detect", ["prior", *(f"{side}_{part}" for side in SIDES for part in PARTS)]),
        ("detect", ["candidate_text", "prior", "translate", "original_address"]),
        ("translate", ["text_text", "text_address", "text_way", "source", "target"]),
        ("align", ["source_text", "source_address", "source_way"]),
        ("score", ["hypotheses_text", "metrics"]),
        ("archive/add", ["articles_address", "articles_way"]),
    ],
)
def test_forms_that_are_shown_again(client: TestClient, path: str, names: list[str]) -> None:
    for value in SENT:
        form = fields(value, *names) | {"origin": "original"}
        check(client.post(f"/ui/{path}", data=form))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("archive", "words"),
        ("archive", "after"),
        ("archive", "language"),
        ("archive/remove", "id"),
        ("sign-in", "next"),
        ("jobs", "after"),
        ("models", "x"),
    ],
)
def test_addresses_of_pages(client: TestClient, path: str, name: str) -> None:
    for value in SENT:
        check(client.get(f"/ui/{path}", params={name: value}, headers={"Accept": "text/html"}))


def test_no_language_leads_elsewhere(client: TestClient) -> None:
    for value in SENT:
        answer = client.get("/ui/language/de", params={"back": value})
        assert answer.headers["location"] == "/ui/detect"


def test_titles_and_names_of_files(client: TestClient) -> None:
    for value in SENT[:-1]:
        name = value.replace("\x00", "")
        files = [("text_file", (name, b"Text.", "text/plain"))]
        check(finished(client, submitted(client, "/ui/translate", {"target": "de"}, files)))
        form = {"text_text": f"{value}\n\nText.", "target": "de"}
        check(finished(client, submitted(client, "/ui/translate", form)))
    check(client.get("/ui/jobs"))


@pytest.mark.parametrize("value", [EVERYTHING, *STRINGS[7:9]], ids=["all", "script", "data"])
def test_results(client: TestClient, pool: FakePool, value: str) -> None:
    row = fields(value, "id", "verdict", "original", "report")
    failure = fields(value, "id", "stage", "error")
    pool.answers |= {
        "job_detect": work.examined(original=value),
        "job_translate": work.translated(value, value, value),
        "job_align": work.aligned(value, value),
        "job_score": work.scored(value),
        "job_archive_add": work.added(value),
    }
    detect = {"candidate_text": "A.", "origin": "none"}
    forms: list[tuple[str, dict[str, Any]]] = [
        ("detect", detect),
        ("translate", {"text_text": "A.", "target": "de"}),
        ("align", {"source_text": "A.", "target_text": "B."}),
        ("score", {"hypotheses_text": "A.", "references_text": "B.", "metrics": "bleu"}),
        ("archive/add", {"articles_text": "A."}),
    ]
    for name, form in forms:
        check(finished(client, submitted(client, f"/ui/{name}", form)))
    pool.answers["job_detect"] = work.leaving({}, {"rows": [row], "failures": [failure]})
    check(finished(client, submitted(client, "/ui/detect", detect | {"translate": "1"})))
    pool.answers["job_detect"] = EngineError(value, hint=value)
    check(finished(client, submitted(client, "/ui/detect", detect | {"prior": "5"})))


def test_what_stands_in_the_archive(client: TestClient, pool: FakePool) -> None:
    for value in STRINGS:
        listed = LISTED | fields(value, "id", "language", "published", "title", "address")
        pool.answers["archive_list"] = {"articles": [listed], "next": value}
        check(client.get("/ui/archive"))
        pool.answers["archive_remove"] = {"removed": [value]}
        check(client.post("/ui/archive/remove", data={"id": "a"}))


def test_messages_of_errors(client: TestClient, pool: FakePool) -> None:
    for value in STRINGS:
        pool.answers["models"] = InputError(value, hint=value)
        check(client.get("/ui/models", headers={"Accept": "text/html"}))


def test_cards_of_models(client: TestClient, pool: FakePool) -> None:
    for value in STRINGS:
        model = MODELS["models"][1] | fields(value, "name", "title", "licence")
        better = fields(value, "name", "title", "licence", "command")
        direction = MODELS["directions"][0] | {"models": [value], "better": better}
        pool.answers["models"] = {"models": [model], "directions": [direction]}
        check(client.get("/ui/models"))
