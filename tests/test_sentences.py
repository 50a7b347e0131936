"""Sentence boundaries: a table of hard cases a language, and the properties of the offsets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.sentences import split
from mtpipe.types import Language

NEWSTEST = Path(__file__).parents[2] / "shared" / "eval" / "translate"

NB, NARROW = "\u00a0", "\u202f"

GERMAN = [
    ["Am 3. Mai kam sie an.", "Es regnete."],
    ["Sie wurde am 3. Mai 1962 geboren."],
    ["Das war im 19. Jahrhundert.", "Danach kam nichts."],
    ["Papst Johannes XXIII. Nachfolger wurde Paul VI."],
    ["Er starb 1848.", "Europa trauerte."],
    ["Das gilt z. B. Frauen und z.B. Männern."],
    ["Das sind d. h. Gewinne von 3 Mio. Franken.", "Der Rest fehlt."],
    ["Der Plan, die Kosten usw.", "Die Liste ist lang."],
    ["Herr Dr. Meier traf Prof. Lang.", "Beide schwiegen."],
    ["Gemäss Art. 5 Abs. 2 ist das verboten.", "Gut so."],
    ["Kunst dieser Art.", "Niemand kauft sie."],
    ["Er kam aus St. Gallen.", "Sie blieb."],
    ["„Wir gehen.“", "„Wohin?“", "„Nach Hause!“"],
    ["„Wohin?“, fragte sie."],
    ["»Ja.«", "»Nein.«"],
    ["«Ja.»", "«Nein!»"],
    ["Es kostet 12.000,50 Euro.", "Wer zahlt?"],
    ["J. S. Bach schrieb es.", "Niemand sonst."],
    ["Das war (leider!) Absicht."],
    ["Und dann ...", "Schweigen."],
    ["Und dann … schwieg er."],
    ["– Kommst du?", "– Nein."],
    ["Er rief: „Halt!“ und lief."],
    ["2. Platz für Hamburg"],
    ["Er nutzt ein Gerät.", "iPhone heißt es."],
    ["Sie wohnt in der Hauptstr. 5.", "Er wohnt in der Bahnhofstr.", "Das ist nah."],
    ["Die röm.-kath. Kirche und Dipl.-Kfm. Meier schweigen.", "Der ehem. Abt auch."],
    ["Siehe Rn. 12, Tab. 3 und Op. 5 vom Mo. 3. Mai.", "Der österr. Bund zahlt mind. 5 Euro."],
    ["Vgl. § 7 und z. Hd. Frau Meier.", "Die Fa. Müller zahlt Fr. 20.-.", "Migros auch."],
    ["Ca. 30 Leute kamen.", "Bayern gewann 3:1.", "Dortmund verlor 1:2."],
    ["Das sagte er.[1]", "Danach ging er.²", "Wirklich!¹", "Ja."],
]

ENGLISH = [
    ["Mr. Smith met Dr. Jones in St. Louis.", "They talked."],
    ["He works for Acme Inc. and lives in the U.S. Senate district."],
    ["She left the U.S.", "The trip was long."],
    ["It opens at 9 a.m. Monday.", "Nobody knows why."],
    ["Gov. Ann B. Lee won 5.4 percent.", "She smiled."],
    ["See No. 5 on the list.", "It is new."],
    ["She said no.", "They left."],
    ["“Why?” Mr. Lee asked."],
    ["“Why?”", "Nobody knew."],
    ['"I will go."', "She went."],
    ["It cost $1,000.50 (about 900 euros).", "Who paid?"],
    ["He was … well, tired."],
    ["[...] Nobody came."],
    ["It ended.", "[...] Nobody came."],
    ["Visit example.org today.", "Then write."],
    ["Use e.g. Linux, i.e. Debian."],
    ["A title without a full stop"],
    ["Was it?!", "It was!!!", "Really."],
    ["Lunch (soup, bread, etc.) is free.", "(It was raining!)", "Nobody came."],
    ["He spoke to the Univ. of Missouri-St. Louis.", "It was late."],
    ["In Toronto, Ont. Premier Ford met Const. Lee on Hwy. 401.", "They spoke."],
    ["See fig. 5, vol. 3 and op. 27 of Tues. Sept. 5.", "E.g. this one."],
    ["A. The first option"],
    ["It was good.[12]", "Then it wasn’t."],
]

FRENCH = [
    ["M. Dupont et Mme. Durand sont partis.", "Ils reviendront."],
    [f"«{NB}C’est fini.{NB}»", "Il est parti."],
    [f"«{NARROW}C’est fini{NARROW}!{NARROW}»", "Il est parti."],
    [f"«{NB}Vraiment{NB}?{NB}», a-t-il demandé."],
    ["« C'est fini. »", "Il est parti."],
    [f"«{NB}C’est la fin.{NB}»"],
    ["Il coûte 12,5 millions d'euros.", "C'est trop."],
    ["Louis XIV.", "L'État, c'était lui."],
    ["Voir p. 12 et p. ex. Paris, etc.", "L'Europe attend."],
    [f"Pourquoi{NB}?", "Parce que."],
    ["— Tu viens ?", "— Non."],
    ["Il hésite... puis part."],
    ["Il hésite…", "Elle part."],
    ["A. Martin et J.-P. Roy ont signé.", "Et vous ?"],
    ["Ils ont élu M. Le Goff.", "M. Roy a perdu."],
    ["Le vote a lieu le 3 mai.", "On verra."],
    ["En 52 av. J.-C. Vercingétorix perdit.", "Et en 300 apr. J.-C. Rome ?"],
    ["Au 12, boul. René-Lévesque, le 3 sept. 2020.", "Cf. ch. 3 et coll. Folio."],
    ["J.-M. Le Pen et l’hon. John Roy parlent.", "Le vote suit."],
    ["A. Le Goff parle."],
]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        pytest.param(language, sentences, id=f"{language}-{sentences[0][:30]}")
        for language, cases in (
            (Language.DE, GERMAN),
            (Language.EN, ENGLISH),
            (Language.FR, FRENCH),
        )
        for sentences in cases
    ],
)
def test_sentences_joined_by_a_space_come_apart_again(language, sentences):
    text = " ".join(sentences)
    assert [segment.text for segment in split(text, language)] == sentences


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("text", ["", " ", "\n\n\t\u00a0"], ids=repr)
def test_white_space_has_no_segments(language, text):
    assert split(text, language) == []


def test_blank_line_ends_a_sentence_and_a_line_break_does_not():
    text = "A title\n \nSome text\nthat goes on."
    assert [s.text for s in split(text, Language.EN)] == ["A title", "Some text\nthat goes on."]


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["Dr.", "z. B.", "3.", "M.", "U.S.", "„", "“", "«", "»", "...", "…", "?!", "[...]", '"']
        ),
        st.sampled_from([" ", "\n", "\n\n", "\u00a0", "\u202f", "."]),
        st.text(max_size=6),
    ),
    max_size=30,
).map("".join)


@given(PIECES, st.sampled_from(Language))
def test_segments_are_exact_disjoint_ordered_and_cover_the_text(text, language):
    segments = split(text, language)
    position = 0
    for segment in segments:
        assert text[segment.start : segment.end] == segment.text
        assert segment.text == segment.text.strip() != ""
        assert text[position : segment.start].strip() == ""
        position = segment.end
    assert text[position:].strip() == ""


@pytest.mark.parametrize("unit", [".", "…", ". ", "a. ", '." ', "[ ", "\n ", "x", "« ", "- "])
def test_hostile_repetition_takes_linear_time(unit):
    text = unit * 100_000
    assert sum(len(s.text.split()) for s in split(text, Language.DE)) == len(text.split())


@pytest.mark.skipif(not NEWSTEST.is_dir(), reason="no newstest in ../shared/eval/translate")
@pytest.mark.parametrize(
    ("language", "name", "column", "floor"),
    [
        (Language.DE, "newstest2018.de-en.tsv", 0, 0.98),
        (Language.EN, "newstest2018.de-en.tsv", 1, 0.98),
        (Language.FR, "newstest2014.en-fr.tsv", 1, 0.98),
    ],
    ids=["de", "en", "fr"],
)
def test_news_lines_that_close_with_a_full_stop_are_found_again(language, name, column, floor):
    rows = (NEWSTEST / name).read_text(encoding="utf-8").split("\n")[:1500]
    lines = [row.split("\t")[column].strip() for row in rows]
    lines = [line for line in lines if line.endswith((".", "!", "?"))]
    found = 0
    for start in range(0, len(lines), 5):
        group = lines[start : start + 5]
        sentences = {segment.text for segment in split(" ".join(group), language)}
        found += sum(line in sentences for line in group)
    assert found / len(lines) >= floor
