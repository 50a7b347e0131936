"""The pages of jobs: progress, results of every kind, files, and what may be done with a job."""

import asyncio
import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.errors import EngineError
from tests.web.fakes import FakePool
from tests.web.pages import work
from tests.web.pages.conftest import finished, page_of, submitted, text_of

FORMS = {
    "detect": {"candidate_text": "Der Damm.\n\nEr hält.", "origin": "archive"},
    "translate": {"text_text": "Le titre\n\nLe pont.", "target": "de"},
    "align": {"source_text": "Le pont. Seul.", "target_text": "Die Brücke."},
    "score": {"hypotheses_text": "Gut.", "references_text": "Gut.", "metrics": ["bleu", "chrf"]},
    "archive/add": {"articles_text": "Le pont."},
}


def started(client: TestClient, name: str = "detect") -> str:
    """The path of a job's page."""
    return submitted(client, f"/ui/{name}", FORMS[name])


def running(pool: FakePool, task: str = "job_detect") -> None:
    """Have a task get to 3 of 12, and no further."""

    async def work_for_ever(_: Any, on_progress: Any) -> None:
        on_progress(3, 12, "")
        await asyncio.sleep(3600)

    pool.answers[task] = work_for_ever


def events_of(client: TestClient, path: str) -> list[dict[str, Any]]:
    """What the script of a job's page is told, to the end."""
    answer = client.get(f"{path}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


def test_an_examination_in_plain_words(client: TestClient) -> None:
    answer = finished(client, started(client))
    page, said = page_of(answer), text_of(answer)
    assert page.xpath("string(//main//h2[1])") == "A machine-translated copy of your article"
    assert "Compared with Le barrage" in said
    assert "Is it a translation of this original? Yes probability over 99%" in said
    assert "Did a machine translate it? Moderately supported" in said
    assert "traces of copying software? Not shown 42 of 100 points" in said
    [frame] = page.xpath("//iframe")
    assert frame.get("sandbox") == "allow-popups"
    assert frame.get("title")
    report = client.get(frame.get("src"))
    assert report.text == work.REPORT
    assert "sandbox" in report.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in report.headers["content-security-policy"]


def test_everything_that_is_offered_can_be_downloaded(client: TestClient, pool: FakePool) -> None:
    page = page_of(finished(client, started(client)))
    offered = [link.get("href") for link in page.xpath("//a[@download]")]
    assert [re.sub(r".*/files/", "", address) for address in offered] == [
        "report.html?download=1",
        "report.json?download=1",
        "rows.jsonl?download=1",
        "all.zip?download=1",
    ]
    for address in offered[:3]:
        file = client.get(address)
        assert file.status_code == 200
        assert file.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("verdict", "tone"),
    [
        ("machine-translated republication", "accuse"),
        ("probably a machine's translation", "look"),
        ("translation, a machine not shown", "open"),
        ("a republication not shown", "clear"),
    ],
)
def test_the_tone_of_a_verdict(client: TestClient, pool: FakePool, verdict: str, tone: str) -> None:
    pool.answers["job_detect"] = work.examined(verdict)
    page = page_of(finished(client, started(client)))
    assert page.xpath("//section[contains(@class, 'verdict')]/@class") == [f"verdict {tone}"]


def test_an_unknown_verdict_does_no_harm(client: TestClient, pool: FakePool) -> None:
    pool.answers["job_detect"] = work.examined("something new")
    page = page_of(finished(client, started(client)))
    assert not page.xpath("//section[contains(@class, 'verdict')]")
    assert page.xpath("//iframe")


