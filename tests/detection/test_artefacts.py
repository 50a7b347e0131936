import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.detection.artefacts import find_artefacts
from mtpipe.detection.leftovers import leftover_words
from mtpipe.detection.observations import Examined
from mtpipe.detection.page_text import MAX_BLOCK_CHARS, PageText, SearchedText, quoted_spans
from mtpipe.detection.rules import load_rules
from mtpipe.ingest.language import mark_foreign
from mtpipe.types import TOOL_MARKUP, BlockKind, Language, Metadata, ScoreName
from tests.detection.pages import article, assert_exact, by_id

RULES = load_rules()
# Notices that name the original's language; on a page in that language they accuse nobody.
ORIGINAL_IN = {
    "Automatisch übersetzt aus dem Französischen": "fr",
    "Note: this page was machine-translated from German.": "de",
    "Traduit automatiquement de l’anglais": "en",
}
SNIPPETS = [text for rule in RULES.rules.values() for text in rule.examples]


def ids(page, **options):
    return {piece.id for piece in find_artefacts(page, RULES, **options)}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(BlockKind),
            st.lists(
                st.one_of(st.sampled_from(SNIPPETS), st.text(min_size=1, max_size=9)), min_size=1
            )
            .map(" ".join)
            .filter(str.strip),
        ),
        max_size=8,
    ),
    st.sampled_from(Language),
)
def test_every_quotation_stands_where_it_says(blocks, language):
    page = article(*blocks, language=language)
    evidence = find_artefacts(page, RULES, original=article("Le pont.", language="fr"))
    assert_exact(evidence, page)
    assert all(piece.score is ScoreName.REPUBLICATION for piece in evidence)
    assert evidence == sorted(evidence, key=lambda piece: -abs(piece.weight))


@pytest.mark.parametrize(
    ("trace", "rule"),
    [
        ('html class="translated-rtl"', "translated-page-markup"),
        (
            'link href="/wp-content/plugins/translatepress-multilingual/trp.css"',
            "translation-plugin",
        ),
    ],
)
def test_markup_is_quoted_and_has_no_place(trace, rule):
    page = article("Ein Satz.", metadata=Metadata(extra=(("note", trace), (TOOL_MARKUP, trace))))
    [found] = find_artefacts(page, RULES)
    assert found.id == rule
    assert found.quotations[0].place is None
    assert found.quotations[0].text in trace
    assert ids(article(trace, metadata=Metadata(extra=(("note", trace),)))) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Diese Meldung wurde mithilfe einer Übersetzungssoftware erstellt.",
        "Der Text ist durch künstliche Intelligenz ins Deutsche übertragen worden.",
        "Automatisch übersetzt aus dem Französischen",
        "Übersetzung: KI",
        "Note: this page was machine-translated from German.",
        "The content has been translated using artificial intelligence",
        "La dépêche a été traduite par un logiciel",
        "Cette version est produite par une intelligence artificielle de traduction",
        "Traduit automatiquement de l’anglais",
    ],
)
@pytest.mark.parametrize("language", Language)
def test_a_page_that_says_so_itself_is_believed_in_any_language(text, language):
    page = article("Ein Satz.", (BlockKind.OTHER, text), language=language)
    is_original = ORIGINAL_IN.get(text) == language
    says_so = any(name.startswith("says-machine-translated") for name in ids(page))
    assert says_so is not is_original


@pytest.mark.parametrize(
    "text",
    [
        "Der Bürgermeister ließ den Text von einer Software übersetzen.",
        "Maschinelle Übersetzung: Was sie kann und was nicht",
        "Maschinelle Übersetzung",
        "Machine translation",
        "Wie gut ist die automatische Übersetzung?",
        "The software was translated by volunteers.",
        "Why machine translation fails on poems",
        "La traduction automatique progresse",
        "Le logiciel a été traduit en dix langues.",
    ],
)
@pytest.mark.parametrize("language", Language)
def test_an_article_about_machine_translation_is_innocent(text, language):
    page = article("Ein Satz.", text, language=language)
    assert not any(name.startswith("says-machine-translated") for name in ids(page))


