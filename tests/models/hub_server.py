"""A stand-in for the Hugging Face hub on this machine: its API's shape, and faults on demand."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

from mtpipe.models import hub

LARGE = (".safetensors", ".bin", ".spm")
"""What the hub keeps in large-file storage, and serves by a redirect."""


@dataclass
class Repository:
    """A repository at one commit.

    Attributes:
        files: content by name.
        commit: hash; ``main`` points to it.
        refusal: HTTP status and error code of every answer, where there is no access.
        delivered: content that is sent in place of the listed one.
        lost: names that are listed, but not there.
        listed: more names in the listing, which nobody should ask for.
        cuts: for the downloads of a file, one after the other, the number of bytes after which
            the connection breaks.
        tags: of the model card.
    """

    files: dict[str, bytes]
    commit: str = "c" * 40
    refusal: tuple[int, str] | None = None
    delivered: dict[str, bytes] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    listed: dict[str, int] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=lambda: ["translation", "license:apache-2.0"])


@dataclass
class StandIn:
    """The server as a test sees it.

    Attributes:
        endpoint: its address.
        storage: the address of large files, another host in the client's eyes, as on the hub.
        repositories: by hub id.
        requests: method, path and Range header of each request so far.
    """

    endpoint: str
    storage: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)

    def downloads(self, name: str) -> list[str | None]:
        """The Range header of each download of a file."""
        return [r for method, path, r in self.requests if method == "GET" and path.endswith(name)]


@contextmanager
def serving() -> Iterator[StandIn]:
    """Run the server in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # clients hang up, too
    stand_in = StandIn(
        *(f"http://{host}:{server.server_port}" for host in ("127.0.0.1", "localhost"))
    )
    server.stand_in = stand_in  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def hub_of_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A running stand-in that is the hub of a test, and an empty home for models."""
    import huggingface_hub
    from huggingface_hub import constants, file_download

    monkeypatch.setenv("MTPIPE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    # The client reads these once, at import; nothing of the user's may be touched.
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    # It takes up a download at multiples of this, 10 MB.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 500)
    monkeypatch.setattr(hub, "PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(file_download, "time", SimpleNamespace(sleep=lambda _: None))
    with serving() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running
    huggingface_hub.close_session()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        stand_in: StandIn = self.server.stand_in  # type: ignore[attr-defined]
        path = unquote(urlsplit(self.path).path)
        stand_in.requests.append((self.command, path, self.headers.get("Range")))
        match path.strip("/").split("/"):
            case ["api", "models", owner, name]:
                self._listing(stand_in.repositories.get(f"{owner}/{name}"), f"{owner}/{name}", "")
            case ["api", "models", owner, name, "revision", *revision]:
                repository = stand_in.repositories.get(f"{owner}/{name}")
                self._listing(repository, f"{owner}/{name}", "/".join(revision))
            case [owner, name, "resolve", revision, *rest]:
                self._file(stand_in.repositories.get(f"{owner}/{name}"), revision, "/".join(rest))
            case ["storage", owner, name, *rest]:
                self._content(stand_in.repositories[f"{owner}/{name}"], "/".join(rest))
            case _:
                self._refuse(404, "")

    def _listing(self, repository: Repository | None, hub_id: str, revision: str) -> None:
        if not self._accessible(repository, revision):
            return
        assert repository is not None
        siblings = [_sibling(name, content) for name, content in repository.files.items()]
        siblings += [
            {"rfilename": name, "size": size, "blobId": "0" * 40}
            for name, size in repository.listed.items()
        ]
        answer = {
            "_id": "1",
            "id": hub_id,
            "sha": repository.commit,
            "tags": repository.tags,
            "siblings": siblings,
        }
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _file(self, repository: Repository | None, revision: str, name: str) -> None:
        if not self._accessible(repository, revision):
            return None
        assert repository is not None
        if name not in repository.files or name in repository.lost:
            return self._refuse(404, "EntryNotFound")
        content = repository.files[name]
        headers = {"X-Repo-Commit": repository.commit, "ETag": f'"{_git_sha1(content)}"'}
        if not name.endswith(LARGE):
            return self._content(repository, name, headers)
        owner_and_name = "/".join(unquote(self.path).split("/")[1:3])
        headers |= {
            "X-Linked-Size": str(len(content)),
            "X-Linked-ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "Location": f"{self.server.stand_in.storage}/storage/{owner_and_name}/{name}",  # type: ignore[attr-defined]
        }
        return self._send(302, b"", headers)

    def _content(
        self, repository: Repository, name: str, headers: dict[str, str] | None = None
    ) -> None:
        content = repository.delivered.get(name, repository.files[name])
        start = 0
        if wanted := self.headers.get("Range"):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        headers = {**(headers or {}), "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cuts = repository.cuts.get(name, [])
        cut = cuts.pop(0) if cuts and self.command == "GET" else None
        self._send(206 if start else 200, content[start:], headers, cut=cut)

    def _accessible(self, repository: Repository | None, revision: str) -> bool:
        if repository is None:
            # What the hub says of repositories that don't exist, to strangers.
            self._refuse(401, "RepoNotFound")
        elif repository.refusal:
            self._refuse(*repository.refusal)
        elif revision not in ("", "main", repository.commit):
            self._refuse(404, "RevisionNotFound")
        else:
            return True
        return False

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code})

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], *, cut: int | None = None
    ) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[:cut])
        if cut is not None:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True


def _git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _sibling(name: str, content: bytes) -> dict[str, object]:
    entry: dict[str, object] = {
        "rfilename": name,
        "size": len(content),
        "blobId": _git_sha1(content),
    }
    if name.endswith(LARGE):
        entry["lfs"] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "pointerSize": 134,
        }
    return entry
