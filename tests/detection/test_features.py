"""What is measured, on texts small enough to count by hand."""

import numpy as np
import pytest

from mtpipe.detection.features import _form, relation, spreads
from mtpipe.detection.links import Linked, Sentences, linked_beads, rendered_links
from mtpipe.detection.plausibility import Rated, plausibility
from mtpipe.detection.scores import family_of
from mtpipe.detection.words import LinkedWords, _order, averages
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.types import Alignment, Bead, Direction

FR = [
    "Le pont sur la rivière a été rouvert lundi après deux ans de travaux.",
    "La maire a remercié tous ceux qui ont participé au projet.",
    "Les travaux ont coûté 4,2 millions d'euros, soit moins que prévu.",
    "Les commerçants espèrent maintenant que les clients reviendront.",
]
CLOSE = [
    "The bridge over the river was reopened on Monday after two years of work.",
    "The mayor thanked all those who participated in the project.",
    "The work cost 4.2 million euros, less than planned.",
    "The shopkeepers now hope that the customers will come back.",
]
FREE = [
    "Two years of building are over: since Monday people can cross the river again.",
    "Everybody involved got a word of thanks from the town hall.",
    "At 4.2 million, the bill turned out lower than anybody had feared.",
    "Shops on both banks are keeping their fingers crossed.",
]


@pytest.fixture(scope="module")
def tools() -> Instruments:
    return Instruments()


def sentences(*texts: str) -> Sentences:
    pieces = [np.arange(len(text.split()), dtype=np.int64) for text in texts]
    return Sentences(texts, pieces, np.eye(len(texts), dtype=np.float32))


def link(source: str, target: str) -> Linked:
    none = np.array([], np.int64)
    return Linked(Bead(range(1), range(1), 1.0), source, target, none, none, 1.0)


def test_only_beads_with_both_sides_are_linked() -> None:
    alignment = Alignment(
        (
            Bead(range(1), range(1), 1.0),
            Bead(range(1, 2), range(0), 0.0),
            Bead(range(2, 3), range(1, 3), 0.7),
        )
    )
    links = linked_beads(sentences("a b", "c", "d"), sentences("A B", "C", "D"), alignment)
    assert [(each.source, each.target) for each in links] == [("a b", "A B"), ("d", "C D")]
    # The sum of the second and the third unit vector, against the third.
    assert links[0].cosine == pytest.approx(1.0)
    assert links[1].cosine == pytest.approx(0.5**0.5)


def test_moved_sentences_are_linked_and_rendered() -> None:
    alignment = Alignment(
        (
            Bead(range(1), range(0), 0.0),
            Bead(range(1, 2), range(0), 0.0),
            Bead(range(2, 3), range(1), 1.0),
            Bead(range(3, 3), range(1, 3), 0.0),
        )
    )
    texts = [f"a sentence that is long enough, {name}" for name in "abcABC"]
    original, candidate = sentences(*texts[:3]), sentences(texts[5], texts[3], texts[4])
    turned = Sentences(candidate.texts, candidate.pieces, np.eye(3, dtype=np.float32)[[2, 0, 1]])
    one = Sentences(original.texts, [np.array([1])] * 3, original.vectors)
    links = linked_beads(
        one, Sentences(turned.texts, [np.array([1])] * 3, turned.vectors), alignment
    )
    assert [each.source[-1] + each.target[-1] for each in links] == ["cC", "aA", "bB"]
    assert [round(each.cosine, 3) for each in links] == [1.0, 1.0, 1.0]
    assert rendered_links(links, alignment) == links


@pytest.mark.parametrize(
    ("cosines", "kept"),
    [
        ([0.9, 0.1, 0.8], [0, 1, 2]),
        ([0.9, 0.1, 0.2, 0.8], [0, 3]),
        ([0.9, 0.1, None, 0.8], [0, 3]),
        ([0.1, 0.8, None, 0.9, 0.2], [0, 1, 3, 4]),
        ([0.1, None, 0.2, 0.9, 0.8, 0.3, 0.2], [3, 4]),
        ([0.1, 0.2], []),
    ],
    ids=["a free one", "two unlike", "unlike and left out", "at the ends", "a passage", "none"],
)
def test_links_amid_other_text_are_left_out(cosines: list[float | None], kept: list[int]) -> None:
    none = np.array([], np.int64)
    links, beads = [], []
    for n, cosine in enumerate(cosines):
        bead = Bead(
            range(n, n + 1), range(0 if cosine is None else n, 0 if cosine is None else n + 1), 0.0
        )
        beads.append(bead)
        if cosine is not None:
            links.append(Linked(bead, "", "", none, none, cosine))
    found = rendered_links(links, Alignment(tuple(beads)))
    assert [link.bead.source.start for link in found] == kept


@pytest.mark.parametrize(
    ("positions", "backward", "displacement"),
    [([0, 1, 2, 3], 0.0, 0.0), ([3, 2, 1, 0], 1.0, 0.5), ([1, 0, 2, 3], 1 / 3, 0.125)],
    ids=["same order", "turned round", "one pair changed"],
)
def test_order_of_sure_links(positions: list[int], backward: float, displacement: float) -> None:
    both = np.full((4, 4), -20.0, np.float32)
    both[positions, np.arange(4)] = -1.0
    found = _order(both)
    assert found["backward_steps"] == pytest.approx(backward)
    assert found["displacement"] == pytest.approx(displacement)
    assert found["linked"] == 1.0


def test_without_sure_links_an_average_order_is_assumed() -> None:
    found = _order(np.full((3, 2), -20.0, np.float32))
    assert found["linked"] == 0.0
    assert found["backward_steps"] == 0.25


