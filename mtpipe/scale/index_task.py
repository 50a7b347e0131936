"""What workers do to fill an archive: read, claim, encode, and hand the rows to the writers.

Not for writing (:mod:`mtpipe.scale.writing`), nor for what an archive is filled with and by whom
(:mod:`mtpipe.scale.indexing`).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mtpipe import FurnitureRules
from mtpipe._optional import require
from mtpipe.archive.place import quoted
from mtpipe.archive.rows import content_sha256
from mtpipe.archive.states import State
from mtpipe.archive.table import ArticleTable
from mtpipe.config import FurnitureSettings
from mtpipe.errors import InputError
from mtpipe.ingest.reader import articles_of
from mtpipe.pipeline.archive.adding import BATCH_ARTICLES, lasting
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.scale.actors import answers
from mtpipe.scale.claims import Claim
from mtpipe.scale.manifest import Manifest
from mtpipe.scale.plans import Plan, Planned, read_plan, write_plan
from mtpipe.scale.shards import Shard
from mtpipe.scale.tasks import Processed, reading_signature
from mtpipe.scale.writing import CLAIMS, Target, home_of, stated
from mtpipe.types import Article, Failure

__all__ = ["INDEX_STAGE", "IndexTask", "taken"]

INDEX_STAGE = "index"
"""Stage of the failures of articles whose id another one has."""

_BATCH_CHARS = 2_000_000
_ASKED_AT_ONCE = 250


@dataclass(frozen=True)
class IndexTask:
    """Fills an archive; see :class:`mtpipe.scale.tasks.Task`.

    Attributes:
        target: the archive.
        writers: handles of its writers, by number.
        was_empty: whether there was nothing in it when the run began.
        language: of all articles; by default each one's is identified.
        furniture: what a user says on furniture.
    """

    target: Target
    writers: Sequence[Any]
    was_empty: bool
    language: str | None = None
    furniture: FurnitureSettings = field(default_factory=FurnitureSettings)

    name = "index"

    def check(self) -> None:
        """Nothing is left to be checked once there are writers."""

    def load(self) -> "IndexProcessor":
        """See :meth:`mtpipe.scale.tasks.Task.load`."""
        return IndexProcessor(self)

    def schema(self) -> Any:
        """See :meth:`mtpipe.scale.tasks.Task.schema`."""
        arrow = require("pyarrow", extra="ray")
        kinds = dict.fromkeys(("id", "sha256", "state", "elsewhere"), arrow.string())
        return arrow.schema([*kinds.items()])


class IndexProcessor:
    """Does shards of the input, in a worker.

    Args:
        task: with the writers.
    """

    def __init__(self, task: IndexTask) -> None:
        self._task = task
        self._target = task.target
        self._encoder = ArchiveEncoder()
        stamp = self._encoder.stamp
        self._first = self._target.table(0)  # refuses another encoder
        self.signature = (
            f"index, encoder {stamp.encoder} {stamp.encoder_sha256[:16]}, format {stamp.format}, "
            f"{reading_signature(task.furniture, task.language)}"
        )
        self._rules = FurnitureRules(task.furniture)

    def process(self, shard: Shard) -> Processed:
        """Bring the articles of a shard into the archive; repeated, it changes nothing.

        Raises:
            OutputError: the archive can't be written.
        """
        items = articles_of(shard.items, language=self._task.language, rules=self._rules)
        found = [lasting(item) for item in items]
        failures = [item for item in found if isinstance(item, Failure)]
        articles = [item for item in found if isinstance(item, Article)]
        plan, there = self._planned(shard.name, articles)
        wanted, rows, refused = self._claimed(plan)
        failures += refused
        absent = [number for number in wanted if number not in there]
        sentences, wordless = self._written(shard.name, absent, articles)
        for failure in wordless:
            failures.append(Failure(articles[failure].id, "segment", "it has no sentence"))
            del rows[failure]
        kept = [rows[number] for number in sorted(rows)]
        states = Counter(str(row["state"]) for row in kept)
        totals = {**states, "sentences": sentences}
        languages = Counter(articles[number].language.value for number in rows)
        return Processed(kept, failures, {"totals": totals, "languages": dict(languages)})

    def confirms(self, manifest: Manifest) -> bool:
        """See :class:`mtpipe.scale.tasks.Confirming`: other shards mustn't take its ids."""
        with suppress(InputError, ValueError, KeyError, TypeError, RecursionError):
            lines = (self._target.notes / manifest.output).read().splitlines()
            rows = [json.loads(line) for line in lines]
            claims = [
                Claim(manifest.shard, number, row["id"], row["sha256"])
                for number, row in enumerate(rows)
            ]
            return all(self._by_home("confirm", claims, lambda claim: claim.id)[1])
        return False

    def _planned(self, shard: str, articles: Sequence[Article]) -> tuple[Plan, set[int]]:
        """What the articles are to the archive, noted; and those that are in it as they are."""
        notes, run = self._target.notes, self._target.run
        hashes = [content_sha256(article) for article in articles]
        before = read_plan(notes, shard)
        known = before.states if before and before.run == run else {}
        fresh = _Known({}, {})
        if known or not self._task.was_empty:
            fresh = self._looked_up(articles, hashes)
        planned: list[Planned] = []
        there: set[int] = set()
        for row, (article, sha256) in enumerate(zip(articles, hashes, strict=True)):
            now = fresh.planned(row, article, sha256)
            if now.state is State.KNOWN and not now.elsewhere:
                there.add(row)
            earlier = known.get((article.id, sha256))
            # An earlier attempt has perhaps written it: it is new all the same.
            planned.append(earlier._replace(row=row) if earlier else now)
        plan = Plan(shard, run, tuple(planned))
        write_plan(notes, plan)
        return plan, there

    def _looked_up(self, articles: Sequence[Article], hashes: Sequence[str]) -> "_Known":
        """What the archive has of some articles."""
        known = _Known({}, {})
        for start in range(0, len(articles), _ASKED_AT_ONCE):
            part = articles[start : start + _ASKED_AT_ONCE]
            contents = set(hashes[start : start + _ASKED_AT_ONCE])
            if not self._first.has_checksums:  # rows of earlier versions have the other hash
                contents |= {content_sha256(article, exact=True) for article in part}
            where = f"id IN ({quoted(each.id for each in part)}) OR sha256 IN ({quoted(contents)})"
            for row in stated(self._tables, where):
                known.ids[row["id"]] = row["sha256"]
                known.contents.setdefault(row["sha256"], row["id"])
        return known

    @cached_property
    def _tables(self) -> list[ArticleTable]:
        return [self._first, *map(self._target.table, range(1, self._target.writers))]

    def _claimed(self, plan: Plan) -> tuple[list[int], dict[int, dict[str, Any]], list[Failure]]:
        """Which articles are to be written, what becomes of each, and those whose id is taken."""
        rows = {
            each.row: {
                "id": each.id,
                "sha256": each.sha256,
                "state": each.state.value,
                "elsewhere": each.elsewhere,
            }
            for each in plan.articles
        }
        failures = []
        firsts = self._asked("ids", plan.ids(), lambda claim: claim.id)
        for claim, first in firsts:
            if first is not None and first.sha256 != claim.sha256:
                del rows[claim.row]
                failures.append(taken(claim))
            elif first is not None:
                rows[claim.row] |= {"state": State.KNOWN.value, "elsewhere": claim.id}
        mine = {claim.row for claim, first in firsts if first is None}
        contents = [
            each.claim(plan.shard)
            for each in plan.articles
            if each.row in mine and (each.elsewhere or each.state is not State.KNOWN)
        ]
        wanted = []
        for claim, elsewhere in self._asked("contents", contents, lambda claim: claim.sha256):
            if elsewhere:
                rows[claim.row] |= {"state": State.KNOWN.value, "elsewhere": elsewhere}
            else:
                wanted.append(claim.row)
        return sorted(wanted), rows, failures

    def _asked(
        self, order: str, claims: Iterable[Claim], key: Callable[[Claim], str]
    ) -> list[tuple[Claim, Any]]:
        """Claims and what the writers that decide on them say of each."""
        asked, said = self._by_home(order, claims, key)
        return [
            pair
            for some, each in zip(asked, said, strict=True)
            for pair in zip(some, each, strict=True)
        ]

    def _by_home(
        self, order: str, claims: Iterable[Claim], key: Callable[[Claim], str]
    ) -> tuple[list[list[Claim]], list[Any]]:
        """What each writer that decides on some of the claims is asked, and what it says."""
        by_home: dict[int, list[Claim]] = {}
        for claim in claims:
            by_home.setdefault(home_of(key(claim), self._target), []).append(claim)
        calls = [
            getattr(self._task.writers[home], order).options(concurrency_group=CLAIMS).remote(some)
            for home, some in by_home.items()
        ]
        return list(by_home.values()), answers(calls)

    def _written(
        self, shard: str, wanted: Sequence[int], articles: Sequence[Article]
    ) -> tuple[int, list[int]]:
        """Encode articles and have them written.

        Returns:
            The number of sentences; the numbers of articles without any, which aren't written.
        """
        arrow = require("pyarrow", extra="archive")
        sentences, wordless, tables = 0, [], []
        for numbers in _batches(wanted, articles):
            entries = self._encoder.entries([articles[number] for number in numbers])
            pairs = list(zip(numbers, entries, strict=True))
            wordless += [number for number, entry in pairs if not entry.sentences]
            sentences += sum(len(entry.sentences) for entry in entries)
            if whole := [entry for entry in entries if entry.sentences]:
                tables.append(self._first.rows(whole))
        if tables:
            table = arrow.concat_tables(tables)
            homes = [home_of(each, self._target) for each in table.column("id").to_pylist()]
            # One order a writer and worker at a time: so much waits for a writer at the most.
            orders = []
            for home in sorted(set(homes)):
                rows = table.filter([each == home for each in homes])
                orders.append(self._task.writers[home].put.remote(shard, rows))
            answers(orders)
        return sentences, wordless


