"""The pages over workers that compute nothing, with the real jobs."""

import time
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import html

from mtpipe.web import create_app
from mtpipe.web.settings import ServeSettings
from tests.web.fakes import FakePool
from tests.web.pages import work

LISTED = {
    "id": "barrage.html",
    "language": "fr",
    "published": "2025-03-14",
    "title": "Le barrage",
    "address": "https://tribune.example/barrage",
    "sentences": 21,
    "sha256": "0" * 64,
}
STATISTICS = {
    "articles": 1234,
    "sentences": 56_789,
    "languages": {"fr": 1200, "de": 34},
    "first": "2019-01-02",
    "last": "2025-03-14",
    "undated": 3,
    "size_bytes": 12_300_000,
}
MODELS = {
    "models": [
        {"name": "starter", "title": "small", "licence": "CC", "directions": ["fr-de", "de-fr"],
         "size_bytes": 77_000_000, "rank": 10, "installed": True, "bundled": True, "auto": ["fr-de"]},
        {"name": "opus-mt-de-en", "title": "larger", "licence": "Apache-2.0", "directions": ["de-en"],
         "size_bytes": 301_000_000, "rank": 20, "installed": False, "bundled": False, "auto": []},
        {"name": "lexicon", "title": "no translator", "licence": "CC", "directions": [],
         "size_bytes": 1, "rank": 0, "installed": True, "bundled": True, "auto": []},
    ],
    "directions": [
        {"direction": "de-en", "source": "de", "target": "en", "models": ["starter"],
         "is_pivot": False, "better": {"name": "opus-mt-de-en", "title": "larger",
         "licence": "Apache-2.0", "size_bytes": 1, "command": "mtpipe models fetch opus-mt-de-en"}},
        {"direction": "de-fr", "source": "de", "target": "fr", "models": ["one", "two"],
         "is_pivot": True, "better": None},
    ],
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    return ServeSettings(
        home=tmp_path / "serve",
        archive=str(tmp_path / "originals"),
        allow_fetch=True,
        max_text_chars=5_000,
    )


@pytest.fixture
def pool() -> FakePool:
    return FakePool(
        {
            "archive_statistics": STATISTICS,
            "archive_list": {"articles": [LISTED], "next": None},
            "archive_remove": lambda arguments: {"removed": arguments["ids"]},
            "models": MODELS,
            "job_detect": work.examined(),
            "job_translate": work.translated(),
            "job_align": work.aligned(),
            "job_score": work.scored(),
            "job_archive_add": work.added(),
        }
    )


@pytest.fixture
def app(settings: ServeSettings, pool: FakePool) -> FastAPI:
    return create_app(settings, pool=pool)


def page_of(answer: Any) -> html.HtmlElement:
    """The page of an answer, to be searched."""
    return html.document_fromstring(answer.text)


def text_of(answer: Any) -> str:
    """What a page says, without its scripts and styles."""
    return " ".join(" ".join(page_of(answer).find("body").itertext()).split())


def finished(client: TestClient, path: str, *, seconds: float = 10.0) -> Any:
    """The page of a job that has come to its end."""
    deadline = time.monotonic() + seconds
    while True:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text[:500]
        if not page_of(answer).xpath("//*[@data-events]"):
            return answer
        assert time.monotonic() < deadline, "the job doesn't end"
        time.sleep(0.02)


def submitted(client: TestClient, path: str, data: dict[str, Any], files: Any = None) -> str:
    """Send a form; the path of the job's page."""
    answer = client.post(path, data=data, files=files)
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["location"])
