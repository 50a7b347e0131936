"""What workers do, with the model that ships, in the test's own process."""

import importlib.util
import json
import threading
from pathlib import Path
from typing import Any

import pytest

import mtpipe
from mtpipe.errors import ConfigError, InputError, ModelNotFound, MtpipeError
from mtpipe.models.cards import InstalledModel
from mtpipe.types import Language
from mtpipe.types.choices import AlignmentFormat, DocumentFormat, ScoreFormat
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.messages import packed, unpacked
from mtpipe.web.workers.tasks import TASKS, task_named
from mtpipe.web.workers.tools import Tools

GERMAN = (
    "Brücke eröffnet\n\nDie neue Brücke wurde am Montag eröffnet.\n\n"
    "Die Arbeiten dauerten drei Jahre und kosteten 24 Millionen Euro.\n\n"
    "Die Bürgermeisterin dankte den Arbeitern vor mehreren hundert Menschen."
)
FRENCH = (
    "Le nouveau pont a été inauguré lundi.\n\n"
    "Les travaux ont duré trois ans et coûté 24 millions d'euros.\n\n"
    "La maire a remercié les ouvriers devant plusieurs centaines de personnes."
)


@pytest.fixture(scope="module")
def kept() -> dict[str, Tools]:
    """One set of tools for all tests that change nothing."""
    return {}


@pytest.fixture
def tools(kept: dict[str, Tools], tmp_path: Path, starter: InstalledModel) -> Tools:
    return kept.setdefault("it", Tools(ServeSettings(home=tmp_path, threads=2)))


def done(tools: Tools, task: str, **arguments: Any) -> Any:
    """A task's result, as it comes out of the pipe."""
    result = task_named(task)(tools, arguments, lambda *_: None)
    return unpacked(packed(result))


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_module(name: str) -> None:
    assert importlib.util.find_spec(TASKS[name].partition(":")[0])
    assert callable(task_named(name))


def test_segments(tools: Tools) -> None:
    texts = ["Guten Morgen.", "", "Der Rat tagte am Montag.", "Guten Morgen."]
    found = done(tools, "translate_segments", texts=texts, source="de", target="en")
    expected = tools.translator("en").segments(texts, source="de")
    assert [one["text"] for one in found] == [hypothesis.text for hypothesis in expected]
    assert found[0]["flags"] == found[0]["alternatives"] == []
    assert found[0]["signature"].startswith("de-en|model:starter@")


def test_alternatives_are_others(tools: Tools) -> None:
    [found] = done(
        tools, "translate_segments", texts=["Guten Morgen."], source="de", target="en",
        alternatives=3,
    )  # fmt: skip
    assert len({found["text"], *found["alternatives"]}) == 4


@pytest.mark.parametrize("form", DocumentFormat)
def test_articles_in_every_form(tools: Tools, form: DocumentFormat) -> None:
    told: list[tuple[Any, ...]] = []
    found = task_named("translate_articles")(
        tools,
        {"sources": [{"text": GERMAN}, {"text": "12"}], "target": "en", "form": form.value},
        lambda *how: told.append(how),
    )
    assert "The new bridge was opened on Monday." in found["content"]
    assert (found["articles"], found["flagged"]) == (1, 0)
    assert [failure["id"] for failure in found["failures"]] == ["text"]
    assert found["media_type"].partition("/")[0] in ("text", "application")
    assert found["signature"].startswith("de-en|")
    assert told[-1][:2] == (2, 2)


def test_a_language_may_be_said(tools: Tools) -> None:
    found = done(
        tools, "translate_articles", sources=[{"text": "Rat"}], source="de", target="en",
        form="jsonl",
    )  # fmt: skip
    assert json.loads(found["content"])["source_language"] == "de"


def test_languages(tools: Tools) -> None:
    german, none = done(tools, "identify", texts=["Der Rat hat am Montag getagt.", ""])
    assert german["language"] == "de"
    assert german["confidence"] > 0.7
    assert {each["language"] for each in german["candidates"]} == {each.value for each in Language}
    assert german["candidates"][0]["language"] == "de"
    assert none["confidence"] < 0.7


