"""Articles for the tests of detection: made by hand, or read from the pages beside this file."""

from pathlib import Path

from mtpipe.ingest import read_articles
from mtpipe.types import Article, Block, BlockKind, Language, Metadata, Place

PAGES = Path(__file__).parent / "pages"


def article(*blocks, language="de", metadata=None, source="page.txt"):
    """An article of texts (paragraphs) and pairs of kind and text, in reading order."""
    made = []
    for index, block in enumerate(blocks):
        kind, text = (BlockKind.PARAGRAPH, block) if isinstance(block, str) else block
        made.append(Block(kind, text, Place(index, index + 1)))
    return Article(
        id="candidate",
        source=source,
        language=Language(language),
        blocks=tuple(block for block in made if not block.kind.is_furniture),
        furniture=tuple(block for block in made if block.kind.is_furniture),
        metadata=metadata or Metadata(),
    )


def read_page(path):
    """The one article of a file."""
    (read,) = read_articles([str(path)])
    assert isinstance(read, Article), read
    return read


def by_id(evidence):
    """Pieces of evidence by their rule."""
    return {piece.id: piece for piece in evidence}


def assert_exact(evidence, candidate):
    """Every quotation of the candidate stands where it says."""
    blocks = {b.place.index: b for b in (*candidate.blocks, *candidate.furniture)}
    for piece in evidence:
        for quotation in piece.quotations:
            assert quotation.text
            if quotation.place is not None:
                block = blocks[quotation.place.index]
                assert block.place == quotation.place
                assert block.text.startswith(quotation.text, quotation.start)
