from mtpipe.pipeline.identity import article_sha256
from mtpipe.types import Article, Block, BlockKind, Language, Place


def article(item: str, *texts: str, language: str = "de") -> Article:
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, Place(n)) for n, text in enumerate(texts))
    return Article(item, f"{item}.txt", Language(language), blocks)


def test_the_hash_covers_everything_that_was_read() -> None:
    one = article("a", "abc", "def")
    others = [
        article("a", "abc", "deg"),
        article("a", "abcdef"),
        article("a", "abc", "def", language="fr"),
    ]
    assert len({article_sha256(a) for a in [one, *others]}) == 4
    assert article_sha256(one) == article_sha256(article("a", "abc", "def"))
