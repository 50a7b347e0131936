import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import System
from mtpipe.errors import OutputError, UnsupportedDirection
from mtpipe.pipeline.systems.routes import Route
from mtpipe.pipeline.translate import chunks
from mtpipe.pipeline.translate.articles import CHUNKS_IN_HAND, translate_articles
from mtpipe.pipeline.translate.chunks import Plan
from mtpipe.pipeline.translate.output import TranslationFile
from mtpipe.types import (
    Article,
    Block,
    BlockKind,
    Direction,
    Failure,
    Language,
    Markup,
    Place,
    Span,
    Translation,
)
from tests.fakes import FakeEngine, FakeTokenizer

EN = Language.EN


def article(item: str, *texts: str, language: str = "de") -> Article:
    blocks = tuple(
        Block(BlockKind.PARAGRAPH if number else BlockKind.TITLE, text, Place(number))
        for number, text in enumerate(texts)
    )
    return Article(item, f"{item}.txt", Language(language), blocks)


class Kept:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.translations: list[Translation] = []

    def has(self, article_id: str, version: str) -> bool:
        return False

    def write(self, translation: Translation) -> None:
        self.translations.append(translation)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def route(engine: FakeEngine) -> Callable[[Direction], Route]:
    system = System(
        engine, FakeTokenizer(), DecodingOptions(), name="fake@0", safeguards=Safeguards.REPAIR
    )  # type: ignore[arg-type]

    def choose(direction: Direction) -> Route:
        return Route(((system, direction),))

    return choose


Choose = Callable[[Direction], Route]


def test_paragraphs_and_sentences_keep_their_structure(route: Choose) -> None:
    output = Kept()
    source = article("a", "Rat tagt", "Der Rat tagt.  Er berät! 12.000.", "https://example.org/a")
    summary = translate_articles([source], Plan(EN, route), output)
    [translation] = output.translations
    assert translation.title == "taR tgat"
    assert [block.text for block in translation.blocks] == [
        "taR tgat",
        "reD taR .tgat  rE !täreb 12,000.",
        "https://example.org/a",
    ]
    for block in translation.blocks:
        for translated in block.segments:
            segment = translated.segment
            assert block.block.text[segment.start : segment.end] == segment.text
    assert translation.signature == (
        "de-en|model:fake@0|fake:1|exact|cpu|beam:4|length_penalty:1|safe:8"
    )
    assert (summary.articles, summary.segments, summary.failures) == (1, 5, [])


def test_code_and_names_within_sentences_stay(route: Choose, engine: FakeEngine) -> None:
    output = Kept()
    text = "Der Befehl ls -l 1.000 zeigt alles. Neue Sonne spielt. Aus."
    spans = (Span(11, 22, Markup.CODE), Span(36, 46, Markup.KEPT))
    source = Article(
        "a", "a", Language.DE, (Block(BlockKind.PARAGRAPH, text, Place(0), spans=spans),)
    )
    translate_articles([source], Plan(EN, route), output)
    [block] = output.translations[0].blocks
    # Everything else is turned round, the engine's own stand-ins included.
    assert block.text.replace(" 21BA", "") == (
        "reD lhefeB ls -l 1.000 tgiez .sella Neue Sonne .tleips .suA"
    )
    assert [segment.segment.text for segment in block.segments] == [
        "Der Befehl ls -l 1.000 zeigt alles.",
        "Neue Sonne spielt.",
        "Aus.",
    ]


def test_the_sentences_of_many_articles_are_decoded_together(
    route: Choose, engine: FakeEngine
) -> None:
    output = Kept()
    titles = [f"Titel {a}{b}" for a in "abcde" for b in "fghijklmno"]
    sources = [article(title, title, "Ein Satz. Noch einer.") for title in titles]
    translate_articles(sources, Plan(EN, route), output)
    assert [t.article.id for t in output.translations] == [s.id for s in sources]
    assert len(engine.batches) == 1
    # "Ein Satz." comes fifty times and is decoded once.
    assert sum(map(len, engine.batches)) == 52


