"""Every kind of job is done for real, and leaves its files, its summary and none of our paths."""

import dataclasses
import json
import zipfile

import pytest

from mtpipe.errors import EmptyArticle, InputError, UnreadableArticle
from mtpipe.web.jobs import translating, work
from mtpipe.web.jobs.making import arguments_of
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.jobs.uploads import Upload
from mtpipe.web.settings import ServeSettings
from tests.web.jobs.conftest import Doing

GERMAN = "Die neue Brücke wurde am Montag eröffnet. Die Arbeiten dauerten drei Jahre."
FRENCH = """Le nouveau pont a été inauguré lundi.

Les travaux ont duré trois ans et coûté 24 millions d'euros.

La maire a remercié les ouvriers devant plusieurs centaines de personnes.

Une deuxième phase commencera au printemps de l'année prochaine."""
ENGLISH = """The new bridge was opened on Monday.

The work lasted three years and cost 24 million euros.

The mayor thanked the workers in front of several hundred people.

A second phase will begin in the spring of next year."""


def names(job: dict[str, object]) -> list[str]:
    return [file[0] for file in job["files"]]  # type: ignore[index,attr-defined]


def test_articles_are_translated_under_the_names_of_their_uploads(doing: Doing) -> None:
    page = f"<html><body><h1>Brücke offen</h1><p>{GERMAN}</p></body></html>".encode()
    job = doing.done(
        "translate",
        {
            "target": "en",
            "model": "starter",
            "sources": [{"upload": "../seite.html"}, {"text": FRENCH}],
            "formats": ["tmx"],
        },
        [Upload("../seite.html", page)],
    )
    records = [json.loads(line) for line in doing.text(job, "translation.jsonl").splitlines()]
    assert [record["id"] for record in records] == ["seite.html", "text.txt"]
    assert {record["path"] for record in records} == {"seite.html", "text.txt"}
    assert [file.name for file in job.files if file.size_bytes is not None] == [
        "translation.jsonl",
        "translation.tmx",
    ]
    assert job.summary == {
        "articles": 2, "sentences": 7, "flagged": 0, "source": "de, fr", "target": "en",
        "failed": 0, "failures": [],
    }  # fmt: skip
    assert doing.told[-1][:2] == (2, 2)
    assert (job.done, job.total) == (2, 2)


def test_what_fails_is_listed_and_the_job_is_done(doing: Doing) -> None:
    table = (
        b'{"id": "a", "text": "Guten Morgen, liebe Leute."}\n{"broken\n{"id": "a", "text": "x"}\n'
    )
    job = doing.done(
        "translate",
        {"target": "en", "model": "starter", "source": "de", "sources": [{"upload": "t.jsonl"}]},
        [Upload("t.jsonl", table)],
    )
    assert job.summary
    assert job.summary["articles"] == 1
    assert [failure["id"] for failure in job.summary["failures"]] == ["t.jsonl#2", "a"]
    assert str(doing.store.folder(job.id).path) not in doing.text(job, "failures.jsonl")


@pytest.mark.parametrize(
    ("sources", "uploads", "error"),
    [
        ([{"upload": "a.pdf"}], [Upload("a.pdf", b"%PDF-1.4 xyz")], "a.pdf: a PDF"),
        (
            [{"upload": "a.html"}, {"upload": "b.html"}],
            [Upload("a.html", b"<p></p>"), Upload("b.html", b"<b></b>")],
            "none of 2 articles could be used; a.html: no article text",
        ),
    ],
    ids=["one", "several"],
)
def test_a_job_with_nothing_to_work_on_fails(
    doing: Doing, sources: list[dict[str, str]], uploads: list[Upload], error: str
) -> None:
    job = doing.begun("translate", {"target": "en", "sources": sources}, uploads)
    with pytest.raises(InputError, match=error):
        doing.carry_out(job)


def test_a_finished_job_is_not_done_again(doing: Doing, monkeypatch: pytest.MonkeyPatch) -> None:
    job = doing.begun(
        "translate", {"target": "en", "model": "starter", "sources": [{"text": GERMAN}]}
    )
    outcome = doing.carry_out(job)
    monkeypatch.setattr(translating, "_translator", None)
    assert doing.carry_out(job) == outcome


