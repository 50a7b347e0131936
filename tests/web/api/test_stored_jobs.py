"""Jobs as they are really kept: what strangers make up ends in a problem, never in an error."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web import create_app
from mtpipe.web.settings import ServeSettings
from tests.web.fakes import FakePool

JOBS = "/api/v1/jobs"


@pytest.fixture
def app(settings: ServeSettings) -> FastAPI:
    """With a store of its own, and workers that are done at once."""
    kinds = ("translate", "detect", "align", "score", "archive_add")
    done = {"files": [], "summary": {"articles": 1}}
    return create_app(settings, pool=FakePool({f"job_{kind}": done for kind in kinds}))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"sources": [{"text": "\0\x1b[31m\u202e"}]}, 202, id="control characters"),
        pytest.param({"sources": [{"text": "a"}], "title": "\0<b>\u202e"}, 202, id="a title"),
        pytest.param({"sources": [{"text": "a", "id": "../../a\n"}]}, 202, id="an id"),
        pytest.param({"sources": [{"html": "<p>\0"}]}, 202, id="a page"),
        pytest.param({"sources": [{"text": " \n"}]}, 422, id="nothing but spaces"),
        pytest.param({"sources": []}, 422, id="no sources"),
        pytest.param({"sources": [{"upload": "a.html"}]}, 422, id="an upload that isn't there"),
        pytest.param({"sources": [{"url": "http://127.0.0.1/"}]}, 422, id="an address"),
        pytest.param({"sources": [{"text": "a"}], "source": "en"}, 202, id="one language twice"),
    ],
)
def test_requests(client: TestClient, body: dict[str, Any], status: int) -> None:
    answer = client.post(JOBS, json={"kind": "translate", "target": "en", **body})
    assert answer.status_code == status, answer.text
    if status == 202:
        assert client.get(answer.json()["address"]).json()["id"] == answer.json()["id"]
        assert '"state":"done"' in client.get(answer.json()["events"]).text


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\0.html", "\u202elmth.exe", "con", "x" * 3000, "", "a.html"]
)
def test_names_of_files(client: TestClient, name: str, settings: ServeSettings) -> None:
    boundary = "b" * 30
    body = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="request"\r\n\r\n'
        f'{{"kind": "archive_add"}}\r\n--{boundary}\r\n'
        f'content-disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        f"<p>a\r\n--{boundary}--\r\n"
    ).encode()
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    answer = client.post(JOBS, content=body, headers=headers)
    assert answer.status_code in (202, 400, 422), answer.text
    outside = [path for path in settings.home.parent.iterdir() if path != settings.home]
    assert outside == [], outside


@pytest.mark.parametrize("cursor", ["x", "\0", "9" * 100, "' or 1=1 --", "é", "[]", "0|0"])
def test_cursors(client: TestClient, cursor: str) -> None:
    answer = client.get(JOBS, params={"after": cursor})
    assert answer.status_code in (200, 422), answer.text


def test_pages_of_jobs(client: TestClient) -> None:
    made = [
        client.post(JOBS, json={"kind": "archive_add", "sources": [{"text": f"{n}"}]}).json()["id"]
        for n in range(5)
    ]
    seen: list[str] = []
    path: str | None = f"{JOBS}?limit=2"
    while path:
        page = client.get(path).json()
        seen += [job["id"] for job in page["jobs"]]
        path = page["next"]
    assert seen == made[::-1]


def test_two_files_of_one_name(client: TestClient, settings: ServeSettings, app: FastAPI) -> None:
    files = [("files", ("a.html", content, "text/html")) for content in (b"<p>a", b"<p>b")]
    answer = client.post(JOBS, data={"request": '{"kind": "archive_add"}'}, files=files)
    assert answer.status_code == 202, answer.text
    kept = sorted(
        path.read_bytes() for path in Path(settings.home).rglob("*.html") if path.is_file()
    )
    assert kept == [b"<p>a", b"<p>b"]


def test_the_same_in_another_order_of_fields(client: TestClient) -> None:
    sources = [{"text": "a", "id": "b"}], [{"id": "b", "text": "a"}]
    first = client.post(JOBS, json={"kind": "translate", "target": "en", "sources": sources[0]})
    second = client.post(JOBS, json={"sources": sources[1], "target": "en", "kind": "translate"})
    assert first.json()["id"] == second.json()["id"]
    assert (first.status_code, second.status_code) == (202, 200)


def test_the_same_is_added_again_once_it_was_done(client: TestClient) -> None:
    body = {"kind": "archive_add", "sources": [{"text": "a"}]}
    first = client.post(JOBS, json=body)
    assert '"state":"done"' in client.get(first.json()["events"]).text
    second = client.post(JOBS, json=body)
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json()["id"] != first.json()["id"]
