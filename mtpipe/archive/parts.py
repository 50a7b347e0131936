"""Where the parts of a sharded archive are, and which article is in which.

``shards.json`` says how many there are; its presence means that all of them were made. Not for
what is in them: see :mod:`mtpipe.archive.sharded`.
"""

import errno
import hashlib
import json
from pathlib import Path

from mtpipe.archive.place import mapped
from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.files import replacement

__all__ = [
    "MOST_SHARDS",
    "check_new_place",
    "read_count",
    "require_count",
    "shard_name",
    "shard_of",
    "shard_uri",
    "write_count",
]

MOST_SHARDS = 4_096
"""Shards that an archive may have."""

_FILE = "shards.json"
_FORMAT = 1
_MOST_BYTES = 10_000
_WITH_SHARDS = ("s3://", "gs://")  # object stores that shards.json can be read from
_RESTORE = "restore it from a backup"


def shard_of(article_id: str, shards: int) -> int:
    """Number of the shard that an article is in, from 0."""
    digest = hashlib.sha256(article_id.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") % shards


def shard_name(number: int) -> str:
    """Name of a shard's folder."""
    return f"shard-{number:05d}"


def shard_uri(uri: str, number: int) -> str:
    """Where a shard of an archive is."""
    if "://" in uri:
        return f"{uri.rstrip('/')}/{shard_name(number)}"
    return str(Path(uri) / shard_name(number))


def read_count(uri: str) -> int | None:
    """How many shards an archive has; None if it isn't in shards, or isn't there.

    Raises:
        InputError: it can't be read, or says nothing.
    """
    data = _read(uri)
    if data is None:
        return None
    try:
        record = json.loads(data)
        count, made = record["shards"], record["format"]
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        raise InputError(f"the archive {uri} is damaged: its {_FILE}", hint=_RESTORE) from exc
    if type(made) is int and made > _FORMAT:
        raise ConfigError(f"a later version made the archive {uri}", hint="pip install -U mtpipe")
    if made != _FORMAT or type(count) is not int or not 1 <= count <= MOST_SHARDS:
        raise InputError(f"the archive {uri} is damaged: its {_FILE}", hint=_RESTORE)
    return count


def write_count(uri: str, count: int) -> None:
    """Note how many shards an archive has, once all of them are there.

    Raises:
        OutputError: it can't be written.
    """
    data = (json.dumps({"format": _FORMAT, "shards": count}) + "\n").encode()
    if "://" in uri:
        from mtpipe.storage import Place  # noqa: PLC0415 - imports pyarrow's file systems

        (Place.of(uri) / _FILE).write(data)
        return
    with mapped(uri, OutputError, "can't create"), replacement(Path(uri) / _FILE) as file:
        file.write(data)


def require_count(uri: str, *, has: int | None, wanted: int) -> None:
    """Refuse an archive that has another number of shards than is asked for.

    Args:
        uri: of the archive.
        has: shards of it; None for an archive in one part.
        wanted: that it is to have.

    Raises:
        ConfigError: with the command that makes one of its articles.
    """
    if has != wanted:
        state = "isn't in shards" if has is None else f"has {has} shards"
        raise ConfigError(
            f"the archive {uri} {state}, not {wanted}",
            hint=f"make a new one of its articles: "
            f"mtpipe archive add NEW --shards {wanted} --from-archive {uri}",
        )


def check_new_place(uri: str) -> None:
    """Refuse a place where no archive in shards can be made.

    What an earlier attempt left, which was cut off, is no obstacle.

    Raises:
        ConfigError: something else is there.
    """
    if "://" in uri:
        if not uri.startswith(_WITH_SHARDS):
            raise ConfigError(
                f"{uri} is no place for an archive in shards",
                hint="give a folder, or object storage as s3://bucket/path or gs://bucket/path",
            )
        return
    path = Path(uri)
    if path.exists() and (
        not path.is_dir() or any(not each.name.startswith("shard-") for each in path.iterdir())
    ):
        raise ConfigError(
            f"{uri} is no archive, and not empty",
            hint="name the archive first, and a new folder for a new one: "
            "mtpipe archive add ARCHIVE PAGES...",
        )


def _read(uri: str) -> bytes | None:
    """What is in ``shards.json``; None if there is none."""
    if "://" in uri:
        if not uri.startswith(_WITH_SHARDS):
            return None
        from mtpipe.storage import Place  # noqa: PLC0415 - imports pyarrow's file systems

        file = Place.of(uri) / _FILE
        return file.read() if file.exists() else None
    try:
        with (Path(uri) / _FILE).open("rb") as opened:
            return opened.read(_MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        if exc.errno == errno.ENAMETOOLONG:
            return None  # nothing is there, as whoever looks for the archive will say
        raise InputError(f"can't read {Path(uri) / _FILE}: {exc.strerror}") from exc