def test_each_article_has_its_direction(route: Choose) -> None:
    output = Kept()
    sources = [article(str(n), "abc", language=code) for n, code in enumerate(["de", "fr"] * 3)]
    summary = translate_articles(sources, Plan(EN, route), output)
    assert [t.article.id for t in output.translations] == list("012345")
    assert [str(t.direction) for t in output.translations] == ["de-en", "fr-en"] * 3
    assert summary.articles == 6


def test_each_paragraph_has_its_language(route: Choose) -> None:
    output = Kept()
    quotes = [
        Block(BlockKind.QUOTE, text, Place(number), language=code)
        for number, (code, text) in enumerate(
            [("en", "To be or not."), ("es", "Ser o no ser."), ("fr", "Être ou non.")], 1
        )
    ]
    source = article("a", "abc")
    source = Article("a", "a.txt", Language.DE, (*source.blocks, *quotes))
    english = article("b", "Hello.", language="en")
    summary = translate_articles([source, english], Plan(EN, route), output)
    [translation] = output.translations
    # What is in the target language stays, and what no model reads; French is read as French.
    texts = [block.text for block in translation.blocks]
    assert texts == ["cba", "To be or not.", "Ser o no ser.", "ertÊ uo .non"]
    assert [len(block.segments) for block in translation.blocks] == [1, 0, 0, 1]
    legs = [leg.split("|")[0] for leg in translation.signature.split(" + ")]
    assert legs == ["de-en", "fr-en"]
    assert summary.failures == [Failure("b", "direction", "source and target language are both en")]


def test_an_article_that_no_model_translates_is_a_failure(route: Choose) -> None:
    def german_only(direction: Direction) -> Route:
        if direction.source is not Language.DE:
            raise UnsupportedDirection(f"opus doesn't translate {direction}, only de-en")
        return route(direction)

    output = Kept()
    sources = [article("a", "abc", language="fr"), article("b", "abc")]
    summary = translate_articles(sources, Plan(EN, german_only), output)
    assert [t.article.id for t in output.translations] == ["b"]
    assert summary.failures == [
        Failure("a", "direction", "opus doesn't translate fr-en, only de-en")
    ]


def test_failures_are_collected(route: Choose) -> None:
    failure = Failure("x", "read", "no such file or folder")
    output = Kept()
    summary = translate_articles([failure, article("a", "abc")], Plan(EN, route), output)
    assert summary.failures == [failure]
    assert (summary.articles, summary.done) == (1, 2)


def test_loops_are_counted(route: Choose, engine: FakeEngine) -> None:
    engine.loops = True
    output = Kept()
    summary = translate_articles([article("a", "Accueil Sport Météo")], Plan(EN, route), output)
    assert output.translations[0].title == "Accueil Sport Météo"
    assert {
        (f.problem.value, f.remedy and f.remedy.value): n for f, n in summary.flags.items()
    } == {
        ("repetition", "kept source"): 1,
        ("truncated", "kept source"): 1,
        ("length", "kept source"): 1,
    }


