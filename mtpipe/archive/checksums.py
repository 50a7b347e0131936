"""Checksums of an archive's rows: a flipped bit is to be told, not to name a wrong original.

Each row keeps two digests: of what is searched (id, language, day, keys, vectors), looked at when an
archive is loaded, and of the rest. Rows of earlier versions have none; the article in them can be
compared with its content hash all the same.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mtpipe.archive.rows import article_of, content_sha256, lists_of
from mtpipe.errors import InputError
from mtpipe.types import Article

if TYPE_CHECKING:
    import pyarrow as pa

    from mtpipe.archive.sharded import AnyTable

CHECKSUM = "checksum"
"""The column."""

_DIGEST_BYTES = 16
_SEARCHED = ("id", "language", "day", "keys", "vectors")
_REST = ("sha256", "title", "address", "sentences", "text", "article")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one row.

    Attributes:
        id: of the article, as the row has it.
        problem: what is wrong with it; empty if it is sound.
        has_checksum: whether all of it could be compared.
    """

    id: str
    problem: str
    has_checksum: bool


def rest_digest(row: Mapping[str, Any]) -> str:
    """Hex digest of the other columns of a row."""
    return _digest(*(str(row[name]) for name in _REST))


def with_checksums(rows: "pa.Table", columns: "pa.Schema") -> "pa.Table":
    """New rows as the table wants them: with checksums, unless an earlier version made it."""
    import pyarrow as pa  # noqa: PLC0415 - comes with the extra

    if CHECKSUM not in columns.names:
        return rows.cast(columns)
    digests: list[str] = []
    for batch in rows.to_batches():
        rest = map(rest_digest, batch.select(list(_REST)).to_pylist())
        digests += [one + other for one, other in zip(_digests(batch), rest, strict=True)]
    return rows.append_column(columns.field(CHECKSUM), pa.array(digests)).cast(columns)


def damaged(uri: str, names: Iterable[str]) -> InputError:
    """The error of an archive with rows that aren't what was written."""
    found = sorted(names)
    shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
    return InputError(
        f"the archive {uri} is damaged: {len(found)} articles aren't what was added ({shown})",
        hint=f"mtpipe archive check {uri} lists them; remove them and add their pages again",
    )


def require_sound(uri: str, batch: Any) -> None:
    """See that a record batch with what is searched, and checksums, is what was written.

    Raises:
        InputError: a row isn't.
    """
    wrong = [name for name, is_sound in _searched(batch) if not is_sound]
    if wrong:
        raise damaged(uri, wrong)


def sound_article(row: Mapping[str, Any]) -> Article:
    """The article of a row that has ``id``, ``sha256`` and ``article``.

    Raises:
        ValueError: it isn't what was added, as its content hash tells.
    """
    try:
        article = article_of(json.loads(row["article"]))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as exc:
        raise ValueError(f"no article: {exc!r}") from exc
    # Rows of earlier versions have the hash of the exact characters.
    hashes = (content_sha256(article), content_sha256(article, exact=True))
    if article.id != row["id"] or row["sha256"] not in hashes:
        raise ValueError("the article isn't the one that was added")
    return article


def check_rows(archive: "AnyTable") -> Iterator[Checked]:
    """Compare every row of an archive with its checksums.

    Raises:
        InputError: the archive can't be read at all.
    """
    extra = (CHECKSUM,) if archive.has_checksums else ()
    for batch in archive.batches([*_SEARCHED, *_REST, *extra]):
        searched = dict(enumerate(_searched(batch))) if extra else {}
        rows = batch.select([*_REST, "id", *extra]).to_pylist()
        for number, row in enumerate(rows):
            problem = ""
            try:
                sound_article(row)
            except ValueError as exc:
                problem = str(exc)
            if extra and not searched[number][1]:
                problem = problem or "what is searched (vectors, language, day) has changed"
            if extra and row[CHECKSUM][2 * _DIGEST_BYTES :] != rest_digest(row):
                problem = problem or "what is listed (title, address, text) has changed"
            yield Checked(row["id"], problem, bool(extra))


def _searched(batch: Any) -> Iterator[tuple[str, bool]]:
    """Id of each row, and whether what is searched of it is what was written."""
    names, stated = (batch.column(name).to_pylist() for name in ("id", CHECKSUM))
    for name, digest, written in zip(names, _digests(batch), stated, strict=True):
        yield name, written[: 2 * _DIGEST_BYTES] == digest


def _digests(batch: Any) -> Iterator[str]:
    """Hex digest of what is searched of each row."""
    keys, key_starts = lists_of(batch.column("keys"))
    vectors, starts = lists_of(batch.column("vectors"))
    columns = (batch.column(name).to_pylist() for name in ("id", "language", "day"))
    for name, language, day, of_keys, of_vectors in zip(
        *columns, pairwise(key_starts), pairwise(starts), strict=True
    ):
        own = (keys[slice(*of_keys)].tobytes(), vectors[slice(*of_vectors)].tobytes())
        yield _digest(name, language, str(day), *own)


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        data = part.encode("utf-8", "replace") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()
