import pytest

from mtpipe.models.card import Card
from mtpipe.models.cards import known_cards
from mtpipe.models.smoke import Probe, probes
from mtpipe.types import Direction, Hypothesis

DE_EN = Direction.parse("de-en")


@pytest.mark.parametrize(
    ("output", "score", "expected"),
    [
        ("The house is large.", -0.3, None),
        ("The HOUSE is very, very, very large.", -0.3, None),
        ("", -0.3, "is empty"),
        ("  ", -0.3, "is empty"),
        ("connect" * 9, -0.3, "repeats itself"),
        ("the house the house the house the house the house", -0.3, "repeats itself"),
        ("das haus ist groß.", -0.3, "untranslated"),
        ("I like tea.", -0.3, "has none of the words house, home"),
        ("The house, which once stood by the sea, " + "was seen by many " * 3 + "and no more",
         -0.3, "far too long"),
        ("The house is large.", -4.2, "is a guess"),
        ("The house is large.", float("nan"), "is a guess"),
    ],
)  # fmt: skip
def test_problem(output: str, score: float, expected: str | None) -> None:
    probe = Probe(DE_EN, "Das Haus ist groß.", ("house", "home"))
    problem = probe.problem(Hypothesis(output, score))
    assert (expected in problem) if expected and problem else problem == expected


def _card(**more: object) -> Card:
    directions = (DE_EN, DE_EN.reversed)
    return Card(
        name="x", title="", origin="a/x", revision="main", licence="", directions=directions, **more
    )  # type: ignore[arg-type]


def test_general_sentences_for_a_card_without_any() -> None:
    first, second = probes(_card())
    assert (first.direction, second.direction) == (DE_EN, DE_EN.reversed)
    for probe, good in ((first, "It's lovely weather today."), (second, "Heute ist es schön.")):
        assert probe.problem(Hypothesis(good, -0.4)) is None
        problem = probe.problem(Hypothesis("The parliament adopted a resolution.", -0.4))
        assert problem is not None
        assert "has none of the words" in problem


def test_sentences_of_the_card_go_first() -> None:
    first, second = probes(_card(smoke_test={"de-en": ["Ja.", "yes", "yeah"]}))
    assert (first.sentence, first.wanted) == ("Ja.", ("yes", "yeah"))
    assert "wetter" in second.wanted


@pytest.mark.parametrize("name", sorted(known_cards()))
def test_known_cards_are_complete(name: str) -> None:
    card = known_cards()[name]
    if card.origin == "mtpipe":
        pytest.skip("comes with its weights, and is tested with them")
    assert card.citation
    assert card.training_data
    assert card.licence
    assert card.rank
    for probe in probes(card):
        assert probe.wanted, f"no wanted words for {probe.direction}"
        assert all(word == word.lower() for word in probe.wanted)
        # A model that copies its input mustn't pass by way of cognates.
        assert not any(word in probe.sentence.lower() for word in probe.wanted)
