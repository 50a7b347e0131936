import pytest

from mtpipe.detection.notices import names_own_language
from mtpipe.types import Language


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ("de", "If you have any doubts, please read the original version in German."),
        ("de", "Automatically translated from German."),
        ("de", "Automatisch aus dem Deutschen übersetzt. Zum Original"),
        ("de", "Zur deutschen Originalfassung"),
        ("de", "Maßgeblich ist die deutsche Fassung."),
        ("de", "Machine translation. Only the German version is binding."),
        ("de", "Traduit automatiquement de l’allemand."),
        ("de", "Seule la version allemande fait foi."),
        ("de", "The original (in another window) is in German"),
        ("de", "Please refer to the German version."),
        ("de", "Im Zweifel lesen Sie bitte die Originalfassung auf Deutsch."),
        ("de", "Bitte lesen Sie die deutsche Fassung."),
        ("de", "Deutsche Version anzeigen"),
        ("de", "Consultez la version allemande"),
        ("de", "The text was written in German and translated by software."),
        ("de", "This is a machine translation of a German article."),
        ("en", "This page was machine-translated. View it in English"),
        ("en", "Diesen Artikel auf Englisch lesen"),
        ("en", "Lire l’article original en anglais"),
        ("en", "Translated from the English original"),
        ("en", "English-language original"),
        ("fr", "Aus dem Französischen übersetzt"),
        ("fr", "Cet article a été traduit du français."),
        ("fr", "Read this page in French"),
        ("fr", "Voir la version française"),
        ("fr", "Show original (French)"),
    ],
)
def test_notices_that_stand_on_the_original(own, text):
    assert names_own_language(text, Language(own))
    others = [language for language in Language if language != own]
    assert not any(names_own_language(text, language) for language in others)


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ("de", "This article has been translated automatically."),
        ("de", "This article was automatically translated into German."),
        ("de", "Dieser Artikel wurde automatisch ins Deutsche übersetzt."),
        ("de", "Original in English, translated by a machine in German"),
        ("de", "Machine translation from French to German"),
        ("de", "Version allemande traduite automatiquement"),
        ("en", "This story was translated into English by AI."),
        ("en", "Machine-translated English version"),
        ("fr", "Traduction automatique en français"),
        ("fr", "Der Text wurde maschinell ins Französische übertragen."),
    ],
)
def test_notices_that_stand_on_the_translation(own, text):
    assert not names_own_language(text, Language(own))


def test_a_long_text_takes_no_time():
    text = "original version read the " * 2_000
    assert not names_own_language(text, Language.DE)
