from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.engines import system as system_module
from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.system import System
from mtpipe.errors import ConfigError
from mtpipe.types import Direction
from tests.fakes import FakeEngine, FakeTokenizer

DE_EN = Direction.parse("de-en")


def fake_system() -> tuple[System, FakeEngine]:
    engine = FakeEngine()
    return System(engine, FakeTokenizer(), DecodingOptions(), name="fake@0"), engine  # type: ignore[arg-type]


@given(st.lists(st.text(alphabet="abc  ", max_size=12), max_size=60))
def test_order_and_number_are_kept(segments: list[str]) -> None:
    system, _ = fake_system()
    expected = [
        " ".join(word[::-1] for word in segment.split()) if segment.strip() else segment
        for segment in segments
    ]
    assert [h.text for h in system.translate(segments, DE_EN)] == expected


def test_what_has_no_words_never_reaches_the_engine() -> None:
    system, engine = fake_system()
    assert [h.text for h in system.translate(["", "12", "ab", " "], DE_EN)] == ["", "12", "ba", " "]
    assert engine.batches == [[["ab", "</s>"]]]


def test_long_segments_go_in_pieces() -> None:
    system, engine = fake_system()
    text = " ".join(["wort"] * 400)
    [hypothesis] = system.translate([text], DE_EN)
    assert hypothesis.text == " ".join(["trow"] * 400)
    assert hypothesis.score == pytest.approx(-0.5)
    assert max(len(row) for batch in engine.batches for row in batch) <= 161


def test_streams_are_read_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_module, "WINDOW_SEGMENTS", 10)
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "ab"

    system, _ = fake_system()
    assert next(system.stream(endless(), DE_EN)).text == "ba"
    assert taken == 20  # the window that comes out, and the one in the engine meanwhile


def test_signature_names_everything() -> None:
    system, _ = fake_system()
    assert system.signature == "model:fake@0|fake:1|exact|cpu|beam:4|length_penalty:1"


@pytest.mark.parametrize("beam", [0, 65])
def test_beam_has_limits(beam: int) -> None:
    with pytest.raises(ConfigError):
        DecodingOptions(beam=beam)
