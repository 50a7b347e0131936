"""Both engines give the same translations: the same tokens in, the same search.

CTranslate2 stands for speed, transformers for what a Marian model means. Their defaults differ
(beams of 2 and 4), so the beam is always stated.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.ctranslate import CTranslateEngine
from mtpipe.engines.marian import TransformersEngine
from mtpipe.engines.reranking import search_score
from mtpipe.engines.system import System
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.models.cards import InstalledModel
from mtpipe.models.convert import converted
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types import Direction
from mtpipe.types.choices import EngineName, Quantization

pytest.importorskip("transformers")

DIRECTIONS = ("de-en", "fr-de", "en-fr")
SEGMENTS = {
    "de": [
        "Guten Morgen.",
        "Am Samstag wurde in der Stadt eine neue Brücke eröffnet.",
        "Die Bürgermeisterin dankte allen, die an dem Projekt gearbeitet haben.",
        "Der Bau hat drei Jahre gedauert und 24 Millionen Franken gekostet, sagte sie.",
    ],
    "en": [
        "Thank you.",
        "The new bridge was opened on Saturday.",
        "The mayor thanked everyone who had worked on the project.",
        "It took three years to build and cost 24 million francs, she said.",
    ],
    "fr": [
        "Merci beaucoup.",
        "Le nouveau pont a été inauguré samedi.",
        "La maire a remercié toutes les personnes qui ont travaillé sur le projet.",
        "La construction a duré trois ans et coûté 24 millions de francs, a-t-elle dit.",
    ],
}

Load = Callable[[EngineName, int, Quantization], System]


@pytest.fixture
def load(starter: InstalledModel) -> Load:
    def loader(engine: EngineName, beam: int, quantization: Quantization) -> System:
        options = DecodingOptions(beam=beam)
        return load_system(
            starter,
            engine=engine,
            options=options,
            quantization=quantization,
            device="cpu",
            threads=1,
        )

    return loader


@pytest.mark.parametrize("beam", [1, 4])
def test_float32_outputs_are_equal(load: Load, beam: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if beam > 1:
        # Patience, and the penalty of repetitions in a beam, don't mean the same to both.
        monkeypatch.setattr(InstalledModel, "search_settings", {"length_penalty": 1.8})
    ours = load(EngineName.CTRANSLATE2, beam, Quantization.FLOAT32)
    reference = load(EngineName.TRANSFORMERS, beam, Quantization.AUTO)
    for direction in map(Direction.parse, DIRECTIONS):
        segments = SEGMENTS[direction.source]
        for mine, theirs in zip(
            ours.translate(segments, direction),
            reference.translate(segments, direction),
            strict=True,
        ):
            assert mine.text == theirs.text
            assert mine.score == pytest.approx(theirs.score, abs=1e-3)


@pytest.mark.parametrize("name", EngineName)
def test_more_hypotheses_of_the_same_search(name: EngineName, starter: InstalledModel) -> None:
    tokenizer = Tokenizer(starter.directory, threads=1)
    engine = (
        TransformersEngine(starter.directory, tokenizer.ids, device="cpu", threads=1)
        if name is EngineName.TRANSFORMERS
        else CTranslateEngine(converted(starter, Quantization.FLOAT32), device="cpu", threads=1)
    )
    rows = tokenizer.encode(SEGMENTS["fr"], Direction.parse("fr-de"))
    options = DecodingOptions(beam=4, length_penalty=1.8)
    alone = engine.submit(rows, options).result()
    many = engine.submit(rows, replace(options, nbest=4)).result()
    assert [one.tokens for one in many] == [one.tokens for one in alone]
    for one in many:
        assert len({tuple(each.tokens) for each in (one, *one.others)}) == 4
        scores = [search_score(each, options) for each in (one, *one.others)]
        assert scores == sorted(scores, reverse=True)
    assert not engine.submit(rows, DecodingOptions(beam=1, nbest=4)).result()[0].others


def test_signatures_tell_the_engines_apart(load: Load) -> None:
    ours = load(EngineName.CTRANSLATE2, 4, Quantization.AUTO).signature
    reference = load(EngineName.TRANSFORMERS, 4, Quantization.AUTO).signature
    assert "ctranslate2:" in ours
    assert "int8" in ours
    assert "transformers:" in reference
    assert "float32" in reference
