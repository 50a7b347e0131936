from dataclasses import replace

import pytest

from mtpipe.archive.rows import content_sha256
from mtpipe.archive.states import State, states_of
from mtpipe.types import Article, Block, BlockKind, Language, Place

NEW, CHANGED, KNOWN, ELSEWHERE = State


def article(item: str, text: str) -> Article:
    blocks = (Block(BlockKind.PARAGRAPH, text, Place(0)),)
    return Article(item, item, Language.FR, blocks)


@pytest.mark.parametrize(
    ("there", "asked", "expected"),
    [
        ("a1", "a1 a2 b1 c2", [KNOWN, CHANGED, NEW, ELSEWHERE]),
        ("a1", "b1", [ELSEWHERE]),
        ("a1", "b1 a2", [NEW, CHANGED]),
        ("a1", "a2 b1", [CHANGED, NEW]),
        ("a1 c1", "b1 a2", [ELSEWHERE, CHANGED]),
        ("a1", "b1 a2 a1", [ELSEWHERE, CHANGED, CHANGED]),
        ("a1", "b1 c1 a2", [NEW, ELSEWHERE, CHANGED]),
        ("a1 b2", "a2 b1", [CHANGED, CHANGED]),
        ("", "a1 b1 a2", [NEW, NEW, CHANGED]),
        ("", "a1 b1 b2", [NEW, ELSEWHERE, NEW]),
        ("", "", []),
    ],
    ids=[
        *("each state", "under another id", "before that changes", "after that changed"),
        *("under a third id", "that comes back", "one takes over", "exchanged", "changed at once"),
        *("skipped, then another", "nothing"),
    ],
)
def test_content_under_another_id_counts_if_it_stays(
    there: str, asked: str, expected: list[State]
) -> None:
    rows = [
        {"id": name, "sha256": content_sha256(article(name, text))} for name, text in there.split()
    ]
    articles = [article(name, text) for name, text in asked.split()]
    assert states_of(articles, lambda _: rows) == expected


def test_rows_of_earlier_versions_are_known_by_their_own_digests() -> None:
    spaced = article("a", "Il coûte 5\u202f€.")
    rows = [{"id": "a", "sha256": content_sha256(spaced, exact=True)}]
    asked = [spaced, replace(spaced, id="b")]
    assert states_of(asked, lambda _: rows) == [KNOWN, ELSEWHERE]
