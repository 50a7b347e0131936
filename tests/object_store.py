"""An object store in memory: as much of the API of S3 as pyarrow's file system asks for.

moto's server needs botocore, which wants an older python-dateutil than ``constraints.txt`` has. What is
read and written here was read and written there as well (moto 5.2.5).
"""

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

BUCKET = "bucket"
_MOST_KEYS = 3  # of a listing, so that there are several pages of it


class ObjectStore(ThreadingHTTPServer):
    """The server.

    Attributes:
        objects: content by key, of the one bucket that there is.
        requests: method and path of each.
        forbidden: keys that nobody may have.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.requests: list[tuple[str, str]] = []
        self.forbidden: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def listed(self, prefix: str, delimiter: str, after: str) -> tuple[list[str], list[str], str]:
        """Keys, folders, and what the next page goes on behind."""
        keys: list[str] = []
        folders: list[str] = []
        for key in sorted(self.objects):
            if not key.startswith(prefix) or key <= after:
                continue
            head, mark, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if len(keys) == _MOST_KEYS:
                return keys, folders, keys[-1]
            if mark:
                if (folder := prefix + head + mark) not in folders:
                    folders.append(folder)
            else:
                keys.append(key)
        return keys, folders, ""


@contextmanager
def object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A store that ``s3://bucket`` is in, in this process and its children."""
    store = ObjectStore()
    thread = threading.Thread(target=store.serve_forever, args=[0.05])
    thread.start()
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL_S3", "AWS_SKIP_SIGNATURE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", store.address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-id-of-a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-key-to-be-kept")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    try:
        yield store
    finally:
        store.shutdown()
        thread.join()
        store.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # or a client waits in vain to be told to go on
    server: ObjectStore

    def log_message(self, *_: Any) -> None:
        pass

    def _asked(self) -> None:
        parts = urlsplit(self.path)
        self._query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        self.server.requests.append((self.command, parts.path))
        body = self._body()
        bucket, _, key = unquote(parts.path)[1:].partition("/")
        self._s3(bucket, key, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _asked  # noqa: N815

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = _chunks(self.rfile)
        if "aws-chunked" in (self.headers.get("Content-Encoding") or ""):
            body = _chunks(io.BytesIO(body))
        return body

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        if "Content_Length" not in headers:
            headers["Content_Length"] = str(len(body))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _content(self, data: bytes, **headers: str) -> None:
        """An object, or the part that is asked for."""
        asked = (self.headers.get("Range") or "").removeprefix("bytes=")
        if not asked or not data:
            self._answer(200, data, **headers)
            return
        start, _, end = asked.partition("-")
        first = int(start) if start else max(len(data) - int(end), 0)
        last = min(int(end), len(data) - 1) if start and end else len(data) - 1
        headers["Content_Range"] = f"bytes {first}-{last}/{len(data)}"
        self._answer(206, data[first : last + 1], **headers)

    def _s3(self, bucket: str, key: str, body: bytes) -> None:
        store = self.server
        if bucket != BUCKET:
            self._s3_error(404, "NoSuchBucket")
        elif key in store.forbidden:
            self._s3_error(403, "AccessDenied")
        elif not key:
            self._s3_list() if self.command == "GET" else self._answer(200)
        elif self.command == "POST" and "uploads" in self._query:
            upload = f"upload-{len(store.uploads)}"
            store.uploads[upload] = {}
            self._xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>")
        elif self.command == "PUT" and "partNumber" in self._query:
            store.uploads[self._query["uploadId"]][int(self._query["partNumber"])] = body
            self._answer(200, ETag=_etag(body))
        elif self.command == "POST":
            parts = store.uploads.pop(self._query["uploadId"])
            store.objects[key] = b"".join(parts[number] for number in sorted(parts))
            self._xml("CompleteMultipartUploadResult", f"<Key>{escape(key)}</Key>")
        elif self.command == "PUT":
            store.objects[key] = body
            self._answer(200, ETag=_etag(body))
        elif self.command == "DELETE":
            store.objects.pop(key, None)
            self._answer(204)
        elif key not in store.objects:
            self._s3_error(404, "NoSuchKey")
        else:
            data = store.objects[key]
            self._content(data, ETag=_etag(data), Last_Modified="Mon, 30 Nov 2026 00:00:00 GMT")

    def _s3_list(self) -> None:
        prefix = self._query.get("prefix", "")
        keys, folders, last = self.server.listed(
            prefix, self._query.get("delimiter", ""), self._query.get("continuation-token", "")
        )
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.server.objects[key])}</Size>"
            "<LastModified>2026-11-30T00:00:00.000Z</LastModified></Contents>"
            for key in keys
        )
        found += "".join(
            f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
            for folder in folders
        )
        more = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if last else ""
        self._xml(
            "ListBucketResult",
            f"<Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(keys) + len(folders)}"
            f"</KeyCount><IsTruncated>{str(bool(last)).lower()}</IsTruncated>{more}{found}",
        )

    def _s3_error(self, status: int, code: str) -> None:
        self._xml("Error", f"<Code>{code}</Code><Message>{code}</Message>", status)

    def _xml(self, name: str, inner: str, status: int = 200) -> None:
        text = f'<?xml version="1.0" encoding="UTF-8"?><{name}>{inner}</{name}>'
        self._answer(status, text.encode(), Content_Type="application/xml")


def _chunks(stream: Any) -> bytes:
    """A body sent in chunks; what stands behind a length or the last chunk is passed over."""
    body = b""
    while length := int(stream.readline().split(b";")[0].strip() or b"0", 16):
        body += stream.read(length)
        stream.readline()
    while stream.readline().strip():
        pass
    return body


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