def test_detection_of_a_pair(tools: Tools) -> None:
    found = done(
        tools, "detect", candidate={"text": GERMAN}, original={"text": FRENCH}, report=True
    )
    assert found["record"]["verdict"] == found["row"]["verdict"]
    assert found["record"]["original"]["language"] == "fr"
    assert "<!doctype html>" in found["report_html"].lower()
    assert "report_html" in found
    assert done(tools, "detect", candidate={"text": GERMAN})["report_html"] is None


@pytest.mark.parametrize(
    "form", [None, *(f for f in AlignmentFormat if f is not AlignmentFormat.TABLE)]
)
def test_alignment(tools: Tools, form: AlignmentFormat | None) -> None:
    found = done(
        tools, "align", source={"text": GERMAN}, target={"sentences": FRENCH.split("\n\n")},
        form=form.value if form else None,
    )  # fmt: skip
    assert found["source"]["language"] == "de"
    assert found["target"]["sentences"] == FRENCH.split("\n\n")
    assert sum(len(bead["target"]) for bead in found["beads"]) == 3
    assert 0 < found["mean_score"] <= 1
    assert bool(found["content"]) == bool(form)


def test_lists_are_sentences(tools: Tools) -> None:
    found = done(tools, "align", source=["Guten\nMorgen."], target=[], min_score=0.1, max_bead=3)
    assert found["source"]["sentences"] == ["Guten Morgen."]
    assert found["mean_score"] == 0


@pytest.mark.parametrize("form", [f for f in ScoreFormat if f is not ScoreFormat.TABLE])
def test_scores(tools: Tools, form: ScoreFormat) -> None:
    found = done(
        tools, "score", hypotheses={"a": ["The cat sits."], "b": ["A cat."]},
        references=[["The cat sat."]], metrics=["chrf"], segments=True, form=form.value,
    )  # fmt: skip
    assert [system["system"] for system in found["report"]["systems"]] == ["a", "b"]
    assert bool(found["content"]) == (form is not ScoreFormat.JSON)


@pytest.mark.parametrize("hypotheses", [{}, {"a": "/etc/passwd"}, {"a": [1]}, {"a": Path("/etc")}])
def test_only_texts_are_scored(tools: Tools, hypotheses: Any) -> None:
    with pytest.raises(InputError):
        done(tools, "score", hypotheses=hypotheses, references=[["a"]])


def test_models(tools: Tools) -> None:
    found = done(tools, "models")
    assert {"starter"} <= {row["name"] for row in found["models"] if row["installed"]}
    assert [each["direction"] for each in found["directions"]] == [
        "de-en", "de-fr", "en-de", "en-fr", "fr-de", "fr-en",
    ]  # fmt: skip
    assert found["directions"][0]["models"] == ["starter"]
    assert found["directions"][0]["better"]["command"].startswith("mtpipe models fetch opus")


@pytest.mark.parametrize("name", ["/etc", "models/starter", "../starter", "nothing"])
def test_a_request_names_no_folder(tools: Tools, name: str) -> None:
    with pytest.raises(ModelNotFound):
        tools.translator("en", name)


def test_a_model_that_is_known_and_not_here(tools: Tools) -> None:
    with pytest.raises(ModelNotFound, match="isn't installed on this server"):
        tools.translator("en", "opus-mt-de-en")


def test_the_settings_may_name_a_folder(tmp_path: Path, starter: InstalledModel) -> None:
    folder = str(starter.directory)
    assert Tools(ServeSettings(home=tmp_path, model=folder)).translator("en").model == folder


def test_few_translators_are_kept(tools: Tools) -> None:
    first = tools.translator("en")
    assert tools.translator("en") is first
    for beam in range(1, 12):
        tools.translator("en", beam=beam)
    assert len(tools._translators) == 6


def test_work_is_shared_out(tmp_path: Path) -> None:
    tools, seen = Tools(ServeSettings(home=tmp_path, threads=3)), set()

    def work(part: list[str]) -> list[str]:
        seen.add(threading.get_ident())
        barrier.wait(20)
        return [text.upper() for text in part]

    barrier = threading.Barrier(3)
    texts = [f"n{'x' * n}" for n in range(10)]
    assert tools.in_threads(texts, work, by=len) == [text.upper() for text in texts]
    assert len(seen) == 3
    assert tools.in_threads(["a"], lambda part: part, by=len) == ["a"]
    assert tools.in_threads([], lambda part: part, by=len) == []


