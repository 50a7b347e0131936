from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.ingest.page import collapse
from mtpipe.ingest.page_dump import read_page_dump
from mtpipe.types import BlockKind

SEED = Path(__file__).parents[3] / "shared" / "seed"

GERMAN = """\
Streit am Fluss | Die alte Brücke bleibt „bis auf Weiteres“ zu, sagt die Stadt

Streit am Fluss | Die alte Brücke bleibt „bis auf Weiteres“ zu, sagt die Stadt
-

(Musterstadt) Die alte Brücke bleibt geschlossen, teilte die Stadt am Montag mit.

Gepostet um 8:15 Uhr

„Wir haben keine Wahl“, sagte die Bürgermeisterin.

Region

-
PREV Der Markt am Samstag fällt aus
NEXT Regen am Sonntag"""

ENGLISH = """\
Home | News | World

World
Harbour ferry stops after storm damages two piers
Harbour ferry stops after storm damages two piers | The Example Gazette
By Anna Miller and John Q. Doe
Published 3 May 2024 at 7:04 am

PORT EXAMPLE (Example News) — The ferry has stopped running, the operator said on Monday.

What happens next
- Engineers will look at the damage.
- The council will meet on 7 May.

Read more: Storm leaves hundreds without power
Ferries
12 comments
© 2024 The Example Gazette. All rights reserved.
Next: Council votes on new bridge"""

FRENCH = """\
Le pont de la Vallée fermé pour six mois
Publié le 12 mars 2024 à 18h30

Qui paiera ? Personne ne le sait.

« Nous n'avons pas le choix », a dit M. Leroux.

À lire aussi : la mairie revoit son budget
Transports
Précédent"""


def kinds(text, **options):
    page = read_page_dump(text, **options)
    blocks = sorted([*page.blocks, *page.furniture], key=lambda block: block.place)
    return [(block.kind.value, block.place.line) for block in blocks]


def test_german_dump():
    assert kinds(GERMAN) == [
        ("title", 1),
        ("repeated title", 3),
        ("separator", 4),
        ("dateline", 6),
        ("paragraph", 6),
        ("time stamp", 8),
        ("paragraph", 10),
        ("tag", 12),
        ("separator", 14),
        ("navigation", 15),
        ("navigation", 16),
    ]


def test_english_dump():
    assert kinds(ENGLISH) == [
        ("navigation", 1),
        ("tag", 3),
        ("title", 4),
        ("repeated title", 5),
        ("byline", 6),
        ("time stamp", 7),
        ("dateline", 9),
        ("paragraph", 9),
        ("heading", 11),
        ("list item", 12),
        ("list item", 13),
        ("related", 15),
        ("tag", 16),
        ("comment", 17),
        ("notice", 18),
        ("navigation", 19),
    ]


def test_french_dump():
    assert kinds(FRENCH) == [
        ("title", 1),
        ("time stamp", 2),
        ("paragraph", 4),
        ("paragraph", 6),
        ("related", 8),
        ("tag", 9),
        ("navigation", 10),
    ]


def test_stated_title_makes_the_first_line_a_repetition():
    text = "Brücke bleibt zu\n\nDie Brücke bleibt am Montag geschlossen."
    assert kinds(text, title="Brücke bleibt zu") == [
        ("title", 0),
        ("repeated title", 1),
        ("paragraph", 3),
    ]


def test_divided_words_are_put_together():
    text = """Die Stadt hat am Montag die neue Brücke über den Fluss eröffnet. Der Ver-
kehr läuft seit acht Uhr, und die Bürgermeisterin dankte allen Arbei-
terinnen und Arbeitern für ihren Einsatz. Die Westseite und die Ost-
und Nordseite sind nun verbunden, sagte sie am Abend der Deutschen Presse-
Agentur und den anderen Gästen, die gekommen waren, um sie sich an-
zusehen."""
    [paragraph] = read_page_dump(text).blocks
    for part in ("Der Verkehr", "Arbeiterinnen", "Ost- und Nord", "Presse-Agentur", "anzusehen"):
        assert part in paragraph.text


def test_words_divided_by_other_hyphens_are_put_together():
    text = """Die Stadt hat am Montag die neue Brücke über den Fluss eröffnet. Der Ver\u00ad
kehr läuft seit acht Uhr, und die Bürgermeisterin dankte allen Arbei\u2010
terinnen und Arbeitern für ihren Einsatz, wie sie der Deutschen Presse\u2010
Agentur sagte. Wer will, fährt nun umsonst: Auch die neue Bahn\u00ad
Card gilt, und am A\u00ad
bend gibt es für alle, die kommen, Musik und Tanz; das Mot\u00ad
to der Feier ist noch geheim."""
    [paragraph] = read_page_dump(text).blocks
    for part in (
        "Der Verkehr",
        "Arbeiterinnen",
        "Presse\u2010Agentur",
        "BahnCard",
        "Abend",
        "Motto",
    ):
        assert part in paragraph.text


def test_wrapped_lines_are_joined_to_paragraphs():
    text = (
        "Der Stadtrat hat am Montag beschlossen, die alte Brücke über\n"
        "den Fluss zu sanieren. Die Arbeiten sollen im Herbst beginnen\n"
        "und rund zwei Jahre dauern.\n"
        "\n"
        "Anwohner befürchten Umwege. Die Buslinien fahren bis auf\n"
        "Weiteres über die neue Brücke.\n"
    )
    page = read_page_dump(text)
    assert [block.place.line for block in page.blocks] == [1, 5]
    assert page.blocks[1].text == " ".join(text.splitlines()[4:])


@pytest.mark.parametrize(
    "text",
    [
        "Only one line without a full stop",
        "A first sentence.\nA second one.\nA third one, of the same kind.",
        "Ein kurzer Satz.",
        "– Viens-tu ?\n– Non, je reste.",
    ],
)
def test_plain_prose_has_no_furniture_and_no_title(text):
    page = read_page_dump(text)
    assert [block.kind for block in page.blocks if block.kind is BlockKind.TITLE] == []
    assert page.furniture == ()
    assert [block.text for block in page.blocks] == text.splitlines()


@given(st.lists(st.one_of(st.sampled_from(GERMAN.splitlines()), st.text(max_size=40)), max_size=12))
def test_no_word_is_lost_or_made_up(lines):
    page = read_page_dump("\n".join(lines))
    blocks = sorted([*page.blocks, *page.furniture], key=lambda block: block.place)
    assert "".join("".join(block.text.split()) for block in blocks) == "".join(
        collapse("\n".join(lines)).split()
    )
    assert [block.place.index for block in blocks] == list(range(len(blocks)))
    assert not any(block.kind.is_furniture for block in page.blocks)
    assert all(block.kind.is_furniture for block in page.furniture)


@pytest.mark.skipif(not SEED.is_dir(), reason="no page in ../shared/seed")
def test_real_page_is_taken_apart():
    (path,) = SEED.glob("*.txt")
    page = read_page_dump(path.read_text(encoding="utf-8"))
    assert [block.kind.value for block in page.blocks] == ["title", "dateline"] + ["paragraph"] * 7
    assert [block.kind.value for block in page.furniture] == [
        "repeated title",
        "repeated title",
        "separator",
        "time stamp",
        "tag",
        "separator",
        "navigation",
        "navigation",
    ]
