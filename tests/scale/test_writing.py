"""Writers of an archive, without a cluster: what is asked twice is done once."""

from pathlib import Path

import pytest

from mtpipe.archive.sharded import open_table
from mtpipe.archive.states import State
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.scale.claims import Claim
from mtpipe.scale.plans import Plan, Planned, write_plan
from mtpipe.scale.writing import Target, Writer
from mtpipe.types import Article, Block, BlockKind, Language, Place

pytest.importorskip("lancedb")


def article(item: str, text: str = "A text of one sentence.") -> Article:
    blocks = (Block(BlockKind.PARAGRAPH, text, Place(0)),)
    return Article(item, "input", Language("en"), blocks)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    stamp = ArchiveEncoder().stamp
    open_table(str(tmp_path / "archive"), stamp, create=True)
    return Target(str(tmp_path / "archive"), None, stamp, "run", str(tmp_path))


def put(writer: Writer, target: Target, shard: str, *articles: Article) -> None:
    writer.put(shard, target.table(0).rows(ArchiveEncoder().entries(articles)))


def test_what_is_put_again_is_there_once(target: Target) -> None:
    writer = Writer(target, 0)
    for _ in range(2):
        put(writer, target, "s", article("a"), article("b"))
    put(Writer(target, 0), target, "s", article("b"), article("c"))
    table = target.table(0)
    assert sorted(each.id for each in table.articles()) == ["a", "b", "c"]
    part = writer.tidy(200_000)
    assert (part.articles, part.sentences, part.is_indexed) == (3, 3, False)


def test_what_others_write_meanwhile_is_seen(target: Target) -> None:
    writer = Writer(target, 0)
    put(writer, target, "s", article("a"))
    target.table(0).put(ArchiveEncoder().entries([article("b", "Old.")]))
    put(writer, target, "s", article("b", "New."))
    assert target.table(0).get(["b"])["b"].blocks[0].text == "New."
    assert len(target.table(0)) == 2


def test_an_id_that_an_earlier_shard_has_is_left_alone(target: Target) -> None:
    writer = Writer(target, 0)
    first, second = Claim("one", 0, "a", "1"), Claim("two", 0, "a", "2")
    assert writer.ids([second]) == [None]
    assert writer.ids([first]) == [None]
    put(writer, target, "one", article("a", "First."))
    put(writer, target, "two", article("a", "Second."))
    assert target.table(0).get(["a"])["a"].blocks[0].text == "First."
    assert writer.overtaken() == [second]


def test_a_writer_learns_from_plans_what_was_claimed(target: Target) -> None:
    planned = Planned(0, "a", "1", State.NEW), Planned(1, "b", "2", State.KNOWN, "old")
    write_plan(target.notes, Plan("one", "run", planned))
    write_plan(target.notes, Plan("two", "another run", (Planned(0, "c", "3", State.NEW),)))
    writer = Writer(target, 0)
    same = [Claim("two", 0, "x", "1"), Claim("two", 1, "y", "2"), Claim("two", 2, "z", "3")]
    assert writer.contents(same) == ["a", "", ""]
    assert writer.ids([Claim("two", 0, "a", "9")]) == [Claim("one", 0, "a", "1")]
