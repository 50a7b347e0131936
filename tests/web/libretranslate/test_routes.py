"""LibreTranslate's answers to what its clients send."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.errors import ModelCorrupt
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.errors import Busy, TimedOut, WorkerDied
from tests.web.fakes import FakePool

OK = 200
MENTION = (
    '<span class="h-card" translate="no"><a href="https://a.example/@b">@<span>b</span></a></span>'
)

CLIENTS: dict[str, tuple[dict[str, Any], Any]] = {
    "Mastodon": (
        {
            "json": {
                "q": [f"<p>{MENTION} Guten Tag!<br />Bis <b>dann</b> &amp; so</p>", "ja"],
                "source": "de",
                "target": "en",
                "format": "html",
                "api_key": None,
            }
        },
        {"translatedText": [f"<p>{MENTION} GUTEN TAG!<br />BIS <b>DANN</b> &amp; SO</p>", "JA"]},
    ),
    "Mastodon, language unknown": (
        {
            "json": {
                "q": ["<p>Guten Tag</p>"],
                "source": "auto",
                "target": "en",
                "format": "html",
                "api_key": "abc",
            }
        },
        {
            "translatedText": ["<p>GUTEN TAG</p>"],
            "detectedLanguage": [{"confidence": 90.0, "language": "de"}],
        },
    ),
    "Weblate": (
        {"json": {"api_key": "", "q": ["Datei", "Öffnen %s"], "source": "de", "target": "en"}},
        {"translatedText": ["DATEI", "ÖFFNEN %S"]},
    ),
    "Weblate before 5.4": (
        {"data": {"api_key": "abc", "q": "Datei", "source": "de", "target": "en"}},
        {"translatedText": "DATEI"},
    ),
    "Subtitle Edit": (
        {
            "content": '{"q": "Guten\\nTag.", "source": "de", "target": "en"}',
            "headers": {"Content-Type": "application/json", "Accept": "application/json"},
        },
        {"translatedText": "GUTEN\nTAG."},
    ),
    "SearXNG": (
        {
            "content": json.dumps({"q": "Tag", "source": "de", "target": "en", "alternatives": 3}),
            "headers": {"Content-Type": "application/json"},
        },
        {"translatedText": "TAG", "alternatives": ["TAG 0", "TAG 1", "TAG 2"]},
    ),
    "Elk": (
        {
            "json": {
                "q": "<p>Tag</p>",
                "source": "auto",
                "target": "en",
                "format": "html",
                "api_key": "",
            }
        },
        {
            "translatedText": "<p>TAG</p>",
            "detectedLanguage": {"confidence": 90.0, "language": "de"},
        },
    ),
    "Argos Translate, libretranslatepy": (
        {
            "content": "q=Guten+Tag&source=de&target=en",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
        {"translatedText": "GUTEN TAG"},
    ),
    "deep-translator": (
        {"params": {"q": "Tag", "source": "de", "target": "en", "format": "text", "api_key": "x"}},
        {"translatedText": "TAG"},
    ),
    "a form with parts": (
        {"data": {"q": "Tag", "source": "de", "target": "en"}, "files": {"x": ("", b"")}},
        {"translatedText": "TAG"},
    ),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_clients_get_what_they_read(client: TestClient, name: str) -> None:
    sent, expected = CLIENTS[name]
    answer = client.post("/translate", **sent)
    assert answer.status_code == OK
    assert answer.json() == expected
    assert answer.headers["content-type"] == "application/json"


def body(**changes: Any) -> dict[str, Any]:
    return {"q": "Guten Tag.", "source": "de", "target": "en"} | changes


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"q": None}, "Invalid request: missing q parameter"),
        ({"q": ""}, "Invalid request: missing q parameter"),
        ({"q": []}, "Invalid request: missing q parameter"),
        ({"source": None}, "Invalid request: missing source parameter"),
        ({"target": ""}, "Invalid request: missing target parameter"),
        ({"source": "zz"}, "zz is not supported"),
        ({"target": "zz"}, "zz is not supported"),
        ({"target": "auto"}, "auto is not supported"),
        ({"format": "xml"}, "xml format is not supported"),
        ({"alternatives": "abc"}, "Invalid request: alternatives parameter is not a number"),
        ({"alternatives": [1]}, "Invalid request: alternatives parameter is not a number"),
        ({"alternatives": 99}, "Invalid request: alternatives parameter must be <= 10"),
        ({"q": 5}, "Invalid request: q parameter is not a text"),
        ({"q": ["a", None]}, "Invalid request: q parameter is not a text"),
        ({"q": {"a": 1}}, "Invalid request: q parameter is not a text"),
        ({"source": ["de"]}, "Invalid request: source parameter is not a text"),
        ({"q": "x" * 200_001}, "Invalid request: request (200001) exceeds text limit (200000)"),
        ({"q": ["a"] * 5_001}, "Invalid request: request (5001) exceeds text limit (5000)"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    client: TestClient, changes: dict[str, Any], error: str
) -> None:
    answer = client.post("/translate", json=body(**changes))
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '"text"',
        "{",
        "[" * 100_000,
        '{"q": NaN',
        "\ud800".encode("utf-8", "surrogatepass"),
    ],
    ids=["nothing", "list", "text", "half", "deep", "number", "no UTF-8"],
)
@pytest.mark.parametrize("path", ["/translate", "/detect", "/translate_file"])
def test_what_is_no_json_is_refused(client: TestClient, path: str, content: str | bytes) -> None:
    answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid JSON format"})


@pytest.mark.parametrize("path", ["/translate", "/detect", "/translate_file", "/suggest"])
def test_only_post(client: TestClient, path: str) -> None:
    answer = client.get(path, params=body())
    assert answer.status_code == 405
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Busy(7), 503),
        (TimedOut(60), 504),
        (WorkerDied(), 500),
        (ModelCorrupt("the model is damaged: /srv/models/x"), 500),
        (RuntimeError("secret"), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_fails_inside_is_an_error(
    client: TestClient, pool: FakePool, failure: Exception, status: int
) -> None:
    pool.answers["translate_segments"] = failure
    answer = client.post("/translate", json=body())
    assert list(answer.json()) == ["error"]
    assert "secret" not in answer.text
    assert "/srv" not in answer.text
    assert answer.status_code == status


def test_spacing_and_lines_stay(client: TestClient, pool: FakePool) -> None:
    text = "\tEins. Zwei!\n\n  – drei\r\n😀\n"
    answer = client.post("/translate", json=body(q=text))
    assert answer.json()["translatedText"] == text.upper()
    assert [order["texts"] for order in pool.asked("translate_segments")] == [
        ["Eins.", "Zwei!", "– drei"]
    ]


def test_lines_of_a_form_end_as_everywhere(client: TestClient) -> None:
    answer = client.post("/translate", data=body(q="eins\r\nzwei"))
    assert answer.json() == {"translatedText": "EINS\nZWEI"}


def test_texts_of_a_batch_are_decoded_together(client: TestClient, pool: FakePool) -> None:
    texts = [f"Satz {n}." for n in range(100)]
    answer = client.post("/translate", json=body(q=texts))
    assert answer.json()["translatedText"] == [text.upper() for text in texts]
    assert sum(len(order["texts"]) for order in pool.asked("translate_segments")) == 100
    assert len(pool.asked("translate_segments")) <= 2


def test_what_has_no_words_stays_as_it_is(client: TestClient, pool: FakePool) -> None:
    texts = ["😀", " ", "", "12:30"]
    assert client.post("/translate", json=body(q=texts)).json() == {"translatedText": texts}
    assert client.post("/translate", json=body(q=" ")).json() == {"translatedText": " "}
    assert pool.asked("translate_segments") == []


def test_the_same_language_stays_as_it_is(client: TestClient, pool: FakePool) -> None:
    assert client.post("/translate", json=body(target="de")).json()["translatedText"] == (
        "Guten Tag."
    )
    assert pool.asked("translate_segments") == []


def test_half_a_character_does_no_harm(client: TestClient) -> None:
    sent = json.dumps(body(q="a\ud83d \ud83d\ude00"))
    answer = client.post("/translate", content=sent, headers={"Content-Type": "application/json"})
    assert answer.json() == {"translatedText": "A\ufffd 😀"}


def identified(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """By the first word."""
    return [
        {"language": text.partition(" ")[0], "confidence": 0.99, "candidates": []}
        for text in arguments["texts"]
    ]


LONG = " und so weiter, bis es lang genug ist, um es zu sagen"


def test_each_text_of_a_batch_has_its_own_language(client: TestClient, pool: FakePool) -> None:
    pool.answers["identify"] = identified
    texts = [f"de{LONG}", f"fr{LONG}", f"nl{LONG}", f"en{LONG}"]
    answer = client.post("/translate", json=body(q=texts, source="auto")).json()
    assert answer["translatedText"] == [texts[0].upper(), texts[1].upper(), *texts[2:]]
    assert [one["language"] for one in answer["detectedLanguage"]] == ["de", "fr", "nl", "en"]
    assert {order["source"] for order in pool.asked("translate_segments")} == {"de", "fr"}


def test_a_language_that_is_not_there(client: TestClient, pool: FakePool) -> None:
    pool.answers["identify"] = identified
    answer = client.post("/translate", json=body(q=f"nl{LONG}", source="auto"))
    assert (answer.status_code, answer.json()) == (400, {"error": "nl is not supported"})


def test_a_direction_that_is_not_there(client: TestClient, pool: FakePool) -> None:
    pool.answers["models"] = {"directions": [{"direction": "de-en"}, {"direction": "en-fr"}]}
    answer = client.post("/translate", json=body(target="fr"))
    assert answer.status_code == 400
    assert answer.json()["error"] == (
        "French (fr) is not available as a target language from German (de)"
    )


def test_alternatives_of_several_sentences_are_put_together(client: TestClient) -> None:
    answer = client.post("/translate", json=body(q=["Ja. Nein.", "12"], alternatives=2)).json()
    assert answer["alternatives"] == [["JA. 0 NEIN. 0", "JA. 1 NEIN. 1"], []]


@pytest.mark.parametrize(
    "given", [{"json": {"q": "Tag"}}, {"data": {"q": "Tag"}}, {"json": {"q": ["Tag"]}}]
)
def test_detection(client: TestClient, given: dict[str, Any]) -> None:
    answer = client.post("/detect", **given)
    assert answer.json() == [{"confidence": 90.0, "language": "de"}]


def test_detection_without_a_text(client: TestClient) -> None:
    answer = client.post("/detect", json={})
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "Invalid request: missing q parameter"},
    )


def test_languages(client: TestClient) -> None:
    found = {one["code"]: one["targets"] for one in client.get("/languages").json()}
    assert found == {code: ["de", "en", "fr"] for code in ("de", "en", "fr")}


def test_the_rest_of_the_operations(client: TestClient, settings: ServeSettings) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    found = client.get("/frontend/settings").json()
    assert found["charLimit"] == settings.max_text_chars
    assert found["language"]["source"] == {"code": "auto", "name": "Auto Detect"}
    assert (found["keyRequired"], found["suggestions"]) == (False, False)
    answer = client.post("/suggest", json={"q": "a", "s": "b", "source": "de", "target": "en"})
    assert (answer.status_code, answer.json()) == (
        403,
        {"error": "Suggestions are disabled on this server."},
    )


HOSTILE = [
    "<" * 1_000,
    "<b>" * 10_000 + "Wort",
    "<p>Wort</p><script>alert('Wort')</script>",
    "<p onclick=\"x('Wort')\">&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    "<!-- Wort",
    "<p>Wort <a href='javascript:x'>hier</a></p>",
    "&#0;&#xD800;&#x110000; Wort",
]


@pytest.mark.parametrize("page", HOSTILE, ids=lambda page: page[:20])
def test_a_page_gets_no_markup_that_it_had_not(client: TestClient, page: str) -> None:
    answer = client.post("/translate", json=body(q=page, format="html"))
    assert answer.status_code == OK
    assert answer.json()["translatedText"].lower().count("<script") == page.count("<script")
    assert answer.json()["translatedText"].count("&lt;") >= page.count("&lt;")


def test_a_translation_is_text_even_if_it_looks_like_markup(
    client: TestClient, pool: FakePool
) -> None:
    pool.answers["translate_segments"] = [
        {"text": "<img src=x onerror=y> & so", "score": 0.0, "flags": [], "alternatives": []}
    ]
    answer = client.post("/translate", json=body(q="Wort", format="html"))
    assert answer.json() == {"translatedText": "&lt;Img src=x onerror=y&gt; &amp; so"}


class TestKeys:
    """Of a server that asks for them."""

    @pytest.fixture
    def settings(self, settings: ServeSettings) -> ServeSettings:
        return ServeSettings(home=settings.home, needs_keys=True)

    @pytest.fixture
    def key(self, client: TestClient) -> str:
        return str(client.app.state.services.keys.new("one", ["translate"]))  # type: ignore[attr-defined]

    @pytest.mark.parametrize("place", ["json", "data", "params"])
    @pytest.mark.parametrize("path", ["/translate", "/detect"])
    def test_a_key_goes_where_clients_have_it(
        self, client: TestClient, key: str, place: str, path: str
    ) -> None:
        given = {place: body(api_key=key)}
        assert client.post(path, **given).status_code == OK  # type: ignore[arg-type]

    @pytest.mark.parametrize("wrong", [None, "", "abc", "mtp_" + "a" * 43, 5])
    def test_without_one_nothing_is_translated(
        self, client: TestClient, pool: FakePool, wrong: object
    ) -> None:
        answer = client.post("/translate", json=body(api_key=wrong))
        assert answer.status_code == 403
        assert list(answer.json()) == ["error"]
        assert pool.calls == []

    def test_languages_are_for_everybody(self, client: TestClient) -> None:
        assert client.get("/languages").status_code == OK
        assert client.get("/frontend/settings").json()["keyRequired"] is True


@pytest.mark.parametrize("path", ["/translate", "/detect"])
def test_a_field_that_is_far_too_long_is_not_decoded(client: TestClient, path: str) -> None:
    """That takes the one process for requests half a minute for the largest body."""
    answer = client.post(path, data={"q": "a" * 3_000_000})
    assert answer.status_code == 400
    assert "maximum size" in answer.json()["error"]
