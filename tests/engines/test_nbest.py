"""The best translations that one search finds."""

import pytest

from mtpipe import Translator
from mtpipe.errors import ConfigError
from mtpipe.models.cards import InstalledModel

TEXTS = ["Guten Morgen.", "Der Stadtrat hat am Montag den Haushalt beschlossen.", "", "123"]


@pytest.fixture(scope="module")
def translators() -> dict[str, Translator]:
    return {}


@pytest.fixture
def translator(translators: dict[str, Translator], starter: InstalledModel) -> Translator:
    made = Translator("en", source="de", model="starter", cache=False)
    return translators.setdefault("it", made)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_as_many_as_asked_for_of_different_wording(translator: Translator, count: int) -> None:
    found = translator.nbest(TEXTS, count=count)
    for hypotheses in found[:2]:
        assert 1 <= len({hypothesis.text for hypothesis in hypotheses}) <= count
        assert len({hypothesis.text for hypothesis in hypotheses}) == len(hypotheses)
        assert all(hypothesis.score <= 0 for hypothesis in hypotheses)
    assert found[2:] == [[], []]
    assert len(found[1]) > 1 or count == 1


def test_what_is_cut_has_none(translator: Translator) -> None:
    assert translator.nbest([" ".join(TEXTS[:2] * 40)], count=2) == [[]]


def test_what_the_model_cannot_write_comes_back(translator: Translator) -> None:
    [found] = translator.nbest(["Guten Morgen 😀, Zürich."], count=3)
    assert all("😀" in hypothesis.text for hypothesis in found)


@pytest.mark.parametrize("count", [0, -1, 65])
def test_a_count_that_cannot_be(translator: Translator, count: int) -> None:
    with pytest.raises(ConfigError, match="1 to 64"):
        translator.nbest(TEXTS, count=count)


def test_a_text_is_not_a_list(translator: Translator) -> None:
    with pytest.raises(TypeError, match="several strings"):
        translator.nbest("Guten Morgen.", count=2)
