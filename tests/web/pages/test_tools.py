"""The four tools' forms: what they ask the jobs for, and how they say what is wrong."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.web.settings import ServeSettings
from tests.web.fakes import FakePool
from tests.web.pages.conftest import finished, page_of, submitted, text_of

PAGE = "<!DOCTYPE html><html><head><title>Le pont &amp; l&#39;eau</title></head><body><p>Oui.</p>"


def asked(client: TestClient, pool: FakePool, path: str, task: str) -> dict[str, Any]:
    """The request of the only job."""
    finished(client, path)
    [arguments] = pool.asked(task)
    return dict(arguments["request"])


@pytest.mark.parametrize("name", ["detect", "translate", "align", "score"])
def test_a_form_has_a_label_for_every_field(client: TestClient, name: str) -> None:
    page = page_of(client.get(f"/ui/{name}"))
    fields = page.xpath(
        "//main//*[self::input or self::textarea or self::select][not(@type='hidden')]"
    )
    assert fields
    for field in fields:
        labelled = field.xpath("ancestor::label") or page.xpath(
            f"//label[@for='{field.get('id')}']"
        )
        assert labelled, field.get("name")


@pytest.mark.parametrize("name", ["detect", "translate", "align", "archive"])
@pytest.mark.parametrize("allow_fetch", [True, False])
def test_addresses_are_offered_where_they_are_fetched(
    client: TestClient, settings: ServeSettings, name: str, allow_fetch: bool
) -> None:
    client.app.state.services.settings = ServeSettings(  # type: ignore[attr-defined]
        home=settings.home, archive=settings.archive, allow_fetch=allow_fetch
    )
    fields = page_of(client.get(f"/ui/{name}")).xpath("//input[@type='url']")
    assert bool(fields) is allow_fetch


def test_an_examination_against_the_archive(client: TestClient, pool: FakePool) -> None:
    form = {
        "candidate_way": "text",
        "candidate_text": "Der Damm\r\n\r\nEr hält.",
        "origin": "archive",
    }
    request = asked(client, pool, submitted(client, "/ui/detect", form), "job_detect")
    assert request["use_archive"] is True
    assert request["translate"] is False
    assert request.get("original") is None
    assert len(request["candidates"]) == 1


def test_an_examination_against_an_original(client: TestClient, pool: FakePool) -> None:
    form = {
        "candidate_way": "file",
        "origin": "original",
        "original_way": "address",
        "original_address": "https://tribune.example/a",
        "prior": "12,5",
        "translate": "1",
    }
    files = [
        ("candidate_file", ("a.html", b"<p>Eins.", "text/html")),
        ("candidate_file", ("a.html", b"<p>Zwei.", "text/html")),
    ]
    request = asked(client, pool, submitted(client, "/ui/detect", form, files), "job_detect")
    assert [one["upload"] for one in request["candidates"]] == ["a.html", "a (2).html"]
    assert request["original"] == {"url": "https://tribune.example/a"}
    assert request["prior"] == 0.125
    assert request["translate"] is True
    assert request["use_archive"] is False


def test_a_pasted_page_is_read_as_one(client: TestClient) -> None:
    form = {"candidate_text": PAGE, "origin": "none"}
    answer = finished(client, submitted(client, "/ui/detect", form))
    assert page_of(answer).xpath("//h1")[0].text_content() == "Le pont & l'eau"


def test_whoever_fills_another_part_means_that(client: TestClient, pool: FakePool) -> None:
    form = {"text_way": "text", "text_text": " ", "target": "en"}
    files = {"text_file": ("a.txt", b"Bonjour.", "text/plain")}
    request = asked(client, pool, submitted(client, "/ui/translate", form, files), "job_translate")
    assert request["sources"][0]["upload"] == "a.txt"


def test_the_same_again_is_the_same_job(client: TestClient) -> None:
    form = {"text_text": "Bonjour.", "target": "de"}
    assert submitted(client, "/ui/translate", form) == submitted(client, "/ui/translate", form)


def test_a_translation_in_every_format(client: TestClient, pool: FakePool) -> None:
    form = {"text_text": "Bonjour.", "source": "fr", "target": "de"}
    request = asked(client, pool, submitted(client, "/ui/translate", form), "job_translate")
    assert (request["source"], request["target"]) == ("fr", "de")
    assert set(request["formats"]) == {"jsonl", "text", "html", "tsv", "tmx", "xliff"}


def test_scores_of_several_files(client: TestClient, pool: FakePool) -> None:
    files = [
        ("hypotheses_file", ("one.de", b"Gut.\n", "text/plain")),
        ("hypotheses_file", ("two.de", b"Schlecht.\n", "text/plain")),
    ]
    form = {"references_text": "Gut.\n", "metrics": ["chrf", "ter", "nonsense"]}
    request = asked(client, pool, submitted(client, "/ui/score", form, files), "job_score")
    assert list(request["hypotheses"]) == ["one.de", "two.de"]
    assert request["metrics"] == ["chrf", "ter"]


@pytest.mark.parametrize(
    ("path", "form", "message"),
    [
        ("detect", {"origin": "archive"}, "There is nothing here yet"),
        (
            "detect",
            {"candidate_text": "x" * 5_001, "origin": "none"},
            "5,001 characters; at most 5,000",
        ),
        ("detect", {"candidate_text": "A.", "origin": "original"}, "There is nothing here yet"),
        ("detect", {"candidate_text": "A.", "origin": "none", "prior": "120"}, "between 0 and 100"),
        ("detect", {"candidate_text": "A.", "origin": "none", "prior": "nan"}, "between 0 and 100"),
        (
            "detect",
            {"candidate_text": "A.", "origin": "none", "prior": "viel"},
            "between 0 and 100",
        ),
        (
            "detect",
            {"candidate_address": "javascript:alert(1)", "origin": "none"},
            "no web address",
        ),
        ("detect", {"candidate_address": "file:///etc/passwd", "origin": "none"}, "no web address"),
        ("translate", {"text_text": "A.", "target": "xx"}, "choose a language"),
        ("translate", {"text_text": "A.", "source": "xx", "target": "de"}, "choose a language"),
        ("translate", {"text_text": "A.", "source": "de", "target": "de"}, "another language"),
        ("align", {"source_text": "A."}, "There is nothing here yet"),
        ("score", {"hypotheses_text": "A.", "references_text": "B."}, "at least one measure"),
        ("archive/add", {}, "There is nothing here yet"),
    ],
)
def test_what_is_wrong_is_said_at_the_form(
    client: TestClient, pool: FakePool, path: str, form: dict[str, str], message: str
) -> None:
    answer = client.post(f"/ui/{path}", data=form)
    assert answer.status_code == 422
    [said] = page_of(answer).xpath("//main//*[@role='alert']")
    assert message in said.text_content()
    kept = [value for name, value in form.items() if name.endswith("_text")]
    shown = [area.text for area in page_of(answer).xpath("//textarea")]
    assert all(value in [text.lstrip("\n") for text in shown if text] for value in kept)
    assert not [call for call in pool.calls if call.task.startswith("job_")]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("source_file", ("a.txt", b"", "text/plain"))], "“a.txt” is empty"),
        (
            [("source_file", (f"{n}.txt", b"A.", "text/plain")) for n in range(2)],
            "one text here, not several",
        ),
    ],
    ids=["empty", "several"],
)
def test_files_that_can_t_be_used(client: TestClient, files: Any, message: str) -> None:
    answer = client.post("/ui/align", data={"target_text": "B."}, files=files)
    assert answer.status_code == 422
    assert message in text_of(answer)


def test_without_an_archive_it_is_explained_how_to_get_one(client: TestClient) -> None:
    owned = client.app.state.services  # type: ignore[attr-defined]
    owned.settings = ServeSettings(home=owned.settings.home)
    said = text_of(client.get("/ui/detect"))
    assert "This server has no archive yet." in said
    assert "mtpipe serve --archive originals" in said
    answer = client.post("/ui/detect", data={"candidate_text": "A.", "origin": "archive"})
    assert answer.status_code == 422
    assert "This server has no archive. Give the original yourself" in text_of(answer)


def test_what_the_jobs_refuse_is_said_at_the_form(client: TestClient) -> None:
    owned = client.app.state.services  # type: ignore[attr-defined]
    owned.jobs._settings = ServeSettings(home=owned.settings.home, max_upload_bytes=3)
    owned.jobs.store._settings = owned.jobs._settings
    answer = client.post("/ui/translate", data={"text_text": "Bonjour.", "target": "de"})
    assert answer.status_code == 422
    assert "This can’t be done:" in text_of(answer)


@pytest.mark.parametrize("language", ["de", "fr"])
def test_figures_in_messages_are_the_language_s(client: TestClient, language: str) -> None:
    answer = client.post(
        "/ui/align",
        data={"source_text": "x" * 5_001, "target_text": "y"},
        headers={"Accept-Language": language},
    )
    assert {"de": "5.001 Zeichen", "fr": "5 001 caractères"}[language] in text_of(answer)


def test_what_was_pasted_comes_back_as_it_was(client: TestClient) -> None:
    text = "\n\nAn\u200bders \u202eherum <b>&amp;\u00ad"
    answer = client.post("/ui/align", data={"source_text": text})
    assert page_of(answer).get_element_by_id("source-text").text == f"\n{text}"


def test_files_beside_a_wrong_field_have_to_be_chosen_again(client: TestClient) -> None:
    """They don't come back with the form, which has to say so where they were."""
    form = {"source_way": "file", "target_way": "text", "target_text": ""}
    files = [("source_file", ("a.txt", b"Eins.", "text/plain"))]
    answer = client.post("/ui/align", data=form, files=files)
    assert answer.status_code == 422
    source, target = (text_of_element(each) for each in sources_of(answer))
    assert "Files have to be chosen again." in source
    assert "chosen again" not in target
    assert "chosen again" not in client.get("/ui/align").text


