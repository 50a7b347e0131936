import pytest

from mtpipe.literals import literal_spans
from mtpipe.pipeline.translate.kept import kept_apart, uncut
from mtpipe.sentences import split
from mtpipe.types import Language, Markup, Segment, Span


def kept(text, *parts, markup=Markup.CODE):
    """A segment, and its marked parts, which begin behind another segment of 10 characters."""
    spans = [
        Span(10 + text.index(part), 10 + text.index(part) + len(part), markup) for part in parts
    ]
    return kept_apart(Segment(text, 10, 10 + len(text)), spans)


@pytest.mark.parametrize("markup", [Markup.CODE, Markup.KEPT])
@pytest.mark.parametrize(
    ("text", "parts", "sent"),
    [
        ("Geben Sie pip install schnell ein.", ["pip install schnell"], "Geben Sie @kept1 ein."),
        ("Tapez ls -l, puis cat.", ["ls -l", "cat"], "Tapez @kept1, puis @kept2."),
        ("The band “Neue Sonne” plays.", ["Neue Sonne"], "The band “@kept1” plays."),
        ("git status", ["git status"], "@kept1"),
        ("Run @kept1 or ls now.", ["ls"], "Run @kept1 or @kept2 now."),
        ("All ints are whole.", ["int"], "All ints are whole."),
        ("See x/y there.", ["y"], "See x/y there."),
    ],
    ids=[
        "one",
        "two",
        "quoted",
        "all of it",
        "a name that is taken",
        "touches a letter",
        "in a path",
    ],
)
def test_what_stays_is_a_literal_to_the_engine(text, parts, sent, markup):
    found = kept(text, *parts, markup=markup)
    assert found.text == sent
    literals = {sent[start:end] for start, end in literal_spans(sent)}
    assert {name for name, _ in found.contents} <= literals
    assert found.restored(sent) == text


@pytest.mark.parametrize("markup", [Markup.LINK, Markup.STRONG, Markup.EMPHASIS])
def test_other_markup_is_translated(markup):
    assert kept("Geben Sie das Wort ein.", "das Wort", markup=markup).contents == ()


@pytest.mark.parametrize("span", [(0, 14), (16, 40), (0, 40), (2, 6), (30, 35)])
def test_what_crosses_the_ends_of_a_segment_is_left_in_it(span):
    found = kept_apart(Segment("Das ist ein Satz.", 10, 27), [Span(*span, Markup.CODE)])
    assert found.text == "Das ist ein Satz."


def test_names_are_put_back_where_the_translation_has_them():
    found = kept("Erst ls -l und dann cat eingeben.", "ls -l", "cat")
    assert found.restored("Enter @kept2 after @kept1.") == "Enter cat after ls -l."


def test_ten_names_are_told_apart():
    parts = [f"x{n}y" for n in range(12)]
    text = " und ".join(parts)
    assert kept(text, *parts).restored(kept(text, *parts).text) == text


def test_of_what_lies_in_one_another_the_outer_one_is_kept():
    spans = [Span(6, 9, Markup.KEPT), Span(6, 22, Markup.CODE), Span(10, 14, Markup.CODE)]
    found = kept_apart(Segment("Tapez git push --force ici.", 0, 27), spans)
    assert (found.text, found.contents) == ("Tapez @kept1 ici.", (("@kept1", "git push --force"),))


TEXT = "Der Preis ging an Neue Welt. Gute Sache. Heute. Er ist hoch. Alle waren da."


@pytest.mark.parametrize(
    ("part", "markup", "expected"),
    [
        ("Welt. Gute", Markup.CODE, [TEXT[:40], "Heute.", "Er ist hoch.", "Alle waren da."]),
        ("Welt. Gute Sache. Heute", Markup.KEPT, [TEXT[:47], "Er ist hoch.", "Alle waren da."]),
        (TEXT, Markup.KEPT, [TEXT]),
        ("Welt. Gute", Markup.LINK, None),
        ("Gute Sache.", Markup.CODE, None),
        ("lt. Gute", Markup.CODE, None),
    ],
    ids=["two", "three", "all", "a link", "a whole sentence", "touches a letter"],
)
def test_what_stays_is_not_cut(part, markup, expected):
    start = TEXT.index(part)
    found = split(TEXT, Language.DE)
    whole = uncut(found, TEXT, [Span(start, start + len(part), markup)])
    assert [segment.text for segment in whole] == (expected or [segment.text for segment in found])
    assert all(TEXT[segment.start : segment.end] == segment.text for segment in whole)
