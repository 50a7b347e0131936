import pytest

from mtpipe.detection.disguise import undisguised


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("D\u0430s H\u0430us", "Das Haus"),
        ("\u0410bend \u0421afe \u0397aus", "Abend Cafe Haus"),
        ("Wo\u200brt und Wo\u00adrt", "Wort und Wort"),
        ("Москва und Αθήνα", "Москва und Αθήνα"),
        ("α-Helix", "α-Helix"),
        ("Größe: 5 µm, Œuvre", "Größe: 5 µm, Œuvre"),
        ("plain", "plain"),
    ],
)
def test_a_text_has_the_letters_that_it_seems_to_have(text, seen):
    assert undisguised(text) == seen
