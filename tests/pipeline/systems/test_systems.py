from types import SimpleNamespace

import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.batching import interleave
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import InFlight, OtherSystem, System
from mtpipe.errors import ModelNotFound, UnsupportedDirection
from mtpipe.pipeline.systems import choosing
from mtpipe.pipeline.systems.choosing import AUTO, choose_legs, next_best
from mtpipe.pipeline.systems.routes import Route, Router
from mtpipe.types import Direction, Flag, Hypothesis, Problem
from tests.fakes import FakeEngine, FakeTokenizer

DE_FR = Direction.parse("de-fr")


@pytest.fixture
def two_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models for de-en and en-fr only."""

    def choose(name: str, direction: Direction) -> SimpleNamespace:
        if name != AUTO:
            raise ModelNotFound(f"no model {name}")
        if str(direction) not in ("de-en", "en-fr"):
            raise UnsupportedDirection(f"no installed model translates {direction}")
        return SimpleNamespace(
            directory=str(direction), card=SimpleNamespace(name=str(direction)), bundled=False
        )

    monkeypatch.setattr(choosing, "choose_model", choose)


def fake(name: str) -> System:
    return System(
        FakeEngine(), FakeTokenizer(), DecodingOptions(), name=name, safeguards=Safeguards.REPAIR
    )  # type: ignore[arg-type]


@pytest.mark.usefixtures("two_legs")
@pytest.mark.parametrize(
    ("direction", "legs"), [("de-en", ["de-en"]), ("de-fr", ["de-en", "en-fr"])]
)
def test_through_a_third_language_where_there_is_no_direct_way(
    direction: str, legs: list[str]
) -> None:
    chosen = choose_legs(AUTO, Direction.parse(direction))
    assert [(model.card.name, str(leg)) for model, leg in chosen] == [(leg, leg) for leg in legs]


@pytest.mark.usefixtures("two_legs")
def test_no_way_at_all() -> None:
    with pytest.raises(UnsupportedDirection, match="translates fr-de"):
        choose_legs(AUTO, DE_FR.reversed)
    with pytest.raises(ModelNotFound):
        choose_legs("opus", DE_FR)


@pytest.mark.usefixtures("two_legs")
def test_each_model_is_loaded_once() -> None:
    loaded: list[str] = []

    def load(model: object, other: object) -> System:
        loaded.append(model.card.name)  # type: ignore[attr-defined]
        return fake(loaded[-1])

    router = Router(AUTO, load)
    assert router.route(DE_FR) is router.route(DE_FR)
    router.route(Direction.parse("de-en"))
    assert loaded == ["de-en", "en-fr"]
    first, second = router.route(DE_FR).signature.split(" > ")
    assert first.startswith("de-en|model:de-en|")
    assert second.startswith("en-fr|model:en-fr|")


def test_a_pivot_passes_on_text_score_and_flags() -> None:
    legs = tuple((fake(name), Direction.parse(name)) for name in ("de-en", "en-fr"))
    task = Route(legs).translation(["abc 17", "12"], InFlight())
    [hypotheses] = interleave([task])
    # Turned round by the one, and round again by the other, which gets "71".
    assert hypotheses == [
        Hypothesis("abc 17", -0.5, (Flag(Problem.NUMBERS), Flag(Problem.NUMBERS))),
        Hypothesis("12", 0.0),
    ]


def test_the_next_best_model_is_the_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    def model(name: str, rank: int, *able: str) -> SimpleNamespace:
        card = SimpleNamespace(
            name=name,
            rank=rank,
            rerank_weight=0.0,
            supports=lambda direction: str(direction) in able,
        )
        return SimpleNamespace(
            card=card, directory=name, stated_sha256=name * 12, search_settings={}, bundled=False
        )

    models = [model("a", 9, "de-fr"), model("b", 5, "de-fr", "de-en"), model("c", 7, "de-en")]
    monkeypatch.setattr(choosing, "installed_models", lambda: models)
    names = [
        found and found.card.name
        for found in (
            next_best(models[0], DE_FR),  # type: ignore[arg-type]
            next_best(models[1], DE_FR),  # type: ignore[arg-type]
            next_best(models[0], DE_FR.reversed),  # type: ignore[arg-type]
        )
    ]
    assert names == ["b", "a", None]

    loaded: list[tuple[str, str | None]] = []

    def load(chosen: SimpleNamespace, other: OtherSystem | None) -> System:
        loaded.append((chosen.card.name, other and other.name))
        if other:
            other.load()
        return fake(chosen.card.name)

    monkeypatch.setattr(choosing, "choose_model", lambda name, direction: models[0])
    Router(AUTO, load).route(DE_FR)  # type: ignore[arg-type]
    assert loaded == [("a", "b@bbbbbbbbbbbb"), ("b", None)]


@pytest.mark.usefixtures("two_legs")
def test_a_way_over_the_model_that_ships_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = choosing.choose_model

    def half_bundled(name: str, direction: Direction) -> SimpleNamespace:
        model = choose(name, direction)
        model.bundled = str(direction) == "de-en"
        return model  # type: ignore[return-value]

    monkeypatch.setattr(choosing, "choose_model", half_bundled)
    router = Router(AUTO, lambda model, _: fake(model.card.name))
    assert router.route(DE_FR).is_bundled
    assert not router.route(Direction.parse("en-fr")).is_bundled