def test_other_documents_and_a_zip_are_made_on_demand(doing: Doing, store: JobStore) -> None:
    page = (
        b'<html><body><p>Das ist <a href="http://a.b/">ein Haus</a>, das alt ist.</p></body></html>'
    )
    job = doing.done(
        "translate",
        {"target": "en", "model": "starter", "sources": [{"upload": "p.html"}]},
        [Upload("p.html", page)],
    )
    offered = {file.name for file in job.files if file.size_bytes is None}
    assert offered == {"translation." + end for end in ("html", "txt", "tsv", "tmx", "xlf")}
    for name in offered:
        arguments = arguments_of(store, job) | {"name": name}
        assert work.document(doing.tools, arguments, lambda *_: None) == name
    results = store.folder(job.id).results
    assert '<a href="http://a.b/"' in (results / "translation.html").read_text()
    with pytest.raises(InputError, match="no document"):
        work.document(doing.tools, arguments_of(store, job) | {"name": "../x"}, lambda *_: None)
    arguments = arguments_of(store, job) | {"files": ["translation.jsonl", "translation.txt"]}
    work.zipped(doing.tools, arguments, lambda *_: None)
    with zipfile.ZipFile(results / "all.zip") as archive:
        assert archive.namelist() == ["translation.jsonl", "translation.txt"]


def test_one_candidate_leaves_a_report(doing: Doing) -> None:
    job = doing.done("detect", {"candidates": [{"text": ENGLISH}], "original": {"text": FRENCH}})
    assert [file.name for file in job.files] == [
        "report.html", "rows.jsonl", "report.json", "all.zip"
    ]  # fmt: skip
    assert "<html" in doing.text(job, "report.html")
    assert job.summary
    assert job.summary["original"] == "original.txt"
    assert set(job.summary["scores"]) == {"translation_of", "machine_made", "republication"}
    assert job.summary["scores"]["translation_of"]["yes"] is True
    record = json.loads(doing.text(job, "report.json"))
    assert record["verdict"] == job.summary["verdict"]


def test_many_candidates_leave_rows_and_reports(doing: Doing, store: JobStore) -> None:
    uploads = [Upload("A.txt", ENGLISH.encode()), Upload("a/..\\con.txt", FRENCH.encode())]
    sources = [{"upload": upload.name} for upload in uploads]
    job = doing.begun("detect", {"candidates": sources, "original": {"text": FRENCH}}, uploads)
    outcome = doing.carry_out(job)
    rows = outcome["summary"]["rows"]
    assert [row["id"] for row in rows] == ["A.txt", "con.txt"]
    assert all(row["report"] in names(outcome) for row in rows)
    assert sum(outcome["summary"]["findings"].values()) == 2
    # Taken up again without its outcome and one report, only that one is made again.
    folder = store.folder(job.id)
    (folder.path / "outcome.json").unlink()
    first, second = (folder.result(row["report"]) for row in rows)
    before = first.stat().st_mtime_ns
    second.unlink()
    assert names(doing.carry_out(job)) == names(outcome)
    assert first.stat().st_mtime_ns == before


def test_a_candidate_put_in_front_before_a_kill_is_not_examined_again(
    doing: Doing, store: JobStore
) -> None:
    job = doing.begun("detect", {"candidates": [{"text": ENGLISH}]})
    outcome = doing.carry_out(job)
    folder = store.folder(job.id)
    (folder.path / "outcome.json").unlink()
    before = folder.result("report.html").stat().st_mtime_ns
    assert doing.carry_out(job) == outcome
    assert folder.result("report.html").stat().st_mtime_ns == before


def test_an_original_is_one_article(doing: Doing) -> None:
    table = b'{"id": "a", "text": "Der Rat tagt heute."}\n{"id": "b", "text": "Es regnet heute."}\n'
    job = doing.begun(
        "detect",
        {"candidates": [{"text": ENGLISH}], "original": {"upload": "t.jsonl"}},
        [Upload("t.jsonl", table)],
    )
    with pytest.raises(InputError, match="more than one article"):
        doing.carry_out(job)


