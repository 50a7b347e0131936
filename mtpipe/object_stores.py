"""Object stores: the file systems behind ``s3://`` and ``gs://``, by pyarrow, which is imported on use.

Where a store is and who may use it comes from the environment, as other tools have it:
``AWS_ACCESS_KEY_ID`` and the rest of the SDK's names, ``AWS_PROFILE``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``; for
``gs://`` the application default credentials. ``AWS_SKIP_SIGNATURE=true`` and ``GOOGLE_SKIP_SIGNATURE=true`` are
for public buckets. What is done with files there: :mod:`mtpipe.storage`.
"""

import functools
import io
import os
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from mtpipe._optional import require
from mtpipe.errors import InputError

__all__ = [
    "RemoteFile",
    "address_of",
    "is_pattern",
    "is_remote",
    "pattern_of",
    "reason_of",
    "store_of",
    "without_credentials",
]

_REMOTE = re.compile(r"(s3|gs)://([^/]*)/*(.*)", re.DOTALL)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}")
_CREDENTIALS = re.compile(r"^(\w+://)[^/]*@")
_MAGIC = re.compile(r"[*?[]")
_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_GCS_SECONDS = 60  # for which it is tried again; pyarrow's own limit is a quarter of an hour


def is_remote(name: str) -> bool:
    """Whether a name is the address of something in an object store."""
    return name.startswith(("s3://", "gs://"))


def address_of(text: str) -> str:
    """An address as it is written everywhere: without slashes at the end.

    Raises:
        InputError: it names no bucket, or has credentials in it.
    """
    scheme, bucket, key = cast("re.Match[str]", _REMOTE.fullmatch(text)).groups()
    if "@" in bucket or ":" in bucket:  # which would end up in logs and results
        raise InputError(
            f"an address {scheme}://BUCKET/KEY has neither credentials nor a port in it",
            hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL",
        )
    if not _BUCKET.fullmatch(bucket):
        raise InputError(f"{text}: no bucket is called that", hint=f"{scheme}://BUCKET/KEY")
    return f"{scheme}://{bucket}/{key}".rstrip("/")


def without_credentials(name: str) -> str:
    """A name as it may be shown, should somebody have written credentials into an address."""
    return _CREDENTIALS.sub(r"\1…@", name) if is_remote(name) else name


def store_of(address: str) -> tuple[Any, str]:
    """The ``pyarrow.fs.FileSystem`` that an address is in, and the path in it.

    Raises:
        DependencyMissing: pyarrow isn't installed.
        OSError: there is no such store, or it has no credentials.
    """
    scheme, _, path = address.partition("://")
    if scheme == "gs":
        return _gcs(_first("STORAGE_EMULATOR_HOST"), _is_set("GOOGLE_SKIP_SIGNATURE")), path
    settings = (
        _first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        _first("AWS_REGION", "AWS_DEFAULT_REGION"),
        _is_set("AWS_SKIP_SIGNATURE"),
    )
    who = tuple(map(_first, (*_SECRETS, "AWS_PROFILE")))
    return _s3(path.partition("/")[0], *settings, who), path


def reason_of(exc: Exception) -> str:
    """What happened, in a line, without what the environment keeps secret."""
    if isinstance(exc, FileNotFoundError):
        return "no such file or folder"
    text = getattr(exc, "strerror", None) or str(exc)
    for secret in filter(None, map(_first, _SECRETS)):
        text = text.replace(secret, "…")
    return " ".join(text.split())[:300]


class RemoteFile(io.RawIOBase):
    """A file in a store as Python's streams know it, with errors that name it.

    Args:
        name: its address.
        file: a ``pyarrow.NativeFile``.
    """

    def __init__(self, name: str, file: Any) -> None:
        self._name = name
        self._file = file
        self._size_bytes = int(file.size())
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As every stream; raises InputError where the store doesn't give it."""
        part = self._part(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def readall(self) -> bytes:
        """As every stream; Python's own asks for a few kilobytes at a time."""
        return self._part(self._size_bytes)

    def _part(self, length: int) -> bytes:
        """The next bytes, and no more: a stream to the end would be sent on all the while."""
        length = min(length, max(self._size_bytes - self._position, 0))
        try:
            part = bytes(self._file.read_at(length, self._position)) if length else b""
        except (OSError, ValueError) as exc:
            raise InputError(f"can't read {self._name}: {reason_of(exc)}") from exc
        if len(part) < length:
            raise InputError(f"can't read {self._name}: it became shorter")
        self._position += length
        return part

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As every stream."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def tell(self) -> int:
        """As every stream."""
        return self._position

    def close(self) -> None:
        """As every stream."""
        if not self.closed:
            self._file.close()
        super().close()


@functools.lru_cache(maxsize=64)
def _s3(bucket: str, endpoint: str, region: str, is_open: bool, who: tuple[str, ...]) -> Any:
    """The file system of a bucket.

    Args:
        bucket: its name, which tells the region where nothing else does.
        endpoint: address of the store's service; empty for AWS.
        region: of the bucket; empty where it isn't stated.
        is_open: whether nobody has to say who they are.
        who: what the SDK goes by, so that another one's file system isn't taken.
    """
    del who
    fs = require("pyarrow.fs", extra="tables")
    if not region and not endpoint:
        try:
            region = fs.resolve_s3_region(bucket)
        except (OSError, ValueError):
            region = ""  # what is asked for next says what is wrong
    scheme, _, host = endpoint.rstrip("/").rpartition("://")
    return fs.S3FileSystem(
        anonymous=is_open,
        region=region or "us-east-1",
        endpoint_override=host or None,
        scheme=scheme or "https",
        allow_delayed_open=True,  # what is short is one request
    )


@functools.lru_cache(maxsize=2)
def _gcs(emulator: str, is_open: bool) -> Any:
    scheme, _, host = emulator.rstrip("/").rpartition("://")
    return require("pyarrow.fs", extra="tables").GcsFileSystem(
        anonymous=is_open or bool(host),
        endpoint_override=host or None,
        scheme=(scheme or "http") if host else "https",
        retry_time_limit=timedelta(seconds=_GCS_SECONDS),
    )


def _first(*names: str) -> str:
    """The first of some variables that is set."""
    return next(filter(None, map(os.environ.get, names)), "")


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("true", "1")


def is_pattern(part: str) -> bool:
    """Whether a part of an address stands for several."""
    return bool(_MAGIC.search(part))


def pattern_of(parts: Sequence[str]) -> re.Pattern[str]:
    """A regular expression for parts of an address, each with the slash before it.

    Raises:
        InputError: it's no pattern.
    """
    try:
        return re.compile("".join(map(_part_pattern, parts)))
    except re.error as exc:
        raise InputError(f"{'/'.join(parts)}: not a pattern: {exc}") from exc


def _part_pattern(part: str) -> str:
    """A regular expression for a slash and a part of a pattern; ``**`` is any number of folders."""
    if part == "**":
        return r"(?:/(?!\.)[^/]+)*"
    # Wildcards stand for no slash, and at the beginning for no dot.
    found = [r"/(?!\.)" if _MAGIC.match(part) else "/"]
    for piece in re.split(r"(\*|\?|\[[^]]+\])", part):
        if piece in ("*", "?"):
            found.append("[^/]*" if piece == "*" else "[^/]")
        elif piece.startswith("[") and piece.endswith("]"):
            inner = piece[1:-1].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
            found.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
        else:
            found.append(re.escape(piece))
    return "".join(found)