def taken(claim: Claim) -> Failure:
    """An article whose id another one has that comes first, with another content."""
    return Failure(claim.id, INDEX_STAGE, "another article of this run has this id")


@dataclass(frozen=True, slots=True)
class _Known:
    """What an archive has.

    Attributes:
        ids: contents by id.
        contents: an id of each content.
    """

    ids: dict[str, str]
    contents: dict[str, str]

    def planned(self, row: int, article: Article, sha256: str) -> Planned:
        """What an article is to it."""
        exact = "" if sha256 in self.contents else content_sha256(article, exact=True)
        hashes = {sha256, exact}
        if self.ids.get(article.id) in hashes:
            return Planned(row, article.id, sha256, State.KNOWN)
        if article.id in self.ids:
            return Planned(row, article.id, sha256, State.CHANGED)
        elsewhere = next((self.contents[each] for each in hashes if each in self.contents), "")
        state = State.KNOWN if elsewhere else State.NEW
        return Planned(row, article.id, sha256, state, elsewhere)


def _batches(wanted: Sequence[int], articles: Sequence[Article]) -> Iterator[list[int]]:
    """Numbers of articles that are encoded together."""
    batch: list[int] = []
    chars = 0
    for number in wanted:
        batch.append(number)
        chars += sum(len(block.text) for block in articles[number].blocks)
        if len(batch) >= BATCH_ARTICLES or chars >= _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch
