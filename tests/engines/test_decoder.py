import pytest

from mtpipe.engines import decoder as decoder_module
from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.decoder import Decoder
from mtpipe.engines.pacing import PacedEngine
from mtpipe.engines.repair import Outcome
from mtpipe.types import Direction
from tests.fakes import FakeEngine, FakeTokenizer

DE_EN = Direction.parse("de-en")
OPTIONS = DecodingOptions()


def fake_decoder(engine: FakeEngine | None = None) -> Decoder:
    return Decoder(PacedEngine(engine or FakeEngine()), FakeTokenizer())  # type: ignore[arg-type]


def outcomes(decoder: Decoder, segments: list[list[str]], **how: object) -> dict[int, Outcome]:
    run = decoder.submit(segments, DE_EN, OPTIONS, **how)  # type: ignore[arg-type]
    return {number: found for batch in run.outcomes() for number, found in batch.items()}


def test_pieces_are_decoded_apart_and_joined() -> None:
    found = outcomes(fake_decoder(), [["ab cd", "ef"], ["gh"]])
    assert found == {0: Outcome("ba dc fe", -0.5), 1: Outcome("hg", -0.5)}


def test_a_piece_without_a_word_is_copied() -> None:
    engine = FakeEngine()
    assert outcomes(fake_decoder(engine), [["ab", "***"], ["..."]]) == {0: Outcome("ba ***", -0.5)}
    assert engine.batches == [[["ab", "</s>"]]]


def test_a_piece_that_is_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder_module, "MAX_SEGMENT_TOKENS", 3)
    engine = FakeEngine()
    [outcome] = outcomes(fake_decoder(engine), [["ab cd ef, gh ij"]]).values()
    assert outcome.text == "ba dc ,fe hg ji"
    assert max(len(row) for batch in engine.batches for row in batch) == 4


def test_only_what_is_wanted_is_decoded() -> None:
    engine = FakeEngine()
    assert list(outcomes(fake_decoder(engine), [["ab"], ["cd"], ["ef"]], wanted={1})) == [1]
    assert engine.batches == [[["cd", "</s>"]]]


def test_an_output_at_its_limit_is_truncated() -> None:
    engine = FakeEngine()
    engine.loops = True
    [outcome] = outcomes(fake_decoder(engine), [["ab cd"]]).values()
    assert outcome.truncated
