"""What a server shares between its threads gives each what it would have given it alone."""

import io
import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from threadpoolctl import ThreadpoolController

from mtpipe import Translator
from mtpipe.archive.search import ArchiveSearch
from mtpipe.archive.table import ArticleTable
from mtpipe.blas import single_threaded
from mtpipe.cache import SegmentCache
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import System
from mtpipe.models.cards import InstalledModel
from mtpipe.pipeline.archive.archive import Archive
from mtpipe.pipeline.detect.detector import Detector
from mtpipe.pipeline.systems import choosing
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.pipeline.systems.routes import Router
from mtpipe.types import (
    Article,
    Block,
    BlockKind,
    Detection,
    Direction,
    Hypothesis,
    Language,
    Place,
)

THREADS = 8
DE_EN = Direction.parse("de-en")
WORDS = (
    ("Die Stadt", "Der Rat", "Das Dorf", "Eine Frau", "Der Verein", "Die Ministerin"),
    ("baut", "kauft", "sucht", "zeigt", "verliert", "prüft"),
    ("eine Brücke", "drei Häuser", "das neue Gesetz", "viele Bäume", "den alten Zug"),
    ("am Montag.", "seit 1998.", "ohne Hilfe.", "für 24 Millionen Franken.", "trotz Regen 😀."),
)
FR = (
    "Le pont sur la rivière a été rouvert lundi après deux ans de travaux.",
    "La maire a remercié tous ceux qui ont participé au projet.",
    "Les travaux ont coûté 4,2 millions d'euros, soit moins que prévu.",
    "Selon la police, 3000 personnes ont traversé le pont le premier jour.",
)
EN = (
    "The bridge over the river was reopened on Monday after two years of work.",
    "The mayor thanked all those who participated in the project.",
    "The work cost 4.2 million euros, less than planned.",
    "According to the police, 3000 people crossed the bridge on the first day.",
)
T = TypeVar("T")


@pytest.fixture(autouse=True)
def often_switched() -> Iterator[None]:
    """Threads take turns a hundred times as often as usual, so that they meet."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], T]) -> list[T]:
    """The results of as many threads, which begin together."""
    start = Barrier(THREADS)

    def begun(number: int) -> T:
        start.wait(60)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begun, range(THREADS)))


def segments(count: int) -> list[list[str]]:
    rng = random.Random(5)
    return [[" ".join(map(rng.choice, WORDS)) for _ in range(count)] for _ in range(THREADS)]


def article(item: str, texts: tuple[str, ...], language: Language) -> Article:
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, Place(n)) for n, text in enumerate(texts))
    return Article(item, f"{item}.txt", language, blocks)


def test_one_system_translates_for_all(
    starter: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many small batches; data/benchmarks/threads_together.py does the same on a large scale."""
    monkeypatch.setattr("mtpipe.engines.decoder.BATCH_TOKENS", 30)
    parts = segments(5)
    shared = load_system(starter, device="cpu", safeguards=Safeguards.REPAIR)
    found = at_once(lambda number: list(shared.stream(parts[number], DE_EN)))
    assert found == [shared.translate(part, DE_EN) for part in parts]


