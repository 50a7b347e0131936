from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.engines import decoder as decoder_module
from mtpipe.engines import system as system_module
from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import InFlight, OtherSystem, System
from mtpipe.errors import ConfigError, ModelCorrupt
from mtpipe.lexicon.gazetteer import GAZETTEER
from mtpipe.types import Direction, Flag, Hypothesis, Problem, Remedy
from tests.fakes import FakeEngine, FakeTokenizer

DE_EN = Direction.parse("de-en")


def fake_system() -> tuple[System, FakeEngine]:
    engine = FakeEngine()
    return System(engine, FakeTokenizer(), DecodingOptions(), name="fake@0"), engine  # type: ignore[arg-type]


@given(st.lists(st.text(alphabet="abc  ", max_size=12), max_size=60))
def test_order_and_number_are_kept(segments: list[str]) -> None:
    system, _ = fake_system()
    expected = [
        " ".join(word[::-1] for word in segment.split()) if segment.strip() else segment
        for segment in segments
    ]
    assert [h.text for h in system.translate(segments, DE_EN)] == expected


def test_what_has_no_words_never_reaches_the_engine() -> None:
    system, engine = fake_system()
    assert [h.text for h in system.translate(["", "12", "ab", " "], DE_EN)] == ["", "12", "ba", " "]
    assert engine.batches == [[["ab", "</s>"]]]


def test_long_segments_go_in_pieces() -> None:
    system, engine = fake_system()
    text = " ".join(["wort"] * 400)
    [hypothesis] = system.translate([text], DE_EN)
    assert hypothesis.text == " ".join(["trow"] * 400)
    assert hypothesis.score == pytest.approx(-0.5)
    assert max(len(row) for batch in engine.batches for row in batch) <= 161


def test_streams_are_read_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_module, "WINDOW_SEGMENTS", 10)
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "ab"

    system, _ = fake_system()
    assert next(system.stream(endless(), DE_EN)).text == "ba"
    assert taken == 20  # the window that comes out, and the one in the engine meanwhile


def test_the_gazetteer_is_part_of_the_versions() -> None:
    digest = sha256(GAZETTEER.read_bytes()).hexdigest()[:12]
    versions = (system_module._SAFETY_VERSION, system_module._KEPT_VERSION)
    assert (digest, *versions) == ("6b1296e5e9d6", 8, 5), (
        "raise both versions, then change this line"
    )


def test_signature_names_everything() -> None:
    system, _ = fake_system()
    assert system.signature == "model:fake@0|fake:1|exact|cpu|beam:4|length_penalty:1"


@pytest.mark.parametrize("beam", [0, 65])
def test_beam_has_limits(beam: int) -> None:
    with pytest.raises(ConfigError):
        DecodingOptions(beam=beam)


class FakeMemory:
    """Remembers in a dictionary."""

    def __init__(self) -> None:
        self.entries: dict[bytes, tuple[Hypothesis, bool]] = {}

    def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[Hypothesis, bool]]:
        return {key: self.entries[key] for key in keys if key in self.entries}

    def put(self, entries: Mapping[bytes, Hypothesis], *, settled: bool) -> None:
        self.entries |= {key: (hypothesis, settled) for key, hypothesis in entries.items()}


def safe_system(
    memory: FakeMemory | None = None, other: OtherSystem | None = None, **attributes: bool
) -> tuple[System, FakeEngine]:
    engine = FakeEngine()
    vars(engine).update(attributes)
    system = System(
        engine,
        FakeTokenizer(),  # type: ignore[arg-type]
        DecodingOptions(),
        name="fake@0",
        safeguards=Safeguards.REPAIR,
        memory=memory,
        other=other,
    )
    return system, engine


def test_what_comes_twice_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_module, "WINDOW_SEGMENTS", 3)
    system, engine = fake_system()
    segments = ["ab", "ab", "cd", "ab", "cd", "ef", "ef", "gh", "ab"]
    assert [h.text for h in system.translate(segments, DE_EN)] == [s[::-1] for s in segments]
    decoded = [row[0] for batch in engine.batches for row in batch]
    # Again only when all windows that had it are done.
    assert decoded[:4] == ["ab", "cd", "ef", "gh"]


