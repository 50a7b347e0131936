"""What answers tell the browser, and names of files to be saved."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import Response

from mtpipe.web.guard.headers import attachment
from tests.web.guard.small import client_of

PATHS = ["/healthz", "/api/v1/me", "/api/v1/nothing", "/ui/nothing", "/languages", "/ui/report"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_shut_in(app: FastAPI, client: TestClient, path: str) -> None:
    app.state.raised = ValueError("x")
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors" in policy
    assert "unsafe-eval" not in policy
    assert "server" not in headers


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_refusals_too(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/v1/me", headers=headers)
    assert answer.status_code in (403, 421)
    assert answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_pages_have_scripts_and_styles_of_ours_only(client: TestClient) -> None:
    policy = client.get("/ui/jobs/7").headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_report_has_its_own_styles_and_no_script(client: TestClient) -> None:
    policy = client.get("/ui/report").headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "script-src" not in policy
    assert "allow-" not in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy


def test_only_what_is_the_same_for_everybody_is_kept(client: TestClient) -> None:
    answer = client.get("/ui/static/page.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers.get("cache-control", "")
    assert client.get("/ui/static/nothing").headers["cache-control"] == "no-store"


TRAVERSALS = [
    "../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "%2e%2e%2fsecret.txt", "..\\secret.txt",
    "..%5csecret.txt", "....//secret.txt", "./../secret.txt", "/etc/passwd", "%2fetc%2fpasswd",
    "page.css/../../secret.txt", "%252e%252e/secret.txt", "page.css%00.txt", "..%c0%afsecret.txt",
    "x/../../secret.txt", "~/secret.txt", "C:/secret.txt", "a" * 5000, "%ff",
]  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS, ids=lambda path: path[:30])
def test_static_files_are_all_that_is_there(client: TestClient, path: str) -> None:
    answer = client.get(f"/ui/static/{path}")
    assert answer.status_code in (400, 403, 404)
    assert "the secret" not in answer.text


def test_a_link_out_of_the_folder_is_not_followed(app: FastAPI, client: TestClient) -> None:
    home: Path = app.state.services.settings.home
    (home / "static" / "link.txt").symlink_to(home / "secret.txt")
    assert client.get("/ui/static/link.txt").status_code == 404


NAMES = {
    "report.html": 'attachment; filename="report.html"',
    "a b.txt": 'attachment; filename="a b.txt"',
    "Größe.html": "attachment; filename=\"Groe.html\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.html",
    "新聞.txt": "attachment; filename=\"txt\"; filename*=UTF-8''%E6%96%B0%E8%81%9E.txt",
    "": 'attachment; filename="file"',
    "..": 'attachment; filename="file"',
    "../../etc/passwd": 'attachment; filename="_.._etc_passwd"',
    "..\\..\\x.exe": 'attachment; filename="_.._x.exe"',
    'a"; filename="b.exe': 'attachment; filename="a_; filename=_b.exe"',
    "a\r\nSet-Cookie: x=y": 'attachment; filename="aSet-Cookie_ x=y"',
    "a\u202egpj.exe": 'attachment; filename="agpj.exe"',
    "a\ud800b": 'attachment; filename="ab"',
    "a\u2028b\x00\x1b[31m": 'attachment; filename="ab[31m"',
    ".htaccess": 'attachment; filename="htaccess"',
    "a%22b": 'attachment; filename="a%22b"',
    "CON:": 'attachment; filename="CON_"',
    "a＂; x=＂b／c.txt": 'attachment; filename="a_; x=_b_c.txt"; '
    "filename*=UTF-8''a%EF%BC%82%3B%20x%3D%EF%BC%82b%EF%BC%8Fc.txt",
    "‥／x": "attachment; filename=\"_x\"; filename*=UTF-8''%E2%80%A5%EF%BC%8Fx",
}


@pytest.mark.parametrize(("name", "header"), NAMES.items(), ids=map(repr, NAMES))
def test_names_of_files(app: FastAPI, name: str, header: str) -> None:
    app.state.name = name
    answer = client_of(app).get("/ui/file")
    assert answer.headers["content-disposition"] == header
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("sandbox;")


@pytest.mark.parametrize("name", ["x" * 10_000 + ".html", "ü" * 10_000 + ".html"])
def test_long_names_keep_their_end(name: str) -> None:
    headers = attachment(name)
    assert len(headers["Content-Disposition"]) < 1000
    assert re.search(r"\.html(\"|$)", headers["Content-Disposition"])
    Response(headers=headers)
