"""What is handed in with a job, before it is kept: content under a name that is only shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from mtpipe.errors import InputError
from mtpipe.web.jobs.names import numbered, shown_name

__all__ = ["MOST_UPLOADS", "Upload", "checked"]

MOST_UPLOADS = 1_000
"""Files, and texts, that one job may bring."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that comes with a job.

    Attributes:
        name: as the stranger calls it; never a path of ours.
        data: its content, or a file with it, which is copied.
    """

    name: str
    data: bytes | Path

    @property
    def size_bytes(self) -> int:
        """Of its content."""
        return self.data.stat().st_size if isinstance(self.data, Path) else len(self.data)

    @property
    def sha256(self) -> str:
        """Hex digest of its content."""
        if isinstance(self.data, bytes):
            return sha256(self.data).hexdigest()
        with self.data.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()

    @classmethod
    def of_text(cls, text: str, name: str) -> "Upload":
        """A text that somebody typed."""
        return cls(f"{name}.txt", text.encode("utf-8", "replace"))

    @classmethod
    def of_sentences(cls, sentences: Sequence[str], name: str) -> "Upload":
        """Texts that stay apart, whatever line breaks they have."""
        return cls(f"{name}.json", json.dumps(list(sentences)).encode())


def checked(uploads: Sequence[Upload], *, most_bytes: int) -> list[Upload]:
    """The uploads under names that can be shown, each its own.

    Raises:
        InputError: they are too many, or too large together.
    """
    if len(uploads) > MOST_UPLOADS:
        raise InputError(
            f"{len(uploads)} files are more than the {MOST_UPLOADS} that a job may bring",
            hint="put the articles into one file of JSON lines",
        )
    size = sum(upload.size_bytes for upload in uploads)
    if size > most_bytes:
        raise InputError(
            f"the files have {size:,} bytes together, and {most_bytes:,} is the most",
            hint="make several jobs of them",
        )
    names = numbered([shown_name(upload.name) for upload in uploads])
    return [Upload(name, upload.data) for name, upload in zip(names, uploads, strict=True)]