def test_further_places_add_less_and_less():
    one = by_id(find_artefacts(article("Er sagte am X."), RULES))["on-x-de"]
    two = by_id(find_artefacts(article("Er sagte am X.", "Sie sagte am X."), RULES))["on-x-de"]
    assert (one.weight, one.value) == (1.4, 1.0)
    assert two.weight == pytest.approx(1.4 * 1.3)
    assert [quotation.place.index for quotation in two.quotations] == [0, 1]
    assert two.description.endswith("(2 times)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der Chef sagte am X.", True),
        ("Die Übersetzung lautete „sagte der Chef am X.“ und fiel auf.", False),
        ("Die Übersetzung lautete «sagte der Chef am X.» und fiel auf.", False),
    ],
)
def test_words_of_others_do_not_count(text, expected):
    assert ("on-x-de" in ids(article(text))) is expected


def test_a_block_in_another_language_is_not_searched():
    page = article("Ein Satz auf Deutsch.", "The train left at 7:30 p.m. for the coast.")
    assert "english-clock-de" in ids(page)
    foreign = replace(page.blocks[1], language="en")
    assert "english-clock-de" not in ids(replace(page, blocks=(page.blocks[0], foreign)))


def test_a_hit_never_reaches_over_two_blocks():
    page = article((BlockKind.OTHER, "Gepostet um"), (BlockKind.OTHER, "7:04 Uhr"))
    assert ids(page) == set()


def test_a_line_feed_in_a_block_leaves_offsets_alone():
    page = article("Erst eine Zeile.\nSie sagte am X.")
    (piece,) = find_artefacts(page, RULES)
    assert_exact([piece], page)
    assert piece.quotations[0].start == 27


@pytest.mark.parametrize(
    ("repeats", "expected"),
    [
        (["Brücke gesperrt"], False),
        (["Brücke gesperrt"] * 2, True),
        (["Brücke gesperrt | Kurier"] * 3, False),
    ],
)
def test_repeated_title(repeats, expected):
    page = article(
        (BlockKind.TITLE, "Brücke gesperrt"),
        *((BlockKind.REPEATED_TITLE, text) for text in repeats),
        "Die Brücke ist zu.",
    )
    assert ("repeated-title" in ids(page)) is expected


@pytest.mark.parametrize(
    ("language", "text", "quoted"),
    [
        (
            "de",
            "Nach Angaben des ministère de la santé publique wurde es ernst.",
            "ministère de la santé publique",
        ),
        (
            "en",
            "It comes, said the verantwortlichen der stadt und des kreises.",
            "verantwortlichen der stadt und des kreises",
        ),
        (
            "fr",
            "Il a dit before the end of the meeting hier soir.",
            "dit before the end of the meeting hier soir",
        ),
        ("de", "Er sang „ne me quitte pas de la vie“ im Chor.", None),
        ("de", "Sie wohnt in der Rue de la Paix und im Maison de la Radio.", None),
        ("de", "Das ist state of the art und work in progress.", None),
        ("de", "Man speist à la carte, er lebt comme il faut.", None),
        ("en", "He liked the crème de la crème and the raison d'être of it all.", None),
        ("en", "He met Ursula von der Leyen and Charles de Gaulle.", None),
        ("fr", "Le mur (on the rocks, but with the ice) est tombé.", None),
        ("fr", "Un best of de la chanson, made in France.", None),
        ("de", "Die Band spielte. Dann kam sie.", None),
        # Words that are told to be words, by what stands before them.
        ("de", "Sie lebt nach der Devise never give up on the people and smile.", None),
        ("de", "Das Stück heißt on the road to the sea, und es dauert lange.", None),
        ("de", "Er singt das Lied von der Liebe, la vie et la mort dans la rue, gern.", None),
        ("en", "He lives by the motto vivre et laisser vivre avec les autres.", None),
        ("en", "They call the dish poulet à la crème et aux herbes.", None),
        ("en", "The so-called liberté dans la vie et dans la mort is praised.", None),
        ("fr", "Il suit la devise leben und leben lassen mit den anderen.", None),
        ("fr", "On l'a intitulé a day in the life of the city.", None),
        # Words behind punctuation, which no word leads up to.
        ("de", "Bitte leise sein, please be quiet in the hall and on the stairs!", None),
        ("fr", "Merci de patienter / bitte warten auf der anderen seite!", None),
        ("en", "Please wait: veuillez patienter dans la salle avec les autres.", None),
    ],
)
def test_leftover_words(language, text, quoted):
    page = PageText(article(text, language=language))
    found = leftover_words(Examined(page, None, datetime.now(UTC)))
    assert (found.quotations[0].text if found else None) == quoted


