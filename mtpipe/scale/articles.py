"""Articles as they were read, with sketches of them: what a detection keeps between its phases.

A row has a candidate as JSON, and what near-duplicates are found by. Pairs, which bring their
originals along, are kept as they came. Not for what is done with them: see
:mod:`mtpipe.scale.duplicates` and :mod:`mtpipe.scale.examining`.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from mtpipe import FurnitureRules
from mtpipe._optional import require
from mtpipe.archive.rows import article_of, article_record
from mtpipe.config import FurnitureSettings
from mtpipe.detection.near_duplicates import SIGNATURE, Sketch, sketch
from mtpipe.errors import InputError, UnsupportedDirection
from mtpipe.ingest.raw import Raw
from mtpipe.ingest.reader import articles_of
from mtpipe.pipeline.detect.pairs import Pair, parse_pair
from mtpipe.scale.manifest import delete_manifest
from mtpipe.scale.shards import Shard
from mtpipe.scale.tasks import Processed, reading_signature
from mtpipe.storage import Place
from mtpipe.types import Article, Failure, Language

__all__ = [
    "FOLDER",
    "ArticlesTask",
    "Candidate",
    "candidates_of",
    "damaged",
    "stored",
    "stored_candidates",
]

FOLDER = "articles"
"""Below the output of a detection: an output of its own."""

Candidate = Article | Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlesTask:
    """Reading as a :class:`~mtpipe.scale.tasks.Task`.

    Attributes:
        language: of all articles; None where each one's is identified.
        furniture: what a user says on furniture.
    """

    language: Language | None = None
    furniture: FurnitureSettings = field(default_factory=FurnitureSettings)

    @property
    def name(self) -> str:
        """What is done."""
        return "articles"

    @property
    def signature(self) -> str:
        """What the rows depend on, apart from the shard."""
        return f"{reading_signature(self.furniture, self.language)} | {SIGNATURE}"

    def check(self) -> None:
        """Nothing can be wrong."""

    def load(self) -> "ArticlesProcessor":
        """See :meth:`mtpipe.scale.tasks.Task.load`."""
        return ArticlesProcessor(self)

    def schema(self) -> Any:
        """The ``pyarrow.Schema`` of a row; one without a sketch is compared with none."""
        arrow = require("pyarrow", extra="ray")
        return arrow.schema(
            [
                *((name, arrow.string()) for name in ("id", "candidate")),
                *((name, arrow.binary()) for name in ("bits", "keys")),
            ]
        )


class ArticlesProcessor:
    """Reads shards.

    Args:
        task: that it is of.
    """

    def __init__(self, task: ArticlesTask) -> None:
        self.signature = task.signature
        self._language = task.language
        self._rules = FurnitureRules(task.furniture)

    def process(self, shard: Shard) -> Processed:
        """Read a shard."""
        rows: list[dict[str, Any]] = []
        failures: list[Failure] = []
        for are_pairs, items in groupby(shard.items, _is_pair):
            if are_pairs:
                found = map(_kept_pair, items)
            else:
                articles = articles_of(items, language=self._language, rules=self._rules)
                found = map(_kept_article, articles)
            for row in found:
                if isinstance(row, Failure):
                    failures.append(row)
                else:
                    rows.append(row)
        return Processed(rows, failures)


def candidates_of(
    items: Iterable[Raw], *, language: Language | None = None, rules: FurnitureRules
) -> Iterator[Candidate | Failure]:
    """Candidates out of what was read: articles, and pairs as :func:`mtpipe.read_pairs` has them.

    Args:
        items: of a shard.
        language: of all articles; None where each one's is identified.
        rules: what is furniture.
    """
    for are_pairs, group in groupby(items, _is_pair):
        if are_pairs:
            for item in group:
                yield _pair_of(item.content, item.id)
        else:
            yield from articles_of(group, language=language, rules=rules)


def stored(articles: Place, file: str, sha256: str, columns: Sequence[str]) -> Any:
    """Columns of a file of articles, as an Arrow table.

    Args:
        articles: the output that it is in.
        file: its path below that.
        sha256: how its hex digest has to begin.
        columns: their names.

    Raises:
        InputError: it can't be read, or is another one.
    """
    data = (articles / file).read()
    if not hashlib.sha256(data).hexdigest().startswith(sha256):
        raise damaged(articles, file)
    parquet = require("pyarrow.parquet", extra="ray")
    return parquet.read_table(io.BytesIO(data), columns=list(columns))


def damaged(articles: Place, file: str) -> InputError:
    """What is to be raised of a file of articles that isn't what was written.

    Its manifest is removed: by its size alone the file may look as if nothing had to be done again.
    """
    delete_manifest(articles, PurePosixPath(file).stem)
    return InputError(
        f"{(articles / file).name} isn't what was written", hint="the same command repairs it"
    )


def stored_candidates(articles: Place, file: str, sha256: str) -> Sequence[Candidate | Failure]:
    """The candidates of a file of articles; see :func:`stored`.

    Raises:
        InputError: it can't be read, or is another one.
    """
    table = stored(articles, file, sha256, ["candidate"])
    return [_restored(json.loads(text)) for text in table.column("candidate").to_pylist()]


def _restored(kept: Mapping[str, Any]) -> Candidate | Failure:
    if "pair" in kept:
        return _pair_of(kept["pair"], kept["name"])
    return article_of(kept["article"])


def _is_pair(item: Raw) -> bool:
    """Whether a row of a table is a candidate with its original, instead of an article."""
    record = item.content
    return (
        isinstance(record, Mapping)
        and isinstance(record.get("candidate"), Mapping | Sequence)
        and ("pair" in record or "original" in record)
    )


def _pair_of(record: Any, name: str) -> Pair | Failure:
    try:
        return parse_pair(record, default_id=name)
    except (ValueError, KeyError, TypeError, RecursionError, UnsupportedDirection) as exc:
        return Failure(name, "read", f"lacks {exc}" if isinstance(exc, KeyError) else str(exc))


def _kept_pair(item: Raw) -> dict[str, Any] | Failure:
    pair = _pair_of(item.content, item.id)
    if isinstance(pair, Failure):
        return pair
    return _row(pair.id, {"pair": item.content, "name": item.id}, None)


def _kept_article(article: Article | Failure) -> dict[str, Any] | Failure:
    if isinstance(article, Failure):
        return article
    found = sketch(article.compared_text, article.language)
    return _row(article.id, {"article": article_record(article, spans=True)}, found)


def _row(candidate_id: str, kept: Mapping[str, Any], found: Sketch | None) -> dict[str, Any]:
    return {
        # Arrow holds no lone surrogates; the candidate has them as JSON writes them.
        "id": candidate_id.encode("utf-8", "replace").decode(),
        "candidate": json.dumps(kept, separators=(",", ":"), default=str),
        "bits": found.bits if found else None,
        "keys": found.keys if found else None,
    }