def test_loops_are_decoded_again() -> None:
    system, _ = safe_system(loops=True, obeys=True)
    good, copied = system.translate(["Accueil Sport", "12"], DE_EN)
    assert good == Hypothesis(
        "lieuccA tropS",
        -0.5,
        (
            Flag(Problem.REPETITION, Remedy.NO_REPEAT),
            Flag(Problem.TRUNCATED, Remedy.NO_REPEAT),
            Flag(Problem.LENGTH, Remedy.NO_REPEAT),
        ),
    )
    assert copied == Hypothesis("12", 0.0)


def test_the_order_is_kept_where_some_are_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_module, "WINDOW_SEGMENTS", 4)
    system, _ = safe_system()
    segments = [f"wort {number} {'ab' * (number % 7)}" for number in range(40)]
    assert [h.text[:4] for h in system.translate(segments, DE_EN)] == ["trow"] * 40
    assert [h.text.split()[1][::-1] for h in system.translate(segments, DE_EN)] == [
        str(number) for number in range(40)
    ]


def test_memory_saves_decoding() -> None:
    memory = FakeMemory()
    system, engine = safe_system(memory, loops=True, obeys=True)
    before = system.translate(["Accueil Sport", "12", "ab"], DE_EN)
    assert all(settled for _, settled in memory.entries.values())
    engine.batches.clear()
    assert system.translate(["ab", "Accueil Sport"], DE_EN) == [before[2], before[0]]
    assert engine.batches == []
    assert system.translate(["ab"], DE_EN.reversed) == [before[2]]
    assert len(engine.batches) == 2


def test_what_was_found_doubtful_before_a_stop_is_decoded_again_only_another_way() -> None:
    memory = FakeMemory()
    system, engine = safe_system(memory, loops=True, obeys=True)
    task = system.translation(["Accueil Sport"], DE_EN, InFlight())
    next(task)
    next(task)
    task.close()
    assert [settled for _, settled in memory.entries.values()] == [False]
    engine.batches.clear()
    [hypothesis] = system.translate(["Accueil Sport"], DE_EN)
    assert hypothesis.text == "lieuccA tropS"
    assert len(engine.batches) == 1


