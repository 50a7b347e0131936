"""The lexicon and the bigrams look up what they were made of."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from mtpipe.errors import ModelCorrupt, ModelNotFound
from mtpipe.lexicon.bigrams import BIGRAMS, Bigrams
from mtpipe.lexicon.pairs import FLOOR, LEXICON, Lexicon
from mtpipe.types import Direction, Language


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A lexicon of five pieces: 1 becomes 3 or 4, and 2 becomes 4."""
    save_file(
        {
            "de-en.source": np.array([1, 1, 2], np.uint16),
            "de-en.target": np.array([3, 4, 4], np.uint16),
            "de-en.forward": np.array([10, 30, 0], np.uint8),
            "de-en.backward": np.array([0, 40, 20], np.uint8),
            "de.log_unigram": np.full(5, -1, np.float16),
            "en.log_unigram": np.full(5, -2, np.float16),
        },
        tmp_path / LEXICON,
    )
    return tmp_path


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def test_links_of_every_piece_with_every_piece(folder: Path) -> None:
    links = Lexicon(folder).links(ids(1, 2), ids(4, 3, 4), Direction.parse("de-en"))
    assert links.forward.tolist() == [[-1.5, -0.5, -1.5], [0.0, FLOOR, 0.0]]
    assert links.backward.tolist() == [[-2.0, 0.0, -2.0], [-1.0, FLOOR, -1.0]]


def test_the_other_direction_is_the_same_table_turned_round(folder: Path) -> None:
    lexicon = Lexicon(folder)
    there = lexicon.links(ids(1, 2), ids(3), Direction.parse("de-en"))
    back = lexicon.links(ids(3), ids(1, 2), Direction.parse("en-de"))
    assert np.array_equal(back.forward, there.backward.T)
    assert np.array_equal(back.backward, there.forward.T)


def test_the_likeliest_translation_of_each_piece(folder: Path) -> None:
    lexicon = Lexicon(folder)
    assert lexicon.best(Direction.parse("de-en")).tolist() == [FLOOR, -0.5, 0.0, FLOOR, FLOOR]
    assert lexicon.best(Direction.parse("en-de")).tolist() == [FLOOR, FLOOR, FLOOR, 0.0, -1.0]


def test_what_a_translation_leaves_out_makes_the_source_improbable(folder: Path) -> None:
    lexicon, direction = Lexicon(folder), Direction.parse("de-en")
    # Each piece by the target piece that explains it best; nothing does where there is -7.
    found = lexicon.log_prob_of_source(ids(1, 2), [ids(3, 4), ids(4), ids(3), ids(0, 3)], direction)
    assert found == pytest.approx([(0 - 1) / 2, (-2 - 1) / 2, (0 - 7) / 2, (0 - 7) / 2])
    # Rare pieces count for more.
    lexicon.log_unigram["de"] = np.array([-1, -1, -3, -1, -1], np.float32)
    assert lexicon.log_prob_of_source(ids(1, 2), [ids(4)], direction) == pytest.approx([-1.25])


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="lexicon"):
        Lexicon(tmp_path)
    (tmp_path / LEXICON).write_bytes(b"nonsense")
    with pytest.raises(ModelCorrupt, match="lexicon"):
        Lexicon(tmp_path)


def test_an_unsorted_table_is_refused(folder: Path) -> None:
    save_file(
        {
            f"de-en.{name}": np.array([2, 1], kind)
            for name, kind in (
                ("source", np.uint16),
                ("target", np.uint16),
                ("forward", np.uint8),
                ("backward", np.uint8),
            )
        },
        folder / LEXICON,
    )
    with pytest.raises(ModelCorrupt, match="sorted"):
        Lexicon(folder)


def test_bigrams_back_off(tmp_path: Path) -> None:
    # Pieces 0 and 1, then begin (2) and end (3); only "begin 0" is stored.
    size = 4
    arrays = {}
    for language in Language:
        arrays |= {
            f"{language}.keys": np.array([2 * size + 0], np.uint32),
            f"{language}.log_prob": np.array([20], np.uint8),
            f"{language}.log_backoff": np.array([-0.5, -0.25, -1, 0], np.float16),
            f"{language}.log_continuation": np.array([-2, -3, 0, -4], np.float16),
            f"{language}.log_unigram": np.array([-1, -2, -9, -3], np.float16),
        }
    save_file(arrays, tmp_path / BIGRAMS)
    bigrams = Bigrams(tmp_path)
    assert bigrams.log_probs(ids(0, 1), Language.FR).tolist() == [-1.0, -3.5, -4.25]
    assert bigrams.log_unigram(Language.FR).tolist() == [-1, -2, -9, -3]


def test_the_tables_that_ship_know_all_directions() -> None:
    from mtpipe.pipeline.detect.measuring import Instruments

    tools = Instruments()
    for name, source, target in (
        ("de-en", "Haus", "house"),
        ("fr-de", "maison", "Haus"),
        ("en-fr", "house", "maison"),
    ):
        src, tgt = (tools.sentences([text]).pieces[0] for text in (source, target))
        links = tools.lexicon.links(src, tgt, Direction.parse(name))
        assert np.exp(links.forward.max()) > 0.1, name
