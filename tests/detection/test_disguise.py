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
        ("Jusqu ’ à présent , il n ’ y a", "Jusqu’à présent, il n’y a"),
        ("l' Europe et l 'Asie d ' aujourd ' hui", "l'Europe et l'Asie d'aujourd'hui"),
        ("it 's here, they don 't, he did n't", "it's here, they don't, he didn't"),
        ("the players ' goals, rock ’n’ roll", "the players ' goals, rock ’n’ roll"),
        ("l'été, L’Oréal, it's, don't", "l'été, L’Oréal, it's, don't"),
        ("Ende . Und so ...", "Ende. Und so ..."),
        ("Er sagte: 'Ja' , dann ging er", "Er sagte: 'Ja' , dann ging er"),
    ],
)
def test_a_text_has_the_letters_that_it_seems_to_have(text, seen):
    assert undisguised(text) == seen
