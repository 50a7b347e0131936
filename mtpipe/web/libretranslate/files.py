"""Files that are translated: what is read of them, what is written, and for how long it is kept."""

import os
import re
import secrets
import time
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mtpipe.errors import OutputError
from mtpipe.files import replacement
from mtpipe.ingest.decode import declared_encoding, encoding_of
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.tools import Tools

__all__ = ["FORMATS", "TranslatedFiles", "encoded", "file_text", "suffix_of"]

FORMATS = (".txt", ".html", ".htm", ".srt")
"""Of files that come back as they were, translated."""

_KEPT_S = 3600.0
_MOST_BYTES = 500_000_000
_TOKEN_BYTES = 24
_UNSAFE = re.compile(r"[^\w.-]+|^\.+", re.ASCII)
_NAME = re.compile(r"[\w-]{32}\.(?P<name>[\w-][\w.-]{0,120})", re.ASCII)
_NAME_CHARS = 80


def file_text(_: Tools, arguments: Mapping[str, Any], __: OnProgress) -> dict[str, str]:
    """The task ``file_text``: the text of a file, and the encoding that it is in.

    Args:
        arguments: ``data`` and ``name``.

    Raises:
        UnreadableArticle: binary data.
    """
    data: bytes = arguments["data"]
    declared = None
    if suffix_of(arguments["name"]) in (".html", ".htm"):
        declared = declared_encoding(data)
    encoding = encoding_of(data, declared)
    return {"text": data.decode(encoding, errors="replace"), "encoding": encoding}


def encoded(text: str, encoding: str, name: str) -> bytes:
    """A translated text in the encoding that the file had.

    Where that lacks a letter, a page gets its number, and any other text is in UTF-8.
    """
    if suffix_of(name) in (".html", ".htm"):
        return text.encode(encoding, errors="xmlcharrefreplace")
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8")


def suffix_of(name: str) -> str:
    """The end of a file's name that says what it is, in small letters."""
    return Path(name).suffix.lower()


class TranslatedFiles:
    """Translated files, each for an hour and for whoever has its address.

    Args:
        folder: of the server's; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, name: str, target: str, data: bytes) -> str:
        """Keep a file.

        Args:
            name: that it was sent with.
            target: code of the language that it is translated into.
            data: its content.

        Returns:
            The name that it is fetched by, which nobody can guess.

        Raises:
            OutputError: there is no room for it.
        """
        self.expire()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if len(data) + sum(state.st_size for _, state in self._all()) > _MOST_BYTES:
            raise OutputError(
                "there are too many translated files at the moment", hint="try again in an hour"
            )
        # In ASCII, since some clients take an address as it is.
        plain = unicodedata.normalize("NFKD", Path(name).stem).encode("ascii", "ignore").decode()
        stem, suffix = _UNSAFE.sub("_", plain)[:_NAME_CHARS], suffix_of(name)
        full = f"{secrets.token_urlsafe(_TOKEN_BYTES)}.{stem or 'file'}_{target}{suffix}"
        with replacement(self._folder / full) as file:
            file.write(data)
        return full

    def find(self, full: str) -> tuple[Path, str] | None:
        """Where a file is, and the name that people see; None if there is none, or no longer."""
        match = _NAME.fullmatch(full)
        if not match:
            return None
        self.expire()
        path = self._folder / full
        return (path, match["name"]) if path.is_file() else None

    def expire(self) -> None:
        """Remove files whose time is over."""
        oldest = time.time() - _KEPT_S
        for path, state in self._all():
            if state.st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _all(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self._folder.glob("*"):
            with suppress(FileNotFoundError):  # another request has removed it
                yield path, path.stat()