def test_one_place_with_leftover_words_is_none():
    text = "Nach Angaben des ministère de la santé publique wurde es ernst."
    assert "leftover-words" not in ids(article(text, "Das ist alles."))
    assert "leftover-words" in ids(article(text, "Das gilt, was selon les autorités reicht."))


@pytest.mark.parametrize(
    ("texts", "quoted"),
    [
        (
            ["Er nannte es « eine große Sorge » und ging, « für immer »."],
            ["« eine große Sorge »", "« für immer »"],
        ),
        (
            ["Sie sprach von\u00a0«\u00a0Mut\u00a0», er von «\u202fAngst\u202f».", "Und nun?"],
            ["«\u00a0Mut\u00a0»", "«\u202fAngst\u202f»"],
        ),
        (
            ["Sie sagte: « Wir gehen. »", "« Wir bleiben », sagte er."],
            ["« Wir gehen. »", "« Wir bleiben »"],
        ),
        (["Nur ein « einziges » Mal stand es da."], None),
        (["Er sprach von «Mut» und von «Weitsicht» im Saal."], None),
        (["Er sprach von »Mut« und »Weitsicht« und »Ruhe« im Saal."], None),
        (["Er sprach von » Mut « und » Weitsicht « und » Ruhe « im Saal."], None),
        (
            ["»Wir gehen", "und « ihr » bleibt « hier » stehen.", "Sie sagte »Nein!« und »Ja!«."],
            None,
        ),
        (["Ein »Wort«.", "Er nannte es « eine Sorge » und « ein Glück »."], None),
        (["Im Text« steht »nichts« davon und auch »sonst« nirgends."], None),
        ([f"Er sprach « {'lange ' * 80}» und « {'viel ' * 80}»."], None),
        (["Er schrieb «  » und «  » hin."], None),
    ],
)
def test_spaced_guillemets(texts, quoted):
    piece = by_id(find_artefacts(article(*texts), RULES)).get("spaced-guillemets-de")
    assert ([quotation.text for quotation in piece.quotations] if piece else None) == quoted


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Officials inspect the site of the blast at the railway station in the city.", True),
        ("„Officials inspect the site of the blast at the railway station in the city.“", False),
        ("Beamte sehen sich nach der Explosion am Bahnhof die Stelle an.", False),
        ("Getty Images, Anna Muster, Jo Beispiel, Ann Lee, Reuters, London, Paris, Rom", False),
    ],
    ids=["left", "quoted", "own", "names"],
)
def test_foreign_caption(caption, expected):
    texts = [f"Der Rat hat am {day}. Mai über die Brücke am Markt beraten." for day in range(1, 5)]
    page = article(*texts, (BlockKind.CAPTION, caption))
    page = replace(page, blocks=mark_foreign(page.blocks, Language.DE))
    assert ("foreign-caption" in ids(page)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Die Schweiz verlor das Spiel.", True),
        ("Im Spiel gegen Canada verlor die Schweiz.", False),
        ("Das schreibt der Canadian Herald.", True),
    ],
    ids=["not named", "the subject", "within a word"],
)
def test_a_tag_that_the_text_is_about_was_not_left_over(text, expected):
    assert ("bare-section-de" in ids(article(text, (BlockKind.TAG, "Canada")))) is expected