@pytest.mark.parametrize(
    ("loops", "finished"), [(False, 0), (False, 1), (False, 3), (True, 3), (True, 6), (True, 9)]
)
def test_after_a_kill_the_rest_is_decoded_in_the_same_batches(
    loops: bool, finished: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "BATCH_TOKENS", 24)
    segments = [f"{'wort ' * (number % 5)}x{'a' * number}" for number in range(30)]
    undisturbed, engine = safe_system(FakeMemory(), loops=loops, obeys=True)
    expected = undisturbed.translate(segments, DE_EN)
    assert len(engine.batches) > finished
    memory = FakeMemory()
    killed, _ = safe_system(memory, loops=loops, obeys=True)
    put, count = memory.put, 0

    def interrupted(entries: Mapping[bytes, Hypothesis], *, settled: bool) -> None:
        nonlocal count
        if count == finished:
            raise KeyboardInterrupt
        count += 1
        put(entries, settled=settled)

    monkeypatch.setattr(memory, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        killed.translate(segments, DE_EN)
    monkeypatch.setattr(memory, "put", put)
    again, rest = safe_system(memory, loops=loops, obeys=True)
    assert again.translate(segments, DE_EN) == expected
    assert rest.batches == engine.batches[finished:]


def test_another_way_is_tried_only_where_the_one_before_did_not_help() -> None:
    long = "Accueil Sport Culture, Voyages Loisirs Cuisine"
    system, engine = safe_system(loops=True, obeys=True)
    assert system.translate([long], DE_EN)[0].flags[0].remedy is Remedy.NO_REPEAT
    assert len(engine.batches) == 2
    system, engine = safe_system(loops=True)
    assert system.translate([long], DE_EN)[0].flags[0].remedy is Remedy.KEPT_SOURCE
    assert len(engine.batches) == 3


def test_what_is_put_back_at_a_guess_is_flagged() -> None:
    # The fake turns the stand-in round, so that it isn't found again.
    hypothesis = safe_system()[0].translate(["wo 🎬 da"], DE_EN)[0]
    assert "🎬" in hypothesis.text.split()
    assert Flag(Problem.GARBLED) in hypothesis.flags
    system = System(
        FakeEngine(),
        FakeTokenizer(),  # type: ignore[arg-type]
        DecodingOptions(),
        name="fake@0",
        safeguards=Safeguards.PROTECT,
    )
    assert system.translate(["wo 🎬 da", "Москва", "🎬 da"], DE_EN) == [
        Hypothesis("ow 🎬 21BA ad", -0.5, (Flag(Problem.NUMBERS), Flag(Problem.GARBLED))),
        Hypothesis("Москва", 0.0),
        Hypothesis("🎬 ad", -0.5),
    ]


@pytest.mark.parametrize(
    ("segment", "system"),
    [
        # The model would get "hallo@welt.AB12!", which is an address.
        ("hallo@welt.❤!", safe_system()[0]),
        # Cut into pieces of 40 characters, whose last one is an address.
        ("1" * (10_240 + 29) + "a@b.example", fake_system()[0]),
    ],
    ids=["with a stand-in", "in pieces"],
)
def test_what_has_no_word_any_more_for_the_model_is_copied(segment: str, system: System) -> None:
    found: list[list[Hypothesis]] = []

    def task() -> Iterator[None]:
        found.append((yield from system.translation([segment, "ab", segment], DE_EN, InFlight())))

    for _ in zip(range(100), task(), strict=False):
        pass  # longer, it would wait for what nobody translates
    copied = Hypothesis(segment, 0.0)
    assert found == [[copied, Hypothesis("ba", -0.5), copied]]


def test_safe_decoding_is_in_the_signature() -> None:
    assert safe_system()[0].signature.endswith("|safe:8")


def test_another_model_gets_what_the_first_one_can_not_do() -> None:
    second, engine = safe_system()
    loads: list[System] = []
    other = OtherSystem("second@1", lambda: loads.append(second) or second)  # type: ignore[func-returns-value]
    first, _ = safe_system(other=other, loops=True)
    assert first.signature.endswith("|safe:8|other:second@1")
    hypotheses = first.translate(["Accueil Sport", "12", "Météo Vidéos"], DE_EN)
    assert [hypothesis.text for hypothesis in hypotheses] == ["lieuccA tropS", "12", "oétéM soédiV"]
    assert {flag.remedy for flag in hypotheses[0].flags} == {Remedy.OTHER_MODEL}
    assert len(loads) == 1
    assert sum(map(len, engine.batches)) == 2


def test_another_model_is_not_loaded_where_all_is_well() -> None:
    def load() -> System:
        raise AssertionError

    system, _ = safe_system(other=OtherSystem("second@1", load))
    assert system.translate(["Accueil"], DE_EN)[0].text == "lieuccA"


def test_another_model_that_is_damaged_is_done_without(caplog: pytest.LogCaptureFixture) -> None:
    def load() -> System:
        raise ModelCorrupt("it is damaged")

    system, _ = safe_system(other=OtherSystem("second@1", load), loops=True)
    hypotheses = system.translate(["Accueil Sport", "Météo Vidéos"], DE_EN)
    assert {flag.remedy for each in hypotheses for flag in each.flags} == {Remedy.KEPT_SOURCE}
    assert caplog.text.count("no second opinion of second@1") == 1


def test_what_was_given_up_leaves_the_queue() -> None:
    system, engine = safe_system()
    window = [f"wort {number} " + "a" * 120 for number in range(3_000)]
    task = system.translation(window, DE_EN, InFlight())
    next(task)
    begun = len(engine.batches)
    task.close()
    del task
    system.translate(["ab"], DE_EN)
    assert len(engine.batches) == begun + 1


def test_a_lost_address_is_copied_into_what_stands_around_it() -> None:
    system, _ = safe_system()
    # The fake engine turns it round.
    [hypothesis] = system.translate(["siehe www.a.org dort"], DE_EN)
    assert hypothesis.text == "eheis www.a.org trod"
    # What stood for it came out as "21BA".
    problems = (Problem.NUMBERS, Problem.GARBLED)
    assert hypothesis.flags == tuple(Flag(problem, Remedy.SPLIT) for problem in problems)
