import pytest

from mtpipe.errors import UnsupportedDirection
from mtpipe.sentences import sentences_of
from mtpipe.types import Article, Block, BlockKind, Direction, Language, Place


@pytest.mark.parametrize(
    ("code", "language"),
    [("de", "de"), ("FR-ca", "fr"), ("en_GB", "en"), ("deu", "de"), ("fre", "fr"), (" eng ", "en")],
)
def test_language_codes(code: str, language: str) -> None:
    assert Language.parse(code) == language


@pytest.mark.parametrize("code", ["", "nl", "deutsch", "-de"])
def test_unknown_language(code: str) -> None:
    with pytest.raises(UnsupportedDirection, match="unknown language"):
        Language.parse(code)


def test_direction_prints_and_reads() -> None:
    direction = Direction.parse("de-en")
    assert str(direction) == "de-en"
    assert str(direction.reversed) == "en-de"
    assert direction == Direction(Language.DE, Language.EN)


@pytest.mark.parametrize("text", ["de", "de-de", "de-nl", ""])
def test_no_direction(text: str) -> None:
    with pytest.raises(UnsupportedDirection):
        Direction.parse(text)


@pytest.mark.parametrize(
    ("kind", "is_compared"),
    [
        (BlockKind.TITLE, True),
        (BlockKind.DATELINE, True),
        (BlockKind.PARAGRAPH, True),
        (BlockKind.HEADING, True),
        (BlockKind.LIST_ITEM, True),
        (BlockKind.QUOTE, True),
        (BlockKind.CAPTION, False),
    ],
)
def test_captions_are_body_but_not_compared(kind: BlockKind, is_compared: bool) -> None:
    blocks = (
        Block(BlockKind.PARAGRAPH, "Der Rat tagt.", Place(0)),
        Block(kind, "Er berät. Lange.", Place(1)),
    )
    article = Article("a", "a", Language.DE, blocks)
    assert not kind.is_furniture
    assert article.compared == (blocks if is_compared else blocks[:1])
    assert sentences_of(article) == ["Der Rat tagt.", *(["Er berät.", "Lange."] * is_compared)]
