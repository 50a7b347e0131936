import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.renaming import renamed
from mtpipe.engines.repair import (
    Outcome,
    attempts,
    best,
    better,
    is_for_another,
    is_unsolved,
)
from mtpipe.engines.safety import problems
from mtpipe.types import Direction, Flag, Hypothesis, Problem, Remedy

SOURCE = "Accueil | Sport | Météo | Vidéos"
LOOP = "Home Home Home Home Home Home"


def count(text: str) -> int:
    return len(text.split())


@pytest.mark.parametrize(
    ("source", "found", "remedies"),
    [
        ("ein Satz, noch einer", [Problem.REPETITION], [Remedy.NO_REPEAT]),
        ("ein Satz", [Problem.NUMBERS], [Remedy.WIDER_BEAM]),
        ("Accueil sport", [Problem.LENGTH], [Remedy.NO_REPEAT]),
        ("das ist ein Satz, und das ist noch einer", [Problem.COPIED],
         [Remedy.WIDER_BEAM, Remedy.SPLIT]),
        ("es waren 1800 Leute, und es kamen noch mehr", [Problem.NUMBERS],
         [Remedy.SPLIT, Remedy.WIDER_BEAM]),
        ("siehe www.a.org", [Problem.ADDRESSES], [Remedy.WIDER_BEAM, Remedy.SPLIT]),
    ],
    ids=["loop", "too short to split", "length", "clauses", "numbers", "address"],
)  # fmt: skip
def test_what_is_tried(source: str, found: list[Problem], remedies: list[Remedy]) -> None:
    tried = attempts(source, found, DecodingOptions(), count)
    assert [attempt.remedy for attempt in tried] == remedies
    assert all(a.options.no_repeat_ngram or a.options.beam == 8 for a in tried)
    assert all("".join(a.pieces).lower().split() for a in tried)


def test_names_are_exchanged_and_nothing_else_tried() -> None:
    source = "indonesische Truppen, aber nur zwei"
    ways = renamed(source, "Indian troops, but only two", Direction.parse("de-en"))
    tried = attempts(source, [Problem.NAMES], DecodingOptions(), count, renamed=ways)
    assert [(attempt.remedy, attempt.pieces) for attempt in tried] == [
        (Remedy.OTHER_NAME, ("italienische Truppen, aber nur zwei",)),
        (Remedy.OTHER_NAME, ("deutsche Truppen, aber nur zwei",)),
    ]
    both = attempts(
        source, [Problem.NUMBERS, Problem.NAMES], DecodingOptions(), count, renamed=ways
    )
    assert [attempt.remedy for attempt in both][-2:] == [Remedy.OTHER_NAME] * 2


def test_a_lost_name_alone_is_no_case_for_another_model() -> None:
    name, number = Flag(Problem.NAMES), Flag(Problem.NUMBERS)
    assert not is_for_another(Hypothesis("x", -1.0, (name,)))
    assert is_for_another(Hypothesis("x", -1.0, (name, number)))
    assert not is_for_another(Hypothesis("x", -1.0, (name, Flag(Problem.NUMBERS, Remedy.SPLIT))))


def first(text: str, *found: Problem) -> Hypothesis:
    return Hypothesis(text, -1.0, tuple(map(Flag, found)))


def chosen(source: str, hypothesis: Hypothesis, tried: list[tuple[Remedy, Outcome]]) -> Hypothesis:
    return best(hypothesis, tried, lambda outcome: problems(source, outcome.text), source=source)


def test_the_first_good_one_is_taken() -> None:
    tried = [
        (Remedy.NO_REPEAT, Outcome(LOOP, -0.1)),
        (Remedy.WIDER_BEAM, Outcome("Home, sports, weather, videos", -3.0)),
        (Remedy.SPLIT, Outcome("Home | Sport | Weather | Video", -2.0)),
    ]
    assert chosen(SOURCE, first(LOOP, Problem.REPETITION), tried) == Hypothesis(
        "Home, sports, weather, videos", -3.0, (Flag(Problem.REPETITION, Remedy.WIDER_BEAM),)
    )


def test_a_loop_never_gets_through() -> None:
    result = chosen(
        SOURCE, first(LOOP, Problem.REPETITION), [(Remedy.NO_REPEAT, Outcome(LOOP, -1))]
    )
    assert result == Hypothesis(SOURCE, 0.0, (Flag(Problem.REPETITION, Remedy.KEPT_SOURCE),))


def test_what_nothing_helps_against_is_flagged() -> None:
    source, text = "Es waren 1800 Leute.", "There were many people."
    result = chosen(
        source, first(text, Problem.NUMBERS), [(Remedy.WIDER_BEAM, Outcome(text, -0.1))]
    )
    assert result == Hypothesis(text, -1.0, (Flag(Problem.NUMBERS),))


def test_a_lesser_problem_is_a_step_forward() -> None:
    source = "Es waren 1800 Leute, 1800 Leute."
    tried = [(Remedy.NO_REPEAT, Outcome("There were many people.", -2.0))]
    result = chosen(source, first("x " * 99, Problem.REPETITION, Problem.LENGTH), tried)
    assert result.flags == (
        Flag(Problem.REPETITION, Remedy.NO_REPEAT),
        Flag(Problem.LENGTH, Remedy.NO_REPEAT),
        Flag(Problem.NUMBERS),
    )


KEPT = Hypothesis(SOURCE, 0.0, (Flag(Problem.REPETITION, Remedy.KEPT_SOURCE),))
OPEN = Hypothesis("x", -2.0, (Flag(Problem.NUMBERS), Flag(Problem.LENGTH, Remedy.SPLIT)))
SOLVED = Hypothesis("x", -2.0, (Flag(Problem.LENGTH, Remedy.SPLIT),))


@pytest.mark.parametrize(
    ("hypothesis", "expected"),
    [(KEPT, True), (OPEN, True), (SOLVED, False)],
    ids=["kept", "open", "solved"],
)
def test_what_is_unsolved(hypothesis: Hypothesis, expected: bool) -> None:
    assert is_unsolved(hypothesis) is expected


@pytest.mark.parametrize(
    ("hypothesis", "opinion", "flags"),
    [
        pytest.param(
            KEPT, Hypothesis("Home Sport", -1.0),
            (Flag(Problem.REPETITION, Remedy.OTHER_MODEL),), id="solved",
        ),
        pytest.param(
            KEPT, Hypothesis("Home Sport", -1.0, (Flag(Problem.NUMBERS),)),
            (Flag(Problem.REPETITION, Remedy.OTHER_MODEL), Flag(Problem.NUMBERS)), id="less wrong",
        ),
        pytest.param(
            KEPT, Hypothesis("Home", -1.0, (Flag(Problem.LENGTH, Remedy.SPLIT),)),
            (Flag(Problem.REPETITION, Remedy.OTHER_MODEL),), id="solved in its turn",
        ),
    ],
)  # fmt: skip
def test_a_second_opinion_with_less_wrong_is_taken(
    hypothesis: Hypothesis, opinion: Hypothesis, flags: tuple[Flag, ...]
) -> None:
    assert better(hypothesis, opinion) == Hypothesis(opinion.text, opinion.score, flags)


@pytest.mark.parametrize("opinion", [KEPT, OPEN], ids=["kept", "as bad"])
def test_a_second_opinion_that_is_no_better_is_not(opinion: Hypothesis) -> None:
    assert better(OPEN, opinion) is OPEN