def test_the_name_of_a_paper_is_no_subject():
    page = article("Das schreibt Le Monde am Montag.", (BlockKind.TAG, "Monde"))
    assert "bare-section-de" in ids(page)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["DE", "FR", "IT", "EN"], 1),
        (["English", "Deutsch"], 1),
        (["Deutsch", "English", "Español", "Polski"], 0),
        (["Polski", "Deutsch", "English"], 0),
        (["Deutsch", "Mathematik"], 0),
    ],
)
def test_a_switch_of_languages_may_be_a_list(words, count):
    found = by_id(
        find_artefacts(
            article("Ein Satz.", *((BlockKind.NAVIGATION, word) for word in words)), RULES
        )
    )
    assert ("language-switch" in found) == count
    assert not count or found["language-switch"].value == 1


@pytest.mark.parametrize(
    "credit",
    ["– Avec La Presse canadienne", "Mit Material von dpa", "With files from AP and Jo Lee"],
)
def test_an_agency_is_credited_with_words_around_it(credit):
    assert "agency-credit" in ids(article("Ein Satz.", (BlockKind.BYLINE, credit)))


def test_foreign_paragraph():
    leftover = "Das gilt, was selon les autorités reicht, nach der agence de la santé hier."
    own = [f"Der Satz Nummer {number} steht auf Deutsch." for number in range(6)]
    text = "Le ministre a refusé de commenter cette décision devant la presse."

    def names(*blocks):
        page = article(*blocks)
        marked = [replace(b, language="fr") if b.text == text else b for b in page.blocks]
        return ids(replace(page, blocks=tuple(marked)))

    assert names(*own, leftover, text) == {"leftover-words", "foreign-paragraph"}
    assert names(*own, text) == set()  # people quote whole paragraphs, too
    assert names(*own, leftover, "Der Minister schrieb:", text) == {"leftover-words"}
    assert names(leftover, text, leftover, text, text) == {"leftover-words"}  # bilingual
    code = article(*own, leftover, "# mdadm --create /dev/md1 --level=1 --raid")
    foreign = (*code.blocks[:-1], replace(code.blocks[-1], language="en"))
    assert ids(replace(code, blocks=foreign)) == {"leftover-words"}


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("Von Anna Muster", True),
        ("By John Q. Doe and Ann Lee", True),
        ("Von Redaktion Online", False),
        ("By Reuters Staff", False),
        ("Written by Super User", False),
    ],
)
def test_author_named(byline, expected):
    assert ("author-named" in ids(article("Ein Satz.", (BlockKind.BYLINE, byline)))) is expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [("Welt Heute", False), ("Anna Muster", True), ("Anna Muster, Welt Heute", True)],
)
def test_a_site_does_not_sign_as_a_person(author, expected):
    stated = Metadata(site="Welt Heute", authors=(author,))
    shown = (BlockKind.BYLINE, f"Von {author}")
    assert ("author-named" in ids(article("Ein Satz.", metadata=stated))) is expected
    assert ("author-named" in ids(article("Ein Satz.", shown, metadata=stated))) is expected


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("Gepostet um 7:04 Uhr", True),
        ("Veröffentlicht um 7.04 Uhr", True),
        ("Posted at 7:04 a.m.", True),
        ("Posted at 7:04 p.m.", False),
        ("Gepostet um 7:05 Uhr", False),
        ("Stand: 7.04.2024", False),
    ],
)
def test_the_clock_time_of_the_original(stamp, expected):
    original = article("Un.", (BlockKind.TIME_STAMP, "Publié à 7 h 04"), language="fr")
    page = article("Ein Satz.", (BlockKind.TIME_STAMP, stamp))
    assert ("same-clock-time" in ids(page, original=original)) is expected
    assert "same-clock-time" not in ids(page)