@pytest.mark.parametrize("language", [None, "en"], ids=["translated", "in the target language"])
def test_articles_are_read_as_they_are_needed(
    route: Choose, monkeypatch: pytest.MonkeyPatch, language: str | None
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SEGMENTS", 10)
    taken = 0

    def endless() -> Iterator[Article]:
        nonlocal taken
        while True:
            if taken == 1_000:
                pytest.fail("nothing was written")
            taken += 1
            block = Block(BlockKind.TITLE, f"Titel {taken}", Place(0), language=language)
            yield Article(str(taken), f"{taken}.txt", Language.DE, (block,))

    class Enough(Kept):
        def write(self, translation: Translation) -> None:
            super().write(translation)
            if len(self.translations) == 100:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        translate_articles(endless(), Plan(EN, route), Enough())
    assert taken <= 100 + 10 * (CHUNKS_IN_HAND - 1)


def test_stopping_finishes_the_chunk_in_hand(
    route: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SEGMENTS", 4)
    output = Kept()
    sources = (article(str(n), f"Titel {n}") for n in itertools.count())
    summary = translate_articles(
        sources, Plan(EN, route), output, is_stopped=lambda: len(output.translations) > 9
    )
    ids = [int(t.article.id) for t in output.translations]
    # The tenth article is in the third chunk of four; the fourth is begun, and given up.
    assert ids == list(range(12))
    assert summary.articles == 12
    assert summary.is_unfinished


@pytest.mark.parametrize(("articles", "unfinished"), [(3, False), (5, True)])
def test_a_stop_that_comes_too_late_leaves_nothing_undone(
    route: Choose, monkeypatch: pytest.MonkeyPatch, articles: int, unfinished: bool
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SEGMENTS", 4)
    output = Kept()
    sources = [article(str(n), f"Titel {n}") for n in range(articles)]
    summary = translate_articles(
        sources, Plan(EN, route), output, is_stopped=lambda: len(output.translations) > 0
    )
    assert summary.is_unfinished == unfinished
    assert summary.articles == min(articles, 4)


def test_stopping_while_reading_drops_the_chunk_that_is_not_whole(
    route: Choose, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SEGMENTS", 4)
    taken = 0

    def sources() -> Iterator[Article]:
        nonlocal taken
        for taken in range(1, 100):
            yield article(str(taken), f"Titel {taken}")

    output = Kept()
    summary = translate_articles(sources(), Plan(EN, route), output, is_stopped=lambda: taken > 6)
    assert summary.is_unfinished
    # Articles 5 and 6 would make a chunk that an undisturbed run never has.
    assert [t.article.id for t in output.translations] == ["1", "2", "3", "4"]
    assert sum(map(len, engine.batches)) == 4


def test_progress_is_told_after_each_article(route: Choose) -> None:
    told: list[int] = []
    sources = [Failure("x", "read", "gone"), *(article(str(n), "abc") for n in range(3))]
    translate_articles(sources, Plan(EN, route), Kept(), on_progress=lambda s: told.append(s.done))
    assert told == [1, 2, 3, 4]


class TestResumption:
    SOURCES = tuple(
        article(str(n), f"Titel {n}", f"Satz {n} ist der erste. Der zweite.") for n in range(20)
    )

    @pytest.fixture(autouse=True)
    def small_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chunks, "CHUNK_SEGMENTS", 12)

    def run(self, path: Path, route: Choose, sources: tuple[Article, ...] = SOURCES) -> int:
        file = TranslationFile(path, EN)
        summary = translate_articles(sources, Plan(EN, route), file)
        file.close()
        return summary.articles

    @pytest.mark.parametrize("killed_after", [0, 1, 4, 7, 19])
    def test_a_run_that_was_killed_goes_on(
        self, killed_after: int, route: Choose, tmp_path: Path
    ) -> None:
        assert self.run(tmp_path / "whole.jsonl", route) == 20
        whole = (tmp_path / "whole.jsonl").read_bytes()
        lines = whole.splitlines(keepends=True)
        path = tmp_path / "killed.jsonl"
        path.write_bytes(b"".join(lines[:killed_after]) + lines[killed_after][:30])
        assert self.run(path, route) == 20 - killed_after
        assert path.read_bytes() == whole

    def test_a_second_run_decodes_nothing(
        self, route: Choose, engine: FakeEngine, tmp_path: Path
    ) -> None:
        self.run(tmp_path / "out.jsonl", route)
        engine.batches.clear()
        assert self.run(tmp_path / "out.jsonl", route) == 0
        assert engine.batches == []

    def test_a_changed_article_is_translated_again(self, route: Choose, tmp_path: Path) -> None:
        path = tmp_path / "out.jsonl"
        self.run(path, route)
        changed = article("3", "Neuer Titel")
        assert self.run(path, route, (*self.SOURCES[:3], changed, *self.SOURCES[4:])) == 1
        records = {r["id"]: r for r in map(json.loads, path.read_text().splitlines())}
        assert len(path.read_text().splitlines()) == 20
        assert records["3"]["title"] == "reueN letiT"

    def test_a_full_disk_leaves_whole_articles(
        self, route: Choose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "out.jsonl"
        file = TranslationFile(path, EN)
        write, written = file._file.write, []

        def failing(record: object) -> None:
            if len(written) == 5:
                raise OutputError("can't write out.jsonl: No space left on device")
            written.append(write(record))  # type: ignore[arg-type, func-returns-value]

        monkeypatch.setattr(file._file, "write", failing)
        with pytest.raises(OutputError):
            translate_articles(self.SOURCES, Plan(EN, route), file)
        file.close()
        assert len(path.read_text().splitlines()) == 5
