"""Which languages there are, and which one a text is in."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from mtpipe.types import Direction, Language
from mtpipe.web.libretranslate.languages import (
    Detected,
    KnownLanguages,
    detect,
    languages,
    overall,
)
from mtpipe.web.problems import Problem
from tests.web.fakes import FakePool

LONG = "ein Text, der lang genug ist, um seine Sprache zu zeigen"
ALL = languages({"directions": [{"direction": way} for way in ("de-en", "en-de", "fr-en")]})


def answer(language: str, confidence: float, **own: float) -> dict[str, Any]:
    candidates = [{"language": code, "confidence": prob} for code, prob in own.items()]
    return {"language": language, "confidence": confidence, "candidates": candidates}


def detected(texts: Sequence[str], answers: Sequence[dict[str, Any]]) -> list[tuple[str, float]]:
    pool = FakePool({"identify": list(answers)})
    return [(d.language, d.confidence) for d in asyncio.run(detect(pool, texts, ALL))]


def test_a_language_is_its_own_target() -> None:
    assert ALL.as_listed() == [
        {"code": "de", "name": "German", "targets": ["de", "en"]},
        {"code": "en", "name": "English", "targets": ["de", "en"]},
        {"code": "fr", "name": "French", "targets": ["en", "fr"]},
    ]


@pytest.mark.parametrize("code", ["de", "DE", "de-CH", "deu"])
def test_codes_are_forgiving(code: str) -> None:
    assert ALL.source(code) is Language.DE


@pytest.mark.parametrize("code", ["es", "zz", "auto", "", "x" * 10_000])
def test_other_languages_are_refused(code: str) -> None:
    with pytest.raises(Problem, match="is not supported") as refused:
        ALL.source(code)
    assert refused.value.status_code == 400
    assert len(refused.value.detail) < 100


def test_directions() -> None:
    assert ALL.direction(Language.DE, Language.EN) == Direction.parse("de-en")
    assert ALL.direction(Language.DE, Language.DE) is None
    with pytest.raises(Problem, match=r"French \(fr\) is not available .* German \(de\)"):
        ALL.direction(Language.DE, Language.FR)


@pytest.mark.parametrize(
    ("texts", "answers", "expected"),
    [
        ([LONG], [answer("de", 0.99), answer("de", 0.99)], [("de", 99.0)]),
        ([LONG], [answer("nl", 0.99), answer("nl", 0.99)], [("nl", 99.0)]),
        (["ok"], [answer("sr", 0.01, de=0.007), answer("sr", 0.01, de=0.007)], [("de", 0.7)]),
        (["😀 12"], [answer("zh", 0.9), answer("zh", 0.9)], [("en", 0.0)]),
        (
            [LONG, "Hello"],
            [answer("de", 0.9), answer("de", 0.9), answer("br", 0.1, en=0.02, de=0.01)],
            [("de", 90.0), ("de", 90.0)],
        ),
        (
            [LONG, "Bonjour le monde"],
            [answer("de", 0.9), answer("de", 0.9), answer("fr", 0.94)],
            [("de", 90.0), ("fr", 94.0)],
        ),
        (
            [LONG, LONG, "ok"],
            [answer("nl", 0.9), answer("nl", 0.9), answer("de", 0.9), answer("sr", 0.1)],
            [("nl", 90.0), ("de", 90.0), ("en", 0.0)],
        ),
    ],
    ids=["known", "unknown", "short", "no words", "short with long", "mixed", "in doubt"],
)
def test_the_language_of_each_text(
    texts: list[str], answers: list[dict[str, Any]], expected: list[tuple[str, float]]
) -> None:
    assert detected(texts, answers) == expected


def test_languages_that_a_text_may_be_in() -> None:
    pool = FakePool({"identify": [answer("nl", 0.7, de=0.2, en=0.001)]})
    assert asyncio.run(overall(pool, LONG, ALL)) == [Detected("de", 20.0)] or asyncio.run(
        overall(pool, LONG, ALL)
    ) == [Detected("nl", 70.0), Detected("de", 20.0)]


def test_languages_are_asked_for_now_and_then() -> None:
    pool = FakePool({"models": {"directions": [{"direction": "de-en"}]}})

    async def asked() -> None:
        known = KnownLanguages()
        for _ in range(3):
            assert (await known.get(pool)).has("de")

    asyncio.run(asked())
    assert len(pool.asked("models")) == 1


def test_one_asks_for_all_that_come_together() -> None:
    async def slowly(_: dict[str, Any]) -> Any:
        await asyncio.sleep(0.02)
        return {"directions": [{"direction": "de-en"}]}

    pool = FakePool({"models": slowly})

    async def asked() -> None:
        known = KnownLanguages()
        for times in (1, 2):
            found = await asyncio.gather(*(known.get(pool) for _ in range(5)))
            assert all(each.has("de") for each in found)
            assert len(pool.asked("models")) == times
            known._until = 0.0  # they have got old

    asyncio.run(asked())
