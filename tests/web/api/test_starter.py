"""The API with the model that ships, in processes of its own."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe import Detector, Translator, align, read_article, score
from mtpipe.report.detection import detection_record
from mtpipe.web import create_app
from mtpipe.web.settings import ServeSettings

pytest.importorskip("lancedb")

API = "/api/v1"
DEMO = Path(__file__).parents[3] / "data" / "demo"
GERMAN, FRENCH = ((DEMO / f"{code}.txt").read_text("utf-8") for code in ("de", "fr"))


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server with two processes and an empty archive."""
    folder = tmp_path_factory.mktemp("serve")
    settings = ServeSettings(
        home=folder / "home", archive=str(folder / "originals"), model="starter"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MTPIPE_HOME", str(home))
        with TestClient(create_app(settings), base_url="http://localhost:8000") as client:
            yield client


def post(server: TestClient, path: str, body: object) -> dict[str, Any]:
    answer = server.post(f"{API}{path}", json=body)
    assert answer.status_code in (200, 202), answer.text
    return dict(answer.json())


def test_sentences_are_translated_as_by_the_translator(server: TestClient) -> None:
    texts = ["Guten Morgen.", "1234", "Der Rat hat gestern getagt."]
    answer = post(server, "/translate", {"texts": texts, "target": "en"})
    with Translator("en", source="de", model="starter", cache=False) as translator:
        wanted = translator.segments(texts)
        assert answer["signature"] == translator.signature
    assert answer["source_language"] == "de"
    assert [each["target"] for each in answer["translations"]] == [each.text for each in wanted]
    assert answer["translations"][0]["target"] == "Good morning."
    assert answer["translations"][1] == {
        "source": "1234", "target": "1234", "score": 0.0, "flags": [], "alternatives": [],
    }  # fmt: skip


def test_a_page_keeps_its_markup(server: TestClient) -> None:
    page = (
        '<article><h1>Neue Brücke</h1><p>Die <a href="https://example.org/b">Brücke</a> wurde '
        "am <strong>Montag</strong> eröffnet. <script>alert(1)</script></p></article>"
    )
    body = {"article": {"html": page, "language": "de"}, "target": "en", "format": "html"}
    answer = post(server, "/translate/article", body)
    assert answer["media_type"] == "text/html"
    assert '<a href="https://example.org/b" rel="noopener noreferrer">' in answer["content"]
    assert "<strong>Monday</strong>" in answer["content"]
    assert "script" not in answer["content"]


@pytest.mark.parametrize("form", ["json", "text", "tsv", "tmx", "xliff"])
def test_an_article_in_every_format(server: TestClient, form: str) -> None:
    body = {"article": {"text": GERMAN, "id": "bridge"}, "target": "fr", "format": form}
    answer = post(server, "/translate/article", body)
    if form == "json":
        record = answer["translation"]
        assert (record["id"], record["source_language"], record["language"]) == (
            "bridge", "de", "fr",
        )  # fmt: skip
        assert record["title"] == record["paragraphs"][0]["text"]
    else:
        assert "pont" in answer["content"]
    assert answer["failures"] == []


def test_a_repost_is_detected_as_by_the_detector(server: TestClient, tmp_path: Path) -> None:
    candidate = (DEMO / "candidates" / "staudamm.de.txt").read_text("utf-8")
    original = (DEMO / "archive" / "barrage-orvane.html").read_text("utf-8")
    body = {"candidate": {"text": candidate}, "original": {"html": original}, "report": True}
    answer = post(server, "/detect", body)
    assert answer["verdict"] == "machine-translated republication"
    assert answer.pop("report_html").startswith("<!doctype html>")
    detection = Detector(model="starter").examine(
        read_article(DEMO / "candidates" / "staudamm.de.txt"),
        read_article(DEMO / "archive" / "barrage-orvane.html"),
        translate=True,
    )
    wanted = json.loads(json.dumps(detection_record(detection, command="", version="")))
    for record in (answer, wanted):
        for name in ("id", "command", "created", "version"):
            record.pop(name, None)
        for name in ("candidate", "original"):
            del record[name]["id"], record[name]["source"]
    assert answer == wanted


def test_a_text_that_is_no_article(server: TestClient) -> None:
    answer = server.post(f"{API}/detect", json={"candidate": {"html": "<p></p>"}})
    assert answer.status_code == 422
    assert answer.json()["type"].startswith("urn:mtpipe:problem:")


def test_addresses_arent_fetched_unless_the_server_was_told_to(server: TestClient) -> None:
    answer = server.post(f"{API}/detect", json={"candidate": {"url": "http://127.0.0.1:1/"}})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "this server fetches no addresses",
    )


def test_texts_are_aligned(server: TestClient) -> None:
    body = {"source": {"text": GERMAN}, "target": {"text": FRENCH}, "format": "tmx"}
    answer = post(server, "/align", body)
    assert (answer["source"]["language"], answer["target"]["language"]) == ("de", "fr")
    assert answer["beads"][0] == {**answer["beads"][0], "source": [0], "target": [0]}
    assert answer["content"].startswith("<?xml")
    wanted = align(read_article(DEMO / "de.txt"), read_article(DEMO / "fr.txt"))
    assert [each["target"] for each in answer["beads"]] == [
        list(bead.target) for bead in wanted.alignment.beads
    ]


