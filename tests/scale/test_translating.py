"""A shard is translated as the same articles are by the command without workers."""

import io
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from mtpipe import FurnitureRules, Translator, read_articles
from mtpipe.config import FurnitureSettings
from mtpipe.errors import ModelNotFound, UnsupportedDirection
from mtpipe.ingest.raw import raw_items
from mtpipe.report.jsonl import translation_record
from mtpipe.scale import translating
from mtpipe.scale.output import Form, encoded
from mtpipe.scale.shards import Shard
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources
from mtpipe.scale.translating import TranslationTask, translate
from mtpipe.types import Failure, Language

TASK = TranslationTask(to=Language.EN, model="starter", beam=1)
PAGES = {
    "a.html": "<html lang=de><title>Die Brücke</title><p>Der Rat hat die <b>Brücke</b> am Montag "
    "eröffnet. Sie kostet 3,5 Mio. Euro.<p>Damit ist der Norden der Stadt wieder zu erreichen.",
    "b.txt": "Le conseil a décidé lundi de fermer le pont.\n\nIl restera fermé jusqu'à l'été.",
    "c.txt": "",
}


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    for name, text in PAGES.items():
        (tmp_path / name).write_text(text)
    return sorted(PAGES)


def test_rows_are_those_of_the_command(pages: list[str]) -> None:
    shard = Shard("pages", 0, 0, tuple(raw_items(pages)))
    task: TranslationTask = pickle.loads(pickle.dumps(TASK))
    processor = task.load()
    processed = processor.process(shard)
    with Translator("en", model="starter", beam=1, threads=1, cache=False) as translator:
        results = list(translator.articles(read_articles(pages)))
    expected = [translation_record(each) for each in results if not isinstance(each, Failure)]
    assert processed.rows == expected
    assert list(processed.failures) == [each for each in results if isinstance(each, Failure)]
    assert processed.counts["languages"] == {"de": 1, "fr": 1}
    assert processed.counts["totals"]["articles"] == 2
    assert processed.counts["totals"]["sentences"] >= 5

    schema = task.schema()
    parquet = pytest.importorskip("pyarrow.parquet")
    data = encoded(processed.rows, Form.PARQUET, schema)
    found = parquet.read_table(io.BytesIO(data)).to_pylist()
    assert [without_nulls(row) for row in found] == json.loads(json.dumps(expected))


def without_nulls(value: Any) -> Any:
    """A row as the record has it, which leaves out what is empty."""
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    if isinstance(value, dict):
        if value.keys() == {"problem", "remedy"}:
            return value
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return value


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"to": "xx"}, UnsupportedDirection),
        ({"to": "en", "source": "en"}, UnsupportedDirection),
        ({"to": "en", "source": "de", "model": "no-such-model"}, ModelNotFound),
    ],
    ids=["language", "direction", "model"],
)
def test_mistakes_show_before_anything_is_started(
    options: dict[str, str], error: type[Exception], tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    with pytest.raises(error):
        translate("pages", tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_signatures_tell_languages_and_rules_apart() -> None:
    base = {"model": "starter", "source": Language.DE, "beam": 1}
    tasks = [
        TranslationTask(to=Language.EN, **base),
        TranslationTask(to=Language.EN, **base, furniture=FurnitureSettings(drop_text=("a",))),
        TranslationTask(to=Language.FR, **base),
        TranslationTask(to=Language.EN, **{**base, "beam": 2}),
    ]
    assert len({task.load().signature for task in tasks}) == len(tasks)


def test_the_call_hands_everything_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def run(*args: Any, **options: Any) -> ScaleSummary:
        given.extend((args, options))
        return ScaleSummary("translate")

    monkeypatch.setattr(translating, "run", run)
    rules = FurnitureRules(FurnitureSettings(keep_text=("a",)))
    translate(
        "in", "out", "fr", rules=rules, resources=Resources(threads_per_worker=3), form="parquet"
    )
    (inputs, output, task, resources), options = given
    assert (inputs, output, task.to, task.threads) == ("in", "out", Language.FR, 3)
    assert task.furniture == rules.settings
    assert resources.threads_per_worker == 3
    assert options["form"] == "parquet"
