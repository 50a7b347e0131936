import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import InFlight, System
from mtpipe.errors import DependencyMissing, EngineError, ModelNotFound, UnsupportedDirection
from mtpipe.pipeline.systems.routes import Route
from mtpipe.pipeline.translate.articles import translate_articles
from mtpipe.pipeline.translate.chunks import Plan
from mtpipe.pipeline.translate.estimates import CometKiwi, RoundTrip
from mtpipe.types import Direction, Estimate, EstimateName, Language
from tests.fakes import FakeEngine, FakeTokenizer
from tests.pipeline.translate.test_articles import Kept, article

DE_EN = Direction.parse("de-en")
PAIRS = [("Guten Tag.", "Good day."), ("Ja.\u2028Nein.", "Yes. No.")]

PROGRAM = """#!{python}
import json, sys
arguments = sys.argv[1:]
value = lambda name: arguments[arguments.index(name) + 1]
if value("--model") == "gated":
    sys.exit("Access to the model is restricted.")
sources, targets = (open(value(name), encoding="utf-8").read().split("\\n")[:-1] for name in ("-s", "-t"))
rows = [dict(src=s, mt=t, COMET=len(s) / 100) for s, t in zip(sources, targets, strict=True)]
if value("--model") == "short" and len(rows) > 1:
    rows.pop()
json.dump(dict([(value("-t"), rows)]), open(value("--to_json"), "w"))
"""


def finished(task: Generator[None, None, list[float]]) -> list[float]:
    while True:
        try:
            next(task)
        except StopIteration as stop:
            values: list[float] = stop.value
            return values


@pytest.fixture
def comet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that takes COMET's arguments, and scores by length."""
    program = tmp_path / "comet-score"
    program.write_text(PROGRAM.replace("{python}", sys.executable), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("comet")
def test_comet_scores_each_sentence() -> None:
    kiwi = CometKiwi("Unbabel/wmt22-cometkiwi-da")
    assert finished(kiwi.estimate(PAIRS, DE_EN, InFlight())) == [0.1, 0.09]
    assert finished(kiwi.estimate([], DE_EN, InFlight())) == []
    assert kiwi.signature(DE_EN) == "comet:Unbabel/wmt22-cometkiwi-da"


@pytest.mark.usefixtures("comet")
def test_the_environment_says_which_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("MTPIPE_COMET", f"{sys.executable} {tmp_path / 'comet-score'}")
    kiwi = CometKiwi("Unbabel/wmt22-cometkiwi-da")
    assert finished(kiwi.estimate(PAIRS, DE_EN, InFlight())) == [0.1, 0.09]


@pytest.mark.usefixtures("comet")
def test_a_model_that_comet_can_not_load_shows_at_the_start() -> None:
    with pytest.raises(ModelNotFound, match=r"model is restricted.*hf auth login"):
        CometKiwi("gated")


@pytest.mark.usefixtures("comet")
def test_too_few_scores_are_an_error() -> None:
    with pytest.raises(EngineError, match="1 scores for 2 segments"):
        finished(CometKiwi("short").estimate(PAIRS, DE_EN, InFlight()))


def test_without_comet_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DependencyMissing, match="pipx install unbabel-comet"):
        CometKiwi("x")


def route(direction: Direction) -> Route:
    system = System(
        FakeEngine(),
        FakeTokenizer(),  # type: ignore[arg-type]
        DecodingOptions(),
        name="fake@0",
        safeguards=Safeguards.REPAIR,
    )
    return Route(((system, direction),))


def test_the_way_back_is_compared_with_the_source() -> None:
    # The fake engine turns words round, and so back again.
    pairs = [("Guten Tag", "netuG gaT"), ("Guten Tag", "xyz")]
    same, other = finished(RoundTrip(route).estimate(pairs, DE_EN, InFlight()))
    assert same == 100
    assert other == 0


def test_estimates_stand_with_the_sentences_of_articles() -> None:
    output = Kept()
    plan = Plan(Language.EN, route, estimators=(RoundTrip(route),))
    sources = [article("a", "Titel", "Ein Satz. 12.000."), article("b", "Titre", language="fr")]
    translate_articles(sources, plan, output)
    estimates = [
        segment.estimates
        for translation in output.translations
        for block in translation.blocks
        for segment in block.segments
    ]
    perfect = (Estimate(EstimateName.ROUND_TRIP_CHRF, 100.0),)
    assert estimates == [perfect, perfect, (), perfect]
    assert "round trip:en-de|" in output.translations[0].signature


def test_without_a_way_back_there_is_no_translation() -> None:
    def one_way(direction: Direction) -> Route:
        if direction.target is not Language.EN:
            raise UnsupportedDirection(f"no installed model translates {direction}")
        return route(direction)

    plan = Plan(Language.EN, one_way, estimators=(RoundTrip(one_way),))
    summary = translate_articles([article("a", "Titel")], plan, Kept())
    assert [failure.error for failure in summary.failures] == [
        "the round trip lacks its way back: no installed model translates en-de"
    ]