@pytest.mark.parametrize(
    ("original", "stamp", "expected"),
    [
        ("Publié à 19 h 04", "Posted at 7:04 pm", True),
        ("Publié à 19 h 04", "Posted at 7:04 P.M.", True),
        ("Publié à 19 h 04", "Gepostet um 7:04 Uhr p.m.", True),
        ("Publié à 0 h 30", "Posted at 12:30 a. m.", True),
        ("Publié à 7h04 par Claire", "Gepostet um 7:04 Uhr", True),
        ("Publié à 7h04 par Claire", "Gepostet um 19:04 Uhr", False),
        ("Publié à 7h04", "7:04 Uhr Politik", True),
        ("Publié à 10 h 05", "Posted 10:05 PST", True),
        ("Publié à 12 h 30", "12:30 Uhr aktualisiert", True),
        ("Publié à 12 h 30", "Gepostet um 12:30 Uhr am Montag", True),
        ("Publié à 0 h 30", "12:30 Uhr aktualisiert", False),
    ],
)
def test_what_follows_a_clock_time_is_no_half_of_the_day(original, stamp, expected):
    original = article("Un.", (BlockKind.TIME_STAMP, original), language="fr")
    page = article("Ein Satz.", (BlockKind.TIME_STAMP, stamp))
    assert ("same-clock-time" in ids(page, original=original)) is expected


def test_the_section_of_the_original():
    original = article("Un.", (BlockKind.TAG, "Affaires mondiales"), language="fr")
    sport = article("Un.", language="fr", metadata=Metadata(section="Sport"))
    page = article("Ein Satz.", (BlockKind.TAG, "Affaires mondiales"), (BlockKind.TAG, "Sport"))
    assert "section-of-original" in ids(page, original=original)
    assert "section-of-original" not in ids(page, original=sport)


def test_a_pattern_that_takes_for_ever_is_left_out_with_a_warning(tmp_path, caplog):
    path = tmp_path / "own.toml"
    path.write_text(
        "[[rule]]\nid = 'endless'\ndescription = 'Endless'\nfamily = 'markup'\nweight = 1\n"
        "pattern = '(?:a|a|aa)+(?:a|aa|a)+x'\nexamples = ['aaax']\n",
        encoding="utf-8",
    )
    page = article("a" * 60, "Der Chef sagte am X.")
    with caplog.at_level(logging.WARNING):
        evidence = find_artefacts(page, load_rules([path]))
    assert [piece.id for piece in evidence] == ["on-x-de"]
    assert "the rule endless took longer than" in caplog.text


@pytest.mark.parametrize(
    "texts",
    [
        ["a" * 1_000_000],
        ["„« " * 300_000],
        ["1.000 " * 150_000],
        ["« "] * 20_000,
        ["PREV 7h04"] * 20_000,
    ],
    ids=["letters", "quotes", "numbers", "marks", "blocks"],
)
def test_hostile_pages_are_examined_all_the_same(texts, caplog):
    page = article(*((BlockKind.OTHER, text) for text in texts), "Der Chef sagte am X.", *texts)
    evidence = find_artefacts(page, RULES)
    assert_exact(evidence, page)
    assert "left out" not in caplog.text


def test_quoted_spans():
    text = 'Er sagte „ja“, sie «nein», alle "na ja" und „offen'
    assert [text[start:end] for start, end in quoted_spans(text)] == ["„ja“", "«nein»", '"na ja"']


def test_long_blocks_are_searched_to_their_limit():
    page = article("a " * MAX_BLOCK_CHARS, "b")
    searched = SearchedText.of(page.blocks)
    assert searched.quotation(MAX_BLOCK_CHARS + 1, MAX_BLOCK_CHARS + 2).text == "b"
    assert searched.block_text(0) == page.blocks[0].text[:MAX_BLOCK_CHARS]
