"""Reranking with the lexicon that ships, alone and in a system."""

import re
from dataclasses import replace

import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.models.cards import InstalledModel
from mtpipe.pipeline.systems.choosing import search_signature
from mtpipe.pipeline.systems.loading import load_rater, load_system
from mtpipe.pipeline.systems.reranking import LexiconReranker
from mtpipe.types import Direction


@pytest.mark.parametrize(
    ("direction", "source", "complete", "lacking"),
    [
        (
            "de-en",
            "Die Brücke wurde am Montag nach zwei Jahren wieder eröffnet.",
            "The bridge was reopened on Monday after two years.",
            "The bridge was reopened after two years.",
        ),
        (
            "fr-de",
            "La ministre a remercié les pompiers et la police.",
            "Die Ministerin dankte der Feuerwehr und der Polizei.",
            "Die Ministerin dankte der Feuerwehr.",
        ),
        (
            "en-fr",
            "The hospital needs more nurses.",
            "L'hôpital a besoin de plus d'infirmières.",
            "L'hôpital a besoin de plus.",
        ),
    ],
)
def test_a_complete_translation_is_rated_higher(
    direction: str, source: str, complete: str, lacking: str
) -> None:
    rate = LexiconReranker(0.05)
    good, bad = rate(source, [complete, lacking], Direction.parse(direction))
    assert -0.35 <= bad < good <= 0
    assert LexiconReranker(0.1)(source, [lacking], Direction.parse(direction)) == [
        pytest.approx(2 * bad)
    ]


def test_what_has_no_words_is_rated_as_well() -> None:
    ratings = LexiconReranker(0.05)("Ja.", ["", "…", "\u200b", "Yes."], Direction.parse("de-en"))
    assert max(range(4), key=ratings.__getitem__) == 3


def test_the_card_says_whether_there_is_reranking(starter: InstalledModel) -> None:
    plain = replace(starter, card=replace(starter.card, rerank_weight=0.0))
    weighty = replace(starter, card=replace(starter.card, rerank_weight=1.0))
    signatures = [load_system(model, device="cpu").signature for model in (plain, weighty)]
    assert "reranked" not in signatures[0]
    assert re.search(r"\|reranked:lexicon@[0-9a-f]{12}\*1$", signatures[1])
    greedy = load_system(weighty, options=DecodingOptions(beam=1), device="cpu")
    assert "reranked" not in greedy.signature


def test_what_stands_for_a_model_tells_how_it_is_searched(starter: InstalledModel) -> None:
    signatures = {
        search_signature(replace(starter, card=replace(starter.card, rerank_weight=weight)))
        for weight in (0.0, 0.05, 0.5)
    }
    assert len(signatures) == 3
    assert all("length_penalty:1.4" in signature for signature in signatures)


def test_who_only_rates_needs_no_reranker(starter: InstalledModel) -> None:
    weighty = replace(starter, card=replace(starter.card, rerank_weight=1.0))
    _, signature = load_rater(weighty, Direction.parse("de-en"), device="cpu")
    assert "reranked" not in signature


def test_a_system_takes_what_the_reranker_likes(
    starter: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[list[str]] = []

    def prefer_last(self: object, source: str, hypotheses: list[str], direction: object) -> object:
        shown.append(list(hypotheses))
        return [float(number) for number in range(len(hypotheses))]

    monkeypatch.setattr(LexiconReranker, "__call__", prefer_last)
    weighty = replace(starter, card=replace(starter.card, rerank_weight=1.0))
    system = load_system(weighty, device="cpu", threads=1)
    [found] = system.translate(["Die neue Brücke ist offen."], Direction.parse("de-en"))
    [hypotheses] = shown
    assert len(set(hypotheses)) == DecodingOptions().beam
    assert found.text == hypotheses[-1]