def test_form_counts_marks_and_lengths() -> None:
    found = _form([link("Ja, gut, so.", "Yes, fine."), link("Nein.", "No.")])
    assert found["comma_differs"] == 0.5
    assert found["stop_differs"] == 0.0
    assert found["punctuation_differs"] == pytest.approx(1 / 7)
    ratios = np.log([(10 + 5) / (12 + 5), (3 + 5) / (5 + 5)])
    assert found["chars_ratio"] == pytest.approx(ratios.mean())
    assert found["chars_ratio_sd"] == pytest.approx(ratios.std())


def test_copied_words_are_counted() -> None:
    assert _form([link("Rutte sprach in Kyjiw", "Rutte spoke in Kyjiw")])["words_copied"] == 0.75


def test_a_literal_translation_is_closer_than_a_free_one(tools: Instruments) -> None:
    direction = Direction.parse("fr-en")
    close, free = (tools.measure(FR, texts, direction) for texts in (CLOSE, FREE))
    for name in ("cosine_mean", "target_covered_mean", "source_log_prob_mean"):
        assert close.closeness[name] > free.closeness[name], name
    assert close.closeness["displacement_mean"] < free.closeness["displacement_mean"]
    assert len(close.rendered) == 4


def test_another_article_is_no_rendering(tools: Instruments) -> None:
    direction = Direction.parse("fr-en")
    other = ["The choir sang in the old church.", "Tickets were sold out within an hour."]
    whole = tools.measure(FR, CLOSE, direction).relation
    part = tools.measure(FR, [*CLOSE[:2], *other], direction).relation
    none = tools.measure(FR, other, direction).relation
    assert whole["candidate_covered"] == 1.0
    assert 0.4 < part["candidate_covered"] < 0.8
    assert none["candidate_covered"] < part["candidate_covered"]
    assert whole["numbers_shared"] == 1.0


def test_a_lifted_passage_is_measured_without_what_stands_around_it(tools: Instruments) -> None:
    direction = Direction.parse("fr-en")
    around = (
        ["Le concert du chœur commence à vingt heures.", "Il reste quelques billets à la caisse."],
        ["Our correspondent has been to the cattle market.", "Prices of calves went up again."],
    )
    alone = tools.measure(FR, CLOSE, direction)
    amid = tools.measure([*around[0], *FR], [*around[1], *CLOSE], direction)
    assert len(amid.rendered) == 4
    assert amid.closeness == pytest.approx(alone.closeness)


def test_entities_are_read_as_what_they_stand_for(tools: Instruments) -> None:
    direction = Direction.parse("fr-en")
    plain = tools.measure(["L'état le sait."], ["It's known."], direction)
    entity = tools.measure(["L&#39;état le sait."], ["It&#39;s known."], direction)
    assert entity.closeness == plain.closeness


def test_features_are_finite_for_what_is_no_language(tools: Instruments) -> None:
    direction = Direction.parse("fr-en")
    for text in ("…", "12", "\u200b", "a" * 5_000, "😀😀😀"):
        measured = tools.measure([text, text], [text], direction)
        values = [*measured.closeness.values(), *measured.relation.values()]
        assert np.isfinite(values).all(), text


def test_every_feature_has_a_family(tools: Instruments) -> None:
    measured = tools.measure(FR, CLOSE, Direction.parse("fr-en"))
    rated = Rated(["▁Yes"], np.array([-1.0]), np.array([-2.0]), np.array([True]))
    names = [*measured.closeness, *plausibility([rated])]
    families = {family_of(name) for name in names}
    assert len(families) == 6


def test_relation_without_links_is_zero(tools: Instruments) -> None:
    empty = relation(
        tools.sentences(["Bonjour."]),
        tools.sentences(["Nothing."]),
        [],
        LinkedWords(Direction.parse("fr-en"), tools.lexicon),
    )
    assert empty["candidate_covered"] == empty["cosine_everywhere"] == 0.0


@pytest.mark.parametrize("values", [1, 2, 7, 9, 31, 300])
@pytest.mark.parametrize("kind", [np.float32, np.float64, bool])
def test_averages_are_those_of_numpy_to_the_last_bit(values: int, kind: type) -> None:
    drawn = np.random.default_rng(values)
    rows = drawn.normal(size=(5, values))
    rows = rows > 0 if kind is bool else rows.astype(kind)
    weights = drawn.uniform(0.1, 9, size=values).astype(np.float64 if kind is float else np.float32)
    expected = [float(np.average(row, weights=weights)) for row in rows]
    assert averages(rows, weights) == expected


@pytest.mark.parametrize("sentences", [1, 3, 4, 12, 50])
def test_spreads_of_several_values_are_those_of_each(sentences: int) -> None:
    drawn = np.random.default_rng(sentences)
    rows, weights = drawn.normal(size=(6, sentences)), drawn.uniform(1, 30, size=sentences)
    names = [f"f{number}" for number in range(6)]
    found = spreads(names, rows, weights)
    for name, values in zip(names, rows, strict=True):
        mean = float(np.average(values, weights=weights))
        ordered, quarter = np.sort(values), max(1, sentences // 4)
        assert found[f"{name}_mean"] == mean
        deviation = np.sqrt(np.average((values - mean) ** 2, weights=weights))
        assert found[f"{name}_sd"] == float(deviation)
        assert found[f"{name}_low"] == float(ordered[:quarter].mean())
        assert found[f"{name}_high"] == float(ordered[-quarter:].mean())
