import io
import json
from collections.abc import Iterable, Iterator

import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import System
from mtpipe.errors import EngineError, MalformedRecord, OutputError
from mtpipe.pipeline.systems.routes import Route
from mtpipe.pipeline.translate.lines import translate_lines
from mtpipe.types import Direction, Flag, Hypothesis, Problem
from tests.fakes import FakeEngine, FakeTokenizer

DE_EN = Direction.parse("de-en")


def fake(safeguards: Safeguards = Safeguards.NONE) -> Route:
    system = System(
        FakeEngine(),
        FakeTokenizer(),  # type: ignore[arg-type]
        DecodingOptions(),
        name="fake@0",
        safeguards=safeguards,
    )
    return Route(((system, DE_EN),))


@pytest.fixture
def route() -> Route:
    return fake()


def test_a_line_in_a_line_out(route: Route) -> None:
    target = io.BytesIO()
    summary = translate_lines(io.BytesIO(b"abc\n\n12\nab cd"), target, route, DE_EN)
    assert target.getvalue() == b"cba\n\n12\nba dc\n"
    assert summary.lines == 4
    assert summary.flagged == []


def test_json_lines(route: Route) -> None:
    target = io.BytesIO()
    summary = translate_lines(io.BytesIO(b"abc\nf\xfcr\n"), target, route, DE_EN, as_json=True)
    first, second = map(json.loads, target.getvalue().decode().splitlines())
    assert first == {"line": 1, "source": "abc", "target": "cba", "score": -0.5}
    assert (second["target"], second["flag"]) == ("rüf", "isn't UTF-8, read as Windows-1252")
    assert [line.number for line in summary.flagged] == [2]


def test_what_is_wrong_with_a_translation_is_told(
    route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    watching = fake(Safeguards.FLAG)
    lines = b"abc\nder 1852 war\n"
    plain, target = io.BytesIO(), io.BytesIO()
    assert not translate_lines(io.BytesIO(lines), plain, route, DE_EN, as_json=True).flags
    summary = translate_lines(io.BytesIO(lines), target, watching, DE_EN, as_json=True)
    first, second = map(json.loads, target.getvalue().decode().splitlines())
    assert "flags" not in first
    assert second.pop("flags") == [{"problem": "numbers", "remedy": None}]
    assert [first, second] == list(map(json.loads, plain.getvalue().decode().splitlines()))
    assert summary.flags == {Flag(Problem.NUMBERS): 1}
    assert not caplog.records


FRENCH = "Le nouveau pont a été inauguré samedi par la maire.\n"
GERMAN = "Die neue Brücke wurde am Samstag von der Bürgermeisterin eröffnet.\n"


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        pytest.param(FRENCH, True, id="one line of another language"),
        pytest.param(FRENCH * 30, True, id="many lines"),
        pytest.param(GERMAN * 30, False, id="the language that was given"),
        pytest.param(GERMAN * 20 + FRENCH, False, id="another language later on"),
        pytest.param("Le pont est ouvert.\n", False, id="too short to tell"),
        pytest.param("\n" * 30, False, id="nothing"),
    ],
)
def test_another_language_is_warned_of_once(
    route: Route, text: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    translate_lines(io.BytesIO(text.encode()), io.BytesIO(), route, DE_EN)
    expected = ["the first lines look like French, not German, which they are translated from"]
    assert caplog.messages == (expected if warned else [])


def test_what_is_evidently_right_needs_no_identification(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    def identify(text: str) -> tuple[str, float]:
        raise AssertionError(text)

    monkeypatch.setattr("mtpipe.pipeline.translate.lines.identify", identify)
    lines = (GERMAN + "Der Rat ist nicht mit dem Bau zufrieden.\n").encode()
    translate_lines(io.BytesIO(lines), io.BytesIO(), route, DE_EN)
    with pytest.raises(AssertionError):
        translate_lines(io.BytesIO(FRENCH.encode()), io.BytesIO(), route, DE_EN)


def test_a_million_empty_lines(route: Route) -> None:
    target = io.BytesIO()
    assert translate_lines(io.BytesIO(b"\n" * 10**6), target, route, DE_EN).lines == 10**6
    assert target.getvalue() == b"\n" * 10**6


def test_what_was_read_before_a_bad_line_is_written(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtpipe.lines.MAX_LINE_BYTES", 10)
    target = io.BytesIO()
    with pytest.raises(MalformedRecord):
        translate_lines(io.BytesIO(b"abc\ndef\n" + b"x" * 99), target, route, DE_EN)
    assert target.getvalue() == b"cba\nfed\n"


@pytest.mark.parametrize("error", [EngineError("broken"), KeyboardInterrupt()])
def test_what_was_translated_before_an_error_is_written(
    route: Route, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    stream = Route.stream

    def breaking(self: Route, segments: Iterable[str]) -> Iterator[Hypothesis]:
        translated = stream(self, segments)
        yield from (next(translated) for _ in range(300))
        raise error

    monkeypatch.setattr(Route, "stream", breaking)
    target, told = io.BytesIO(), []
    with pytest.raises(type(error)):
        translate_lines(io.BytesIO(b"ab\n" * 1_000), target, route, DE_EN, on_progress=told.append)
    assert target.getvalue() == b"ba\n" * 300
    assert told == [256, 300]


def test_a_full_disk_says_how_far_it_got(route: Route) -> None:
    class Disk(io.BytesIO):
        def write(self, data: object) -> int:
            if self.tell():
                raise OSError(28, "No space left on device")
            return super().write(data)  # type: ignore[arg-type]

    with pytest.raises(OutputError, match="256 lines were written") as caught:
        translate_lines(io.BytesIO(b"ab\n" * 1_000), Disk(), route, DE_EN)
    assert "tail -n +257" in (caught.value.hint or "")


def test_input_is_streamed(route: Route, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtpipe.engines.system.WINDOW_SEGMENTS", 10)

    class Endless(io.RawIOBase):
        def readline(self, size: int | None = -1) -> bytes:  # type: ignore[override]
            return b"ab\n"

    class Enough(io.BytesIO):
        def write(self, data: object) -> int:
            if self.tell() > 1_000:
                raise KeyboardInterrupt
            return super().write(data)  # type: ignore[arg-type]

    with pytest.raises(KeyboardInterrupt):
        translate_lines(Endless(), Enough(), route, DE_EN)  # type: ignore[arg-type]


def test_progress_is_told(route: Route) -> None:
    told: list[int] = []
    translate_lines(io.BytesIO(b"ab\n" * 600), io.BytesIO(), route, DE_EN, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 600
