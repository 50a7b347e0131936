"""What tells one contender from another, without loading anything."""

import shutil

import pytest

from mtpipe.models import cards
from mtpipe.pipeline.bench import contenders as module
from mtpipe.pipeline.bench.contenders import Options, contenders
from mtpipe.types.benchmark import BenchmarkTask


@pytest.mark.parametrize("changed", ["encoder-static", "lexicon", "verdict"])
def test_other_tables_make_another_detector(changed, tmp_path, monkeypatch):
    for folder in ("encoder-static", "lexicon", "verdict"):
        (tmp_path / folder).mkdir()
        shutil.copy(cards.bundled_directory() / folder / "card.toml", tmp_path / folder)
    monkeypatch.setattr(cards, "bundled_directory", lambda: tmp_path)
    monkeypatch.setattr(module, "_fingerprint", lambda package: package)

    def revision() -> str:
        [each] = contenders(BenchmarkTask.DETECT, ["mtpipe-fast"], Options())
        return each.configuration.revision

    before = revision()
    assert revision() == before
    card = tmp_path / changed / "card.toml"
    card.write_text(card.read_text() + "\n# made anew\n")
    assert revision() != before


@pytest.mark.parametrize(
    ("task", "name"), [(BenchmarkTask.ALIGN, "static"), (BenchmarkTask.DETECT, "mtpipe-fast")]
)
def test_the_number_of_threads_reaches_those_that_translate_nothing(task, name):
    [each] = contenders(task, [name], Options(threads=3))
    assert each.specification["threads"] == 3