ARCHIVE_TASKS: dict[str, dict[str, Any]] = {
    "archive_find": {"candidate": {"text": GERMAN}},
    "archive_list": {},
    "archive_statistics": {},
    "archive_add": {"sources": [{"text": FRENCH}]},
    "archive_remove": {"ids": ["a"]},
    "detect": {"candidate": {"text": GERMAN}, "use_archive": True},
}


@pytest.mark.parametrize("task", ARCHIVE_TASKS)
def test_without_an_archive_there_is_none(tools: Tools, task: str) -> None:
    with pytest.raises(ConfigError, match="no archive of originals"):
        done(tools, task, **ARCHIVE_TASKS[task])


def test_the_archive_from_its_making_to_its_end(tmp_path: Path) -> None:
    pytest.importorskip("lancedb")
    place = tmp_path / "originals"
    tools = Tools(ServeSettings(home=tmp_path, archive=str(place)))
    with pytest.raises(InputError, match="no archive"):
        done(tools, "archive_statistics")
    given = [{"text": FRENCH, "id": f"n{n}"} for n in range(1)] + [{"text": "1", "id": "bad"}]
    added = done(tools, "archive_add", sources=given)
    assert (added["added"], [each["id"] for each in added["failures"]]) == (1, ["bad"])
    assert done(tools, "archive_statistics")["articles"] == 1
    [hit] = done(tools, "archive_find", candidate={"text": GERMAN}, limit=3)["originals"]
    assert (hit["id"], hit["shared"]) == ("n0", ["24"])
    assert done(tools, "archive_find", candidate={"text": GERMAN}, language="en")["originals"] == []
    found = done(tools, "detect", candidate={"text": GERMAN}, use_archive=True)
    assert found["record"]["original"]["id"] == "n0"

    # Another process adds some.
    others = [{"text": GERMAN.replace("24", str(n)), "id": f"o{n}"} for n in range(30, 33)]
    elsewhere = Tools(ServeSettings(home=tmp_path, archive=str(place)))
    assert done(elsewhere, "archive_add", sources=others)["added"] == 3
    page = done(tools, "archive_list", limit=3)
    assert [each["id"] for each in page["articles"]] == ["n0", "o30", "o31"]
    page = done(tools, "archive_list", limit=3, after=page["next"])
    assert ([each["id"] for each in page["articles"]], page["next"]) == (["o32"], None)
    hits = done(tools, "archive_find", candidate={"text": FRENCH}, language="de")["originals"]
    assert {hit["id"] for hit in hits} == {"o30", "o31", "o32"}
    assert done(tools, "archive_remove", ids=["o30", "not there"]) == {"removed": ["o30"]}
    assert done(elsewhere, "archive_statistics")["articles"] == 3
    with pytest.raises(MtpipeError):
        done(tools, "archive_remove", ids="o31")


def test_what_has_no_name_of_its_own_replaces_nothing(tmp_path: Path) -> None:
    pytest.importorskip("lancedb")
    tools = Tools(ServeSettings(home=tmp_path, archive=str(tmp_path / "originals")))
    for text in (FRENCH, GERMAN):
        for source in ({"text": text}, {"text": text + "\n\nFin.", "id": "named"}):
            found = done(tools, "archive_add", sources=[source])
            assert found["added"] + found["replaced"] == 1
    ids = [each["id"] for each in done(tools, "archive_list")["articles"]]
    assert ids[0] == "named"
    assert [name.partition("@")[0] for name in ids[1:]] == ["text", "text"]
    assert done(tools, "archive_add", sources=[{"text": FRENCH}])["skipped"] == 1


def test_loading_ahead_goes_on_over_what_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __init__(self, *args: object, **options: object) -> None:
            raise ModelNotFound("there is none")

    monkeypatch.setattr(mtpipe, "Translator", Broken)
    monkeypatch.setattr(mtpipe, "Detector", Broken)
    tools, step = Tools(ServeSettings(home=tmp_path)), 0
    while done(tools, "prepare", step=step):
        step += 1
    assert step == len(Language)
    assert caplog.text.count("there is none") == step + 1