def test_what_is_wrong_with_a_file_is_said_of_its_field(client: TestClient) -> None:
    form = {"text_way": "file", "target": "en"}
    answer = client.post("/ui/translate", data=form, files=[("text_file", ("a.txt", b""))])
    [field] = page_of(answer).xpath("//input[@type='file']")
    assert field.get("aria-describedby") == "text-problem"
    assert "chosen again" not in answer.text  # the problem says enough


def test_what_is_scored_is_asked_for_line_by_line(client: TestClient) -> None:
    answer = client.get("/ui/score")
    fields = page_of(answer).xpath("//textarea")
    assert [field.get("placeholder") for field in fields] == ["One sentence per line"] * 2
    assert "saved web pages" not in answer.text


def test_french_has_a_space_in_front_of_colons(client: TestClient) -> None:
    french = {"Accept-Language": "fr"}
    assert "<b>BLEU</b>\u00a0: suites" in client.get("/ui/score", headers=french).text
    assert "Français\u00a0: 1\u202f200" in client.get("/ui/archive", headers=french).text
    assert "flores-dev\u00a0: BLEU" in client.get("/ui/models", headers=french).text


def sources_of(answer: Any) -> list[Any]:
    """The parts of a form that take a text, files or an address."""
    return list(page_of(answer).xpath("//div[@class='source']"))


def text_of_element(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())
