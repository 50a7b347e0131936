"""Plans: which articles of an input shard are to be written into an archive, noted beforehand.

A writer that is started again learns from them what was claimed, and a worker that does a shard
again what was new in it. They are gone when a run is complete. Not for what is done: that are
manifests.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from mtpipe.archive.states import State
from mtpipe.errors import InputError
from mtpipe.scale.claims import Claim
from mtpipe.storage import Place

__all__ = ["FOLDER", "Plan", "Planned", "read_plan", "read_plans", "write_plan"]

FOLDER = "plans"
"""Below the folder of a run."""


class Planned(NamedTuple):
    """What an article is to an archive, before it is written.

    Attributes:
        row: 0-based, in its shard.
        id: of the article.
        sha256: hex digest of its content.
        state: of the archive before the run.
        elsewhere: another id under which the archive had its content; or empty.
    """

    row: int
    id: str
    sha256: str
    state: State
    elsewhere: str = ""

    def claim(self, shard: str) -> Claim:
        """The claim of this article on its id and its content."""
        is_changed = self.state is State.CHANGED
        return Claim(shard, self.row, self.id, self.sha256, self.elsewhere, is_changed)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the articles of a shard are to an archive.

    Attributes:
        shard: of the input.
        run: that it was made in.
        articles: in their order.
    """

    shard: str
    run: str
    articles: tuple[Planned, ...]

    @property
    def states(self) -> Mapping[tuple[str, str], Planned]:
        """The articles by id and content."""
        return {(each.id, each.sha256): each for each in self.articles}

    def ids(self) -> Iterator[Claim]:
        """Claims on ids."""
        return (each.claim(self.shard) for each in self.articles)

    def contents(self) -> Iterator[Claim]:
        """Claims on contents, of articles that the archive hadn't."""
        return (
            each.claim(self.shard)
            for each in self.articles
            if each.state is not State.KNOWN and not each.elsewhere
        )


def write_plan(folder: Place, plan: Plan) -> None:
    """Write a plan, in place of an earlier one.

    Raises:
        OutputError: it can't be written.
    """
    record = {"run": plan.run, "articles": plan.articles}
    text = json.dumps(record, separators=(",", ":"))
    (folder / FOLDER / f"{plan.shard}.json").write(text.encode())


def read_plan(folder: Place, shard: str) -> Plan | None:
    """The plan of a shard; None if there is none that can be read."""
    with suppress(InputError, OSError, ValueError, KeyError, TypeError, RecursionError):
        record = json.loads((folder / FOLDER / f"{shard}.json").read())
        return Plan(shard, str(record["run"]), tuple(_articles(record["articles"])))
    return None


def read_plans(folder: Place, run: str | None = None) -> Iterator[Plan]:
    """All plans that can be read, by their names; of one run, or of any."""
    if (folder / FOLDER).is_folder():
        for place in (folder / FOLDER).files(".json"):
            name = place.name.rpartition("/")[2].removesuffix(".json")
            plan = read_plan(folder, name)
            if plan and run in (None, plan.run):
                yield plan


def _articles(rows: Iterable[list[str]]) -> Iterator[Planned]:
    for row, article_id, sha256, state, elsewhere in rows:
        yield Planned(int(row), str(article_id), str(sha256), State(state), str(elsewhere))
