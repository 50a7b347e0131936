"""The encoder that ships, and what is said of damaged ones."""

import shutil
import unicodedata

import numpy as np
import pytest
from safetensors.numpy import save_file

from mtpipe.encoders.static import StaticEncoder
from mtpipe.errors import ModelCorrupt, ModelNotFound
from mtpipe.models.card import read_card
from mtpipe.models.cards import bundled_directory, sha256_of

DIRECTORY = bundled_directory() / "encoder-static"


@pytest.fixture(scope="module")
def encoder():
    return StaticEncoder(DIRECTORY)


def cosine(encoder, *texts):
    first, second = encoder.encode(texts)
    return float(first @ second)


@pytest.mark.parametrize(
    ("first", "second", "other"),
    [
        pytest.param(
            "Die Regierung hat das Gesetz verabschiedet.",
            "Le gouvernement a adopté la loi.",
            "Le club a perdu le match de samedi.",
            id="de-fr",
        ),
        pytest.param(
            "The company will cut 500 jobs next year.",
            "Das Unternehmen streicht im nächsten Jahr 500 Stellen.",
            "Das Wetter wird am Wochenende wieder wärmer.",
            id="en-de",
        ),
        pytest.param(
            "Les prix du pétrole ont baissé mardi.",
            "Oil prices fell on Tuesday.",
            "The museum is closed.",
            id="fr-en",
        ),
    ],
)
def test_translations_are_close_and_other_sentences_are_not(encoder, first, second, other):
    assert cosine(encoder, first, second) > 0.6
    assert cosine(encoder, first, other) < 0.4


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        pytest.param("Große Straße", "GROSSE STRASSE", id="capitals and ß"),
        pytest.param("Élève", unicodedata.normalize("NFD", "Élève"), id="decomposed"),
        pytest.param("« Oui »", '"Oui"', id="quotation marks"),
        pytest.param("", "\u200b", id="nothing"),
    ],
)
def test_variants_have_the_same_vector(encoder, text, variant):
    assert cosine(encoder, text, variant) == pytest.approx(1)


def test_sums_of_sentences_add_up_and_do_not_depend_on_the_batch(encoder):
    texts = [f"Satz {k} " + "und so weiter " * (k % 9) for k in range(1_200)]
    bags = encoder.pieces(texts)
    sums = encoder.sums(bags)
    expected = np.add.reduceat(encoder.table[bags.ids], bags.starts[:-1], axis=0)
    assert sums == pytest.approx(expected, abs=1e-3)


def test_no_texts_are_no_vectors(encoder):
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_any_text_has_a_vector_of_unit_length(encoder):
    texts = ["", " ", "漢字", "\U0001f600", "\0", "a" * 100_000, "\ud800"]
    assert np.linalg.norm(encoder.encode(texts), axis=1) == pytest.approx(np.ones(len(texts)))


def test_the_card_is_of_these_files():
    card = read_card(DIRECTORY / "card.toml")
    files = {name: sha256_of(DIRECTORY / name) for name in ("pieces.spm", "vectors.safetensors")}
    assert card.sha256 == files
    assert card.size_bytes == sum((DIRECTORY / name).stat().st_size for name in files) < 20e6


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelNotFound, match=r"pieces\.spm"):
        StaticEncoder(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda d: (d / "pieces.spm").write_bytes(b"no"), id="pieces"),
        pytest.param(lambda d: (d / "vectors.safetensors").write_bytes(b"no"), id="vectors"),
        pytest.param(
            lambda d: save_file({"other": np.zeros((2, 2))}, d / "vectors.safetensors"),
            id="other tensor",
        ),
        pytest.param(
            lambda d: save_file({"vectors": np.zeros((2, 2))}, d / "vectors.safetensors"),
            id="too few vectors",
        ),
        pytest.param(
            lambda d: save_file(
                {"vectors": np.full((32_000, 2), np.nan)}, d / "vectors.safetensors"
            ),
            id="not numbers",
        ),
    ],
)
def test_a_damaged_file_is_corrupt(tmp_path, damage):
    for name in ("pieces.spm", "vectors.safetensors"):
        shutil.copy(DIRECTORY / name, tmp_path)
    damage(tmp_path)
    with pytest.raises(ModelCorrupt):
        StaticEncoder(tmp_path)
