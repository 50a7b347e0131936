"""Pages, files and tables to articles, with what extraction throws away kept as evidence."""

from mtpipe.ingest.inputs import Format
from mtpipe.ingest.reader import MAX_BYTES, articles_of, read_article, read_articles

__all__ = ["MAX_BYTES", "Format", "articles_of", "read_article", "read_articles"]
