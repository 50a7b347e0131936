"""Every route of the real application, whoever adds one: closed to strangers, safe from other sites.

What is open is listed here, so that opening a path takes two files.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.errors import InputError
from mtpipe.web import create_app
from mtpipe.web.guard.access import Scope
from mtpipe.web.guard.keys import KeyStore
from mtpipe.web.settings import ServeSettings
from tests.web.fakes import FakePool
from tests.web.guard.small import client_of, for_others

FOR_EVERYBODY = {
    "/", "/ui", "/ui/", "/ui/sign-in", "/ui/sign-out", "/ui/static/{name}", "/ui/language/{code}",
    "/healthz", "/readyz", "/health", "/languages", "/frontend/settings",
    "/download_file/{name}",  # its name is random and told to whoever sent the file
    "/suggest",  # refuses everybody
}  # fmt: skip
WITHOUT_A_SCOPE = FOR_EVERYBODY | {"/api/v1/openapi.json"}


def routes_of(router: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of each route, those of routers within routers, too."""
    for route in router.routes:
        if inner := getattr(route, "original_router", None):
            # A router's own routes have its prefix already, those that it includes don't.
            yield from routes_of(inner, prefix + getattr(router, "prefix", ""))
        elif path := getattr(route, "path", ""):
            for method in sorted(getattr(route, "methods", None) or ()):
                yield method, prefix + path


def made(settings: ServeSettings) -> FastAPI:
    return create_app(settings, pool=FakePool({"models": InputError("no models here")}))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The real one, which asks for keys."""
    home: Path = tmp_path_factory.mktemp("home")
    (home / "archive").mkdir()
    archive = str(home / "archive")
    return made(for_others(home, requests_per_minute=10_000, archive=archive))


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    with client_of(app, host="192.0.2.1", address="198.51.100.7") as client:
        yield client


@pytest.fixture
def keys(app: FastAPI) -> KeyStore:
    store: KeyStore = app.state.services.keys
    for info in store.listed():
        store.revoke(info.id)
    return store


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", path)


def test_all_of_them_are_seen(app: FastAPI) -> None:
    found = set(routes_of(app))
    assert {("GET", "/ui/jobs/{job_id}"), ("POST", "/translate"), ("GET", "/metrics")} <= found
    assert ("GET", "/api/v1/jobs/{job_id}/events") in found
    assert len(found) > 40


def test_strangers_are_let_in_nowhere_else(app: FastAPI, stranger: TestClient) -> None:
    for method, path in set(routes_of(app)):
        answer = stranger.request(method, filled(path))
        if path in FOR_EVERYBODY:
            assert answer.status_code != 401 or (method, path) == ("POST", "/ui/sign-in"), path
        elif path == "/metrics" or not path.startswith(("/api/", "/ui/")):
            # LibreTranslate's clients know no 401, and get to know that a key is needed by 400.
            assert answer.status_code in (400, 403), (method, path)
        elif path.startswith("/ui/") and method in ("GET", "HEAD"):
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/ui/sign-in?next="), path
        else:
            assert answer.status_code == 401, (method, path)


@pytest.mark.parametrize("scope", [Scope.MODELS, Scope.SCORE])
def test_a_key_opens_what_it_is_for(
    app: FastAPI, stranger: TestClient, keys: KeyStore, scope: Scope
) -> None:
    key = keys.new("Ada", [scope])
    for method, path in set(routes_of(app)):
        if path in WITHOUT_A_SCOPE or f"/{scope}" in path or method in ("HEAD", "OPTIONS"):
            continue
        answer = stranger.request(method, filled(path), headers={"X-API-Key": key})
        # What is wrong with a request may be said before: it has no body.
        assert answer.status_code in (400, 403, 405, 415, 422), (method, path)


def test_other_sites_change_nothing(app: FastAPI, tmp_path: Path) -> None:
    with client_of(made(ServeSettings(home=tmp_path))) as client:
        for method, path in set(routes_of(app)):
            if method in ("GET", "HEAD", "OPTIONS"):
                continue
            for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                answer = client.request(method, filled(path), headers=headers)
                assert answer.status_code == 403, (method, path)


def test_every_answer_has_its_headers(app: FastAPI, tmp_path: Path) -> None:
    with client_of(made(ServeSettings(home=tmp_path))) as client:
        for method, path in set(routes_of(app)):
            if path.endswith("/events"):
                continue
            headers = client.request(method, filled(path)).headers
            assert headers["x-content-type-options"] == "nosniff", path
            assert "default-src 'none'" in headers["content-security-policy"], path
            if "/static/" not in path:
                assert headers["cache-control"] == "no-store", path


def test_metrics_know_routes_by_their_whole_path(stranger: TestClient, keys: KeyStore) -> None:
    headers = {"X-API-Key": keys.new("Ada")}
    stranger.get("/api/v1/jobs/secret", headers=headers)  # which is no number of a job
    text = stranger.get("/metrics", headers=headers).text
    assert 'route="/api/v1/jobs/{job_id}",status="422"' in text
    assert "secret" not in text
