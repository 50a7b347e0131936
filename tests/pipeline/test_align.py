"""The aligner from Python, with the encoder that ships."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mtpipe
from mtpipe.errors import InputError, UnsupportedDirection
from mtpipe.ingest import read_article
from mtpipe.pipeline import align
from mtpipe.types.alignment import AlignedDocuments

GERMAN = ["Guten Morgen.", "", "Der Rat hat gestern getagt.", "Die Brücke kostet 12 Millionen."]
ENGLISH = ["Good morning.", "The council met yesterday.", "The bridge costs 12 million."]


def links(aligned: AlignedDocuments) -> list[tuple[list[int], list[int]]]:
    return [(list(b.source), list(b.target)) for b in aligned.alignment.beads if not b.is_null]


def test_sentences_and_articles(tmp_path: Path) -> None:
    aligned = mtpipe.align(GERMAN, ENGLISH, languages=("de", mtpipe.Language.EN))
    assert links(aligned) == [([0], [0]), ([2], [1]), ([3], [2])]
    assert (aligned.source.name, aligned.target.language) == ("source", "en")
    path = tmp_path / "a.txt"
    path.write_text("Der Rat hat gestern getagt. Die Brücke kostet 12 Millionen.\n")
    article = read_article(str(path))
    aligned = mtpipe.align(article, ENGLISH[1:], names=("one", "other"))
    assert links(aligned) == [([0], [0]), ([1], [1])]
    assert (aligned.source.name, aligned.source.language) == ("one", "de")


def test_a_gold_alignment(tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    gold.write_text("[0]:[0]\n[2]:[1]\n[3]:[]\n")
    aligned = mtpipe.align(GERMAN, ENGLISH, languages=("de", "en"))
    found = mtpipe.evaluate_alignment(aligned, gold)
    assert (found.strict.precision, found.strict.recall) == (0.5, 1.0)
    gold.write_text("[0]:[9]\n")
    with pytest.raises(InputError, match=r"names sentence 9 .*target has 3"):
        mtpipe.evaluate_alignment(aligned, gold)


def test_the_language_of_sentences_is_found() -> None:
    aligned = mtpipe.align(GERMAN, ENGLISH)
    assert (aligned.source.language, aligned.target.language) == ("de", "en")


def test_a_bead_of_one_sentence_is_refused() -> None:
    with pytest.raises(ValueError, match="max_bead is 1"):
        mtpipe.align(GERMAN, ENGLISH, max_bead=1)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnsupportedDirection, match="xx"):
        mtpipe.align(GERMAN, ENGLISH, languages=("xx", None))


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ([], ["x", "y"], [([], [0]), ([], [1])]),
        (["x", ""], [], [([0], []), ([1], [])]),
        (["", " "], ["x"], [([0], []), ([1], []), ([], [0])]),
        ([], [], []),
    ],
    ids=["no source", "no target", "blank lines", "nothing"],
)
def test_a_side_without_text_is_linked_to_nothing(
    monkeypatch: pytest.MonkeyPatch,
    source: list[str],
    target: list[str],
    expected: list[tuple[list[int], list[int]]],
) -> None:
    """By any encoder: others than the one that ships give no shape for no texts."""
    encoders: dict[str, object] = {"static": align.load_encoder(), "other": None}
    monkeypatch.setattr(align, "load_encoder", encoders.__getitem__)
    for name in encoders:
        beads = mtpipe.align(source, target, encoder=name).alignment.beads
        assert sorted((list(b.source), list(b.target)) for b in beads) == sorted(expected)


def test_threads_get_what_one_gets() -> None:
    alone = mtpipe.align(GERMAN * 20, ENGLISH * 20)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: mtpipe.align(GERMAN * 20, ENGLISH * 20), range(16)))
    assert all(aligned == alone for aligned in found)


def test_a_single_text_is_refused() -> None:
    with pytest.raises(TypeError, match="not a single text"):
        mtpipe.align("Hallo.", ["Hello."])  # type: ignore[arg-type]