def test_many_examinations(client: TestClient, pool: FakePool) -> None:
    rows = [
        {"id": "a.html", "verdict": "copy in the same language", "original": "b.html",
         "report": "reports/a.html"},
        {"id": "c.html", "verdict": "something new", "original": None, "report": "reports/c.html"},
    ]  # fmt: skip
    files = {"reports/a.html": work.REPORT, "rows.jsonl": "{}\n"}
    failures = [{"id": "d.html", "stage": "read", "error": "no text"}]
    summary = {"rows": rows, "failures": failures, "failed": 77}
    pool.answers["job_detect"] = work.leaving(files, summary)
    answer = finished(client, started(client))
    said = text_of(answer)
    assert "a.html A copy in the same language b.html" in said
    assert "c.html something new –" in said
    assert "77 articles couldn’t be read d.html : no text" in said
    [link] = page_of(answer).xpath("//tbody//a/@href")
    assert client.get(link).text == work.REPORT


def test_a_translation_sentence_by_sentence(client: TestClient) -> None:
    answer = finished(client, started(client, "translate"))
    rows = page_of(answer).xpath("//tbody/tr")
    cells = [[" ".join(cell.text_content().split()) for cell in row] for row in rows]
    assert cells[0] == ["1", "Le titre", "Der Titel"]
    assert cells[1][:2] == ["2", "Le pont."]
    assert cells[1][2].startswith("Die Brücke.Numbers differed from the original. Please check")
    assert "A piece was repeated at first; translated again, and solved." in cells[1][2]
    assert cells[2] == ["3", "Schon deutsch.", "Schon deutsch."]
    assert rows[1][1].get("lang") == "fr"
    assert rows[2][1].get("lang") == "de"
    assert rows[1].get("class") == "block"
    assert "2 sentences. 1 of them needs a look" in text_of(answer)