def test_sentences_are_aligned_as_they_are(server: TestClient) -> None:
    sides = [["Guten Morgen. Wie geht es?", "Danke."], ["Good morning. How are you?", "Thanks."]]
    body = {
        "source": {"sentences": sides[0], "language": "de"},
        "target": {"sentences": sides[1], "language": "en"},
    }
    answer = post(server, "/align", body)
    assert answer["source"]["sentences"] == sides[0]
    assert [each["source"] for each in answer["beads"]] == [[0], [1]]


def test_translations_are_scored(server: TestClient) -> None:
    body = {
        "hypotheses": {"a": ["The cat sat."] * 3, "b": ["The cat sits.", "A dog.", "Cats."]},
        "references": [["A cat sat."] * 3],
        "paired": "bootstrap",
        "segments": True,
        "format": "csv",
    }
    answer = post(server, "/score", body)
    wanted = score(body["hypotheses"], body["references"], paired="bootstrap")  # type: ignore[arg-type]
    [first, _] = answer["systems"]
    assert first["scores"]["chrf"]["score"] == wanted.tables[0].rows[0].cells[1].value
    assert first["scores"]["bleu"]["mean"] is not None
    assert len([part for part in answer["parts"] if part["kind"] == "segment"]) == 3
    assert answer["content"].startswith("part,name,segments,system,metric,score")


def test_lengths_that_differ(server: TestClient) -> None:
    body = {"hypotheses": {"a": ["x"]}, "references": [["y", "z"]]}
    answer = server.post(f"{API}/score", json=body)
    assert answer.status_code == 422


def test_an_archive_from_the_first_article_to_the_last(server: TestClient) -> None:
    pages = {path.name: path.read_text("utf-8") for path in (DEMO / "archive").iterdir()}
    articles = [
        {"html" if name.endswith("html") else "text": text, "id": name}
        for name, text in pages.items()
    ]
    assert post(server, "/archive/articles", {"articles": articles})["added"] == len(pages)
    assert post(server, "/archive/articles", {"articles": articles})["skipped"] == len(pages)
    figures = server.get(f"{API}/archive").json()
    assert (figures["articles"], set(figures["languages"])) == (len(pages), {"fr"})

    listed: list[str] = []
    path: str | None = f"{API}/archive/articles?limit=4"
    while path:
        page = server.get(path).json()
        listed += [each["id"] for each in page["articles"]]
        path = page["next"]
    assert listed == sorted(pages)
    found = server.get(f"{API}/archive/articles", params={"containing": "barrage"}).json()
    assert "barrage-orvane.html" in [each["id"] for each in found["articles"]]

    repost = {"text": (DEMO / "candidates" / "staudamm.de.txt").read_text("utf-8")}
    [best, *_] = post(server, "/archive/search", {"candidate": repost})["originals"]
    assert best["id"] == "barrage-orvane.html"
    detection = post(server, "/detect", {"candidate": repost})
    assert detection["original"]["id"] == "barrage-orvane.html"

    ids = {"id": ["barrage-orvane.html", "x"]}
    assert server.delete(f"{API}/archive/articles", params=ids).json() == {
        "removed": ["barrage-orvane.html"]
    }
    assert server.get(f"{API}/archive").json()["articles"] == len(pages) - 1


def test_models(server: TestClient) -> None:
    answer = server.get(f"{API}/models").json()
    assert "starter" in [row["name"] for row in answer["models"] if row["installed"]]
    [direction] = [row for row in answer["directions"] if row["direction"] == "de-en"]
    assert direction["models"] == ["starter"]
    assert direction["better"]["command"].startswith("mtpipe models fetch ")


def test_a_job_with_a_file(server: TestClient) -> None:
    data = {"request": '{"kind": "translate", "target": "en"}'}
    files = [("files", ("de.txt", GERMAN.encode(), "text/plain"))]
    made = server.post(f"{API}/jobs", data=data, files=files)
    assert made.status_code == 202
    assert server.post(f"{API}/jobs", data=data, files=files).json()["id"] == made.json()["id"]
    events = server.get(made.json()["events"]).text
    assert '"state":"done"' in events
    job = server.get(made.json()["address"]).json()
    assert job["summary"]["articles"] == 1
    names = {file["name"]: file["address"] for file in job["files"]}
    text = server.get(names["translation.txt"])
    assert (text.status_code, "bridge" in text.text.lower()) == (200, True)
    assert server.delete(job["address"]).status_code == 204
    assert server.get(names["translation.txt"]).status_code == 404


def test_a_job_that_detects(server: TestClient) -> None:
    body = {
        "kind": "detect",
        "candidates": [{"text": (DEMO / "candidates" / "staudamm.de.txt").read_text("utf-8")}],
        "original": {"html": (DEMO / "archive" / "barrage-orvane.html").read_text("utf-8")},
    }
    job = post(server, "/jobs", body)
    server.get(job["events"])
    job = server.get(job["address"]).json()
    assert (job["state"], job["summary"]["verdict"]) == ("done", "machine-translated republication")
    report = server.get(f"{job['address']}/files/report.html")
    assert report.headers["content-disposition"].startswith("attachment")
    assert "<h1" in report.text


def test_a_job_that_fails(server: TestClient) -> None:
    job = post(server, "/jobs", {"kind": "translate", "target": "en", "sources": [{"text": "1"}]})
    for _ in range(100):
        job = server.get(job["address"]).json()
        if job["state"] in ("done", "failed"):
            break
        time.sleep(0.1)
    assert job["state"] in ("done", "failed")
