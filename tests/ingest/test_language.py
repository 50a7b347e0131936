import errno
import tempfile
from pathlib import Path

import pytest

from mtpipe.errors import InputError, OutputError
from mtpipe.ingest import language, read_articles
from mtpipe.ingest.language import (
    article_language,
    identify,
    language_of_sentences,
    mark_foreign,
    probabilities,
)
from mtpipe.types import Block, BlockKind, Language, Place

FLORES = Path(__file__).parents[3] / "shared" / "eval" / "translate"

SENTENCES = {
    "de": "Der Bürgermeister hat am Montag angekündigt, dass die Brücke geschlossen wird.",
    "en": "The mayor announced on Monday that the bridge would be closed for six months.",
    "fr": "Le maire a annoncé lundi que le pont serait fermé pendant six mois au moins.",
    "nl": "De burgemeester heeft maandag aangekondigd dat de brug zes maanden dicht blijft.",
    "it": "Il sindaco ha annunciato lunedì che il ponte resterà chiuso per sei mesi interi.",
    "es": "El alcalde anunció el lunes que el puente permanecerá cerrado durante seis meses.",
}


def blocks(*texts):
    return tuple(Block(BlockKind.PARAGRAPH, text, Place(i)) for i, text in enumerate(texts))


@pytest.mark.parametrize("code", SENTENCES)
def test_sentences_are_identified(code):
    language, prob = identify(SENTENCES[code])
    assert language == code
    assert 0.5 < prob <= 1


def test_all_languages_have_a_probability():
    text = "Der Rat der Stadt hat am Montag getagt."
    found = probabilities(text)
    assert found[0] == identify(text)
    assert sum(prob for _, prob in found) == pytest.approx(1, abs=1e-3)
    assert [prob for _, prob in found] == sorted((prob for _, prob in found), reverse=True)


@pytest.mark.parametrize("language", Language)
def test_article_language_is_that_of_its_body(language):
    assert article_language(blocks(SENTENCES[language])) is language


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        pytest.param([SENTENCES["fr"]] * 3, Language.FR, id="long"),
        pytest.param(SENTENCES["de"].split()[:-1], Language.DE, id="short"),
        pytest.param([SENTENCES["de"]] + [SENTENCES["en"]] * 20, Language.EN, id="most"),
        pytest.param([SENTENCES["nl"]] * 3, None, id="none of ours"),
        pytest.param(["", "12", "-"], None, id="no words"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_the_language_of_sentences(sentences, expected):
    assert language_of_sentences(sentences) is expected


@pytest.mark.parametrize("foreign", [0, 1, 3])
def test_a_foreign_paragraph_does_not_decide(foreign):
    texts = [SENTENCES["de"] + " " + SENTENCES["de"]] * 3
    texts.insert(foreign, SENTENCES["fr"] + " " + SENTENCES["fr"])
    assert article_language(blocks(*texts), ["fr"]) is Language.DE


def test_body_outweighs_the_declaration():
    assert article_language(blocks(SENTENCES["de"]), ["fr", "en"]) is Language.DE


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ("Bern", ["fr-CH"], Language.FR),
        ("Paris", ["xx", "", "de_DE"], Language.DE),
        ("Guten Tag, Herr Meier", [], Language.DE),
        ("le pont est fermé", [], Language.FR),
    ],
    ids=["declared", "first known one", "short German", "short French"],
)
def test_short_text_goes_by_the_declaration_or_the_likeliest_of_ours(text, declared, expected):
    assert article_language(blocks(text), declared) is expected


@pytest.mark.parametrize("code", ["nl", "it", "es"])
def test_other_languages_are_refused_by_name(code):
    with pytest.raises(InputError, match=f"'{code}'.*--from"):
        article_language(blocks(SENTENCES[code]), ["de"])


def test_text_without_words_is_refused():
    with pytest.raises(InputError, match="no words"):
        article_language(blocks("12.000 – 34"), ["de"])


def test_foreign_paragraphs_say_so_and_short_ones_never():
    marked = mark_foreign(
        blocks(SENTENCES["de"], SENTENCES["en"], SENTENCES["nl"], "OK, bye"), Language.DE
    )
    assert [block.language for block in marked] == [None, "en", "nl", None]
    assert [block.text for block in marked] == [
        SENTENCES["de"],
        SENTENCES["en"],
        SENTENCES["nl"],
        "OK, bye",
    ]


@pytest.mark.skipif(not FLORES.is_dir(), reason="no flores-dev in ../shared/eval/translate")
@pytest.mark.parametrize("language", Language)
def test_hardly_any_line_of_flores_is_misjudged(language):
    lines = (FLORES / f"flores-dev.{language}").read_text(encoding="utf-8").splitlines()
    marked = mark_foreign(blocks(*lines), language)
    assert sum(block.language is not None for block in marked) <= 0.002 * len(lines)


def test_no_room_to_unpack_the_model_is_no_fault_of_the_article(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a.txt").write_text(SENTENCES["de"], encoding="utf-8")
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    language._identifier.cache_clear()
    try:
        with pytest.raises(OutputError, match="No space left") as caught:
            list(read_articles([str(tmp_path)]))
    finally:
        language._identifier.cache_clear()
    assert "TMPDIR" in caught.value.hint