def test_a_long_translation_shows_its_beginning(
    client: TestClient, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtpipe.web.pages.results._MOST_SENTENCES", 2)
    answer = finished(client, started(client, "translate"))
    assert len(page_of(answer).xpath("//tbody/tr")) == 2
    assert "Only the beginning is shown here." in text_of(answer)


def test_a_line_that_was_cut_off_is_left_out(client: TestClient, pool: FakePool) -> None:
    pool.answers["job_translate"] = work.leaving({"translation.jsonl": '{"id": "a'}, {})
    answer = finished(client, started(client, "translate"))
    assert not page_of(answer).xpath("//tbody")


def test_an_alignment(client: TestClient) -> None:
    answer = finished(client, started(client, "align"))
    rows = page_of(answer).xpath("//tbody/tr")
    cells = [[" ".join(cell.text_content().split()) for cell in row] for row in rows]
    assert cells == [["Le pont.", "Die Brücke.", "0.91"], ["Seul.", "nothing corresponds", ""]]
    assert rows[0][0].get("lang") == "fr"
    assert rows[0].xpath(".//span/@class") == ["close"]


def test_scores(client: TestClient) -> None:
    answer = finished(client, started(client, "score"))
    assert "System BLEU chrF ours 31.25 58.50" in text_of(answer)
    assert page_of(answer).xpath("//iframe")


def test_articles_for_the_archive(client: TestClient) -> None:
    said = text_of(finished(client, started(client, "archive/add")))
    assert "2 articles were added" in said
    assert "1 article was there in an earlier version and was replaced." in said
    assert "1 article couldn’t be read broken.html : not text" in said


def test_a_running_job(client: TestClient, pool: FakePool) -> None:
    running(pool)
    path = started(client)
    with client.stream("GET", f"{path}/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: ") and json.loads(line[6:])["percent"] == 25:
                break
        told = json.loads(line[6:])
        assert told["count"] == "3 of 12"
        assert told["heading"] == "Examining …"
        page = page_of(client.get(path))
        assert page.xpath("//progress/@value") == ["25"]
        assert "3 of 12" in page.xpath("string(//main)")
        assert page.xpath("//noscript/meta/@http-equiv") == ["refresh"]
        assert client.post(f"{path}/cancel").headers["location"] == path
    said = text_of(finished(client, path))
    assert "Cancelled What was finished until then has been kept." in said


def test_what_waits_says_so(client: TestClient, pool: FakePool) -> None:
    running(pool)
    started(client)
    form = FORMS["detect"] | {"candidate_text": "Ein anderer Text."}
    answer = client.get(submitted(client, "/ui/detect", form))
    assert page_of(answer).xpath("string(//main//h2)") == "Waiting for its turn …"
    assert not page_of(answer).xpath("//progress/@value")


def test_events_end_with_a_final_state(client: TestClient) -> None:
    path = started(client)
    told = events_of(client, path)
    assert [event["is_final"] for event in told][-1:] == [True]
    assert events_of(client, path)[-1]["is_final"]
    again = client.get(f"{path}/events", headers={"Last-Event-ID": "final"})
    assert "data:" not in again.text


def test_a_failed_job_says_why_and_goes_on(client: TestClient, pool: FakePool) -> None:
    pool.answers["job_detect"] = EngineError("the engine stumbled", hint="try another model")
    path = started(client)
    said = text_of(finished(client, path))
    assert (
        "This didn’t work The server couldn’t do it. the engine stumbled try another model" in said
    )
    pool.answers["job_detect"] = work.examined()
    assert client.post(f"{path}/retry").headers["location"] == path
    assert "A machine-translated copy of your article" in text_of(finished(client, path))
    assert client.post(f"{path}/retry").status_code == 409


def test_the_list_of_jobs(client: TestClient, pool: FakePool) -> None:
    assert "You haven’t started anything yet." in text_of(client.get("/ui/jobs"))
    finished(client, started(client))
    running(pool, "job_translate")
    path = started(client, "translate")
    answer = client.get("/ui/jobs")
    rows = page_of(answer).xpath("//tbody/tr")
    assert [row.xpath("string(.//a)") for row in rows] == ["Le titre", "Der Damm."]
    assert "done A machine-translated copy" in " ".join(rows[1].text_content().split())
    assert rows[0].xpath(".//progress")
    assert rows[0].xpath(".//form/@action") == [f"{path}/cancel"]
    assert page_of(answer).xpath("//@data-live") == ["/ui/jobs"]
    client.post(f"{path}/cancel")


def test_pages_of_the_list(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtpipe.web.pages.jobs._LIST_LIMIT", 2)
    for number in range(3):
        form = {"text_text": f"Text {number}.", "target": "de"}
        finished(client, submitted(client, "/ui/translate", form))
    first = page_of(client.get("/ui/jobs"))
    assert first.xpath("//tbody//a/text()") == ["Text 2.", "Text 1."]
    [following] = first.xpath("//nav[@class='pages']/a/@href")
    second = page_of(client.get(following))
    assert second.xpath("//tbody//a/text()") == ["Text 0."]
    assert second.xpath("//nav[@class='pages']/a/@href") == ["/ui/jobs"]


def test_a_job_is_deleted(client: TestClient) -> None:
    path = started(client)
    finished(client, path)
    assert client.post(f"{path}/remove").headers["location"] == "/ui/jobs"
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/remove").status_code == 404


def test_a_running_job_isn_t_deleted(client: TestClient, pool: FakePool) -> None:
    running(pool)
    path = started(client)
    assert client.post(f"{path}/remove").status_code == 409
    client.post(f"{path}/cancel")


@pytest.mark.parametrize(
    "name",
    [
        "nothing.html",
        "../job.json",
        "..%2fjob.json",
        "reports/../../job.json",
        "report.html%00",
        "",
    ],
)
def test_no_other_file_can_be_had(client: TestClient, name: str) -> None:
    path = started(client)
    finished(client, path)
    assert client.get(f"{path}/files/{name}").status_code in (400, 404)


@pytest.mark.parametrize("job_id", ["0" * 32, "x", "%2e%2e%2fjobs", "A" * 5_000])
def test_no_such_job(client: TestClient, job_id: str) -> None:
    assert client.get(f"/ui/jobs/{job_id}").status_code == 404
    assert client.post(f"/ui/jobs/{job_id}/cancel").status_code in (404, 405)