def test_one_translator_translates_for_all(
    starter: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtpipe.engines.decoder.BATCH_TOKENS", 30)
    monkeypatch.setattr(choosing, "installed_models", lambda: [starter])
    parts = segments(5)

    def translated(shared: Translator, number: int) -> object:
        own = parts[number]
        if number % 3 == 0:
            return shared.segments(own)
        if number % 3 == 1:
            texts = (" ".join(own[:2]), *own[2:])
            return list(shared.articles([article(str(number), texts, Language.DE)]))
        output = io.BytesIO()
        shared.lines(io.BytesIO("\n".join(own).encode()), output)
        return output.getvalue()

    def translator() -> Translator:
        return Translator("en", source="de", device="cpu", model="starter", cache=False)

    shared, alone = translator(), translator()
    found = at_once(lambda number: translated(shared, number))
    assert found == [translated(alone, number) for number in range(THREADS)]


def test_what_one_gives_up_holds_up_nobody(starter: InstalledModel) -> None:
    shared = load_system(starter, device="cpu", threads=1)
    parts = segments(3)
    wanted = [shared.translate(part, DE_EN) for part in parts]

    def work(number: int) -> list[Hypothesis]:
        stream = shared.stream(parts[number], DE_EN)
        if number % 2:
            return list(stream)
        first = next(stream)  # and then never again, while the rest is in the queue
        return [first]

    for number, found in enumerate(at_once(work)):
        assert found == (wanted[number] if number % 2 else wanted[number][:1])


def test_one_cache_remembers_for_all(
    starter: InstalledModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = segments(3)
    with closing(SegmentCache(tmp_path / "segments.sqlite", limit_bytes=10**9)) as memory:
        shared = load_system(starter, device="cpu", memory=memory)
        first = at_once(lambda number: shared.translate(parts[number], DE_EN))
        distinct = {segment for part in parts for segment in part}
        assert memory.info().segments == len(distinct)
        assert at_once(lambda number: shared.translate(parts[number], DE_EN)) == first
    assert caplog.records == []


def test_a_model_is_loaded_once(monkeypatch: pytest.MonkeyPatch, starter: InstalledModel) -> None:
    loaded: list[System] = []

    def load(model: InstalledModel, other: object) -> System:
        loaded.append(load_system(model, device="cpu"))
        return loaded[-1]

    monkeypatch.setattr(choosing, "installed_models", lambda: [starter])
    router = Router(starter.card.name, load)
    routes = at_once(lambda _: router.route(DE_EN))
    assert len(loaded) == 1
    assert {id(route.legs[0][0]) for route in routes} == {id(loaded[0])}


def test_one_detector_examines_for_all() -> None:
    def examined(detector: Detector, number: int) -> tuple[str, list[float]]:
        # What one has read, another one remembers or not.
        candidate = article("candidate", EN[number % 2 :], Language.EN)
        original = article("original", FR[number % 2 :], Language.FR)
        verdict = detector.examine(candidate, original, translate=number < 2).verdict
        return str(verdict.finding), [score.probability or 0.0 for score in verdict.scores]

    shared = Detector()
    found = at_once(lambda number: examined(shared, number))
    wanted = [examined(shared, number) for number in range(2)] * (THREADS // 2)
    assert [finding for finding, _ in found] == [finding for finding, _ in wanted]
    for (_, scores), (_, others) in zip(found, wanted, strict=True):
        assert scores == pytest.approx(others, abs=1e-4)


@pytest.mark.parametrize("exact", [10**6, 0], ids=["in memory", "by the database"])
def test_one_archive_is_searched_by_all(
    exact: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("lancedb")
    parts = segments(20)
    articles = [
        article(f"{number}-{place}", tuple(part[place : place + 5]), Language.DE)
        for number, part in enumerate(parts)
        for place in range(0, 20, 5)
    ]
    archive = Archive(str(tmp_path / "archive"), create=True)
    archive.add(articles)
    search = ArchiveSearch(ArticleTable(archive.uri), exact_sentences=exact)
    monkeypatch.setattr(archive.finder(), "_search", search)

    def found(number: int) -> list[list[tuple[str, float]]]:
        own = articles[number::THREADS]
        return [[(o.article.id, o.score) for o in each] for each in archive.find_all(own)]

    before = [library["num_threads"] for library in ThreadpoolController().info()]
    wanted = [found(number) for number in range(THREADS)]
    assert at_once(found) == wanted
    assert [library["num_threads"] for library in ThreadpoolController().info()] == before


def test_one_detector_with_an_archive_serves_all(tmp_path: Path) -> None:
    pytest.importorskip("lancedb")
    parts = segments(12)
    archive = Archive(str(tmp_path / "archive"), create=True)
    archive.add(
        [article("bridge", FR, Language.FR)]
        + [article(f"n{n}", tuple(part[:6]), Language.DE) for n, part in enumerate(parts)]
    )
    detector = Detector(archive=archive, engine=False)

    def verdicts(number: int) -> list[tuple[str, str | None, list[float | None]]]:
        candidates = [
            article("copy", tuple(parts[number % 2][:6]), Language.DE),
            article("translation", EN[number % 2 :], Language.EN),
            article("other", tuple(parts[number % 2][6:]), Language.DE),
        ]
        found = [detector.examine(candidates[1]), *detector.examine_all(candidates)]
        return [
            (
                str(each.verdict.finding),
                each.original.id if each.original else None,
                [score.probability for score in each.verdict.scores],
            )
            for each in found
            if isinstance(each, Detection)
        ]

    wanted = [verdicts(number) for number in range(2)] * (THREADS // 2)
    assert [len(each) for each in wanted] == [4] * THREADS
    assert [each[0][1] for each in wanted] == ["bridge"] * THREADS
    assert at_once(verdicts) == wanted


def test_one_archive_is_added_to_by_all(tmp_path: Path) -> None:
    pytest.importorskip("lancedb")
    parts = segments(12)
    articles = [
        [article(f"{number}-{n}", tuple(part[n : n + 3]), Language.DE) for n in range(0, 12, 3)]
        for number, part in enumerate(parts)
    ]
    archive = Archive(str(tmp_path / "archive"), create=True)
    archive.add([article("bridge", FR, Language.FR)])

    def work(number: int) -> tuple[int, list[str], str]:
        added = archive.add([*articles[number], article("bridge", FR, Language.FR)])
        found = archive.find(articles[number][1], limit=1)
        removed = archive.remove([f"{number}-0", f"{number}-none"])
        return added.added, removed, found[0].article.id

    assert at_once(work) == [(4, [f"{number}-0"], f"{number}-3") for number in range(THREADS)]
    assert sorted(each.id for each in archive.listed()) == sorted(
        ["bridge", *(each.id for part in articles for each in part[1:])]
    )
    assert [each.problem for each in archive.check()] == [""] * (1 + 3 * THREADS)
    assert archive.repair() == 0


def test_blas_is_kept_to_one_thread_and_left_as_it_was_found() -> None:
    def threads() -> list[int]:
        return [
            library["num_threads"]
            for library in ThreadpoolController().info()
            if library["user_api"] == "blas" and "numpy" in library["filepath"]
        ]

    before = threads()
    with single_threaded(), single_threaded():
        assert set(threads()) <= {1}
    assert threads() == before

    def work(_: int) -> None:
        for _ in range(20):
            with single_threaded():
                pass

    at_once(work)
    assert threads() == before
