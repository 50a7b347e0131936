from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from mtpipe.engines import decoder as decoder_module
from mtpipe.engines.base import Decoded, DecodingOptions, Tokens
from mtpipe.engines.decoder import Decoder
from mtpipe.engines.pacing import PacedEngine
from mtpipe.engines.repair import Outcome
from mtpipe.engines.reranking import search_score
from mtpipe.types import Direction
from tests.fakes import FakeBatch, FakeEngine, FakeTokenizer

DE_EN = Direction.parse("de-en")
OPTIONS = DecodingOptions()


def fake_decoder(engine: FakeEngine | None = None) -> Decoder:
    return Decoder(PacedEngine(engine or FakeEngine()), FakeTokenizer())  # type: ignore[arg-type]


class ManyEngine(FakeEngine):
    """Has a second hypothesis, less likely and one token shorter; remembers how many were wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.nbest: list[int] = []

    def submit(self, batch: list[Tokens], options: DecodingOptions) -> FakeBatch:
        self.nbest.append(options.nbest)
        found = super().submit(batch, options).result()
        batches = [
            replace(one, others=(Decoded(one.tokens[1:], -0.75),) if options.nbest > 1 else ())
            for one in found
        ]
        return SimpleNamespace(result=lambda: batches)  # type: ignore[return-value]


class Liking:
    """Likes what lacks a word."""

    signature = "liking"

    def __init__(self, unwanted: str, more: float) -> None:
        self.unwanted, self.more = unwanted, more

    def __call__(self, source: str, hypotheses: Sequence[str], direction: Direction) -> list[float]:
        assert source[::-1].split() == hypotheses[0].split()[::-1]
        return [0.0 if self.unwanted in hypothesis else self.more for hypothesis in hypotheses]


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


@pytest.mark.parametrize(
    ("unwanted", "more", "found"),
    [
        # Three and two tokens, </s> counted: -0.5 against -0.75.
        ("ba", 0.3, Outcome("dc", -0.75)),
        ("ba", 0.2, Outcome("ba dc", -0.5)),
        ("dc", 0.3, Outcome("ba dc", -0.5)),
    ],
)
def test_a_reranker_has_a_say_in_what_is_best(unwanted: str, more: float, found: Outcome) -> None:
    engine = ManyEngine()
    decoder = Decoder(PacedEngine(engine), FakeTokenizer(), Liking(unwanted, more))  # type: ignore[arg-type]
    assert outcomes(decoder, [["ab cd"]]) == {0: found}
    assert engine.nbest == [OPTIONS.beam]


def test_scores_of_the_search_are_of_its_length_penalty() -> None:
    decoded = Decoded(["a", "b", "c"], -0.5)
    assert search_score(decoded, DecodingOptions(length_penalty=0)) == pytest.approx(-2)
    assert search_score(decoded, DecodingOptions(length_penalty=1)) == pytest.approx(-0.5)
    assert search_score(decoded, DecodingOptions(length_penalty=2)) == pytest.approx(-0.125)


def test_an_output_at_its_limit_is_truncated() -> None:
    engine = FakeEngine()
    engine.loops = True
    [outcome] = outcomes(fake_decoder(engine), [["ab cd"]]).values()
    assert outcome.truncated