def test_texts_are_aligned_into_every_form(doing: Doing) -> None:
    job = doing.done(
        "align",
        {
            "source": {"text": FRENCH, "language": "fr"},
            "target": {"sentences": ENGLISH.split("\n\n")},
        },
    )
    assert [file.name for file in job.files] == [
        "alignment.html", "alignment.jsonl", "alignment.tmx", "alignment.tsv",
        "alignment.vecalign.txt", "all.zip",
    ]  # fmt: skip
    assert job.summary
    assert job.summary["links"] == 4
    assert job.summary["source_language"] == "fr"
    assert "source.txt" in doing.text(job, "alignment.html")


def test_systems_are_scored_under_their_names(doing: Doing, store: JobStore) -> None:
    job = doing.done(
        "score",
        {
            "hypotheses": {"a=1:x": {"upload": "hyp.txt"}, "b": ["The cat sits.", "A dog."]},
            "references": [{"text": "A cat sat.\nA dog."}],
        },
        [Upload("hyp.txt", b"The cat sat.\nThe dog.\n")],
    )
    assert job.summary
    assert job.summary["segments"] == 2
    assert set(job.summary["systems"]) == {"a=1:x", "b"}
    assert set(job.summary["systems"]["b"]) == {"bleu", "chrf"}
    for file in job.files:
        if file.size_bytes:
            assert str(store.folder(job.id).path) not in doing.text(job, file.name)
    inputs = json.loads(doing.text(job, "score.json"))["inputs"]
    assert {one["path"] for one in inputs} == {"hyp.txt", "b", "reference.txt"}


def test_an_error_says_which_upload_it_means(doing: Doing) -> None:
    job = doing.begun(
        "score", {"hypotheses": {"a": {"text": "One.\nTwo."}}, "references": [{"text": "One."}]}
    )
    with pytest.raises(InputError, match=r"a\.txt has 2 segments, but reference\.txt has 1"):
        doing.carry_out(job)


def test_an_original_that_cant_be_read_says_why(doing: Doing) -> None:
    job = doing.begun(
        "align",
        {"source": {"upload": "x.pdf"}, "target": {"text": ENGLISH}},
        [Upload("x.pdf", b"%PDF-1.7")],
    )
    with pytest.raises(UnreadableArticle, match=r"^x\.pdf: a PDF"):
        doing.carry_out(job)


def test_a_text_with_nothing_to_translate_isnt_called_unreadable(doing: Doing) -> None:
    job = doing.begun("translate", {"sources": [{"text": "###"}], "target": "en"})
    with pytest.raises(EmptyArticle, match="nothing but furniture"):
        doing.carry_out(job)


def test_articles_come_into_the_archive_once(settings: ServeSettings) -> None:
    pytest.importorskip("lancedb")
    own = dataclasses.replace(settings, archive=str(settings.home / "originals"))
    store = JobStore(own)
    store.open()
    doing = Doing(store, own)
    first = doing.done(
        "archive_add",
        {"sources": [{"upload": "page.txt"}, {"text": FRENCH, "id": "ours"}]},
        [Upload("page.txt", ENGLISH.encode())],
    )
    assert first.summary
    assert first.summary["added"] == 2
    # Another file of the same name doesn't take the place of the first.
    second = doing.done(
        "archive_add", {"sources": [{"upload": "page.txt"}]}, [Upload("page.txt", GERMAN.encode())]
    )
    assert second.summary
    assert (second.summary["added"], second.summary["replaced"]) == (1, 0)
    ids = {one.id for one in doing.tools.archive().listed()}
    assert "ours" in ids
    assert sum(one.startswith("page.txt@") for one in ids) == 2
    # Taken up again after a kill, everything is there.
    folder = store.folder(first.id)
    (folder.path / "outcome.json").unlink()
    assert doing.carry_out(first)["summary"]["skipped"] == 2
    store.close()


def test_candidates_that_cant_be_read_are_listed(doing: Doing) -> None:
    sources = [{"text": ENGLISH}, {"upload": "x.pdf"}]
    job = doing.done(
        "detect",
        {"candidates": sources, "original": {"text": FRENCH}},
        [Upload("x.pdf", b"%PDF-1.7")],
    )
    assert {"failures.jsonl", "rows.jsonl"} <= {file.name for file in job.files}
    assert not [file.name for file in job.files if file.name.count("failures") > 1]
    [failure] = doing.text(job, "failures.jsonl").splitlines()
    assert json.loads(failure)["article_id"] == "x.pdf"
