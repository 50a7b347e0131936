"""How fast the pages of a crawl are unpacked, and read as articles, in pages a second of processor time.

    python data/benchmarks/warc_pages.py data/demo --pages 2000

The crawl is made of the HTML files in a folder, over and over, each with a request before and
metadata behind, as crawlers write them; every other page is compressed once more for its transfer.
"""

import argparse
import gzip
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mtpipe import read_articles
from mtpipe.ingest.warc import crawled_pages

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


def record(kind: bytes, number: int, block: bytes) -> bytes:
    """A record as it stands in a file."""
    return (
        b"WARC/1.0\r\nWARC-Type: %b\r\nWARC-Target-URI: https://example.org/%d\r\n"
        b"Content-Type: application/http; msgtype=%b\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n"
    ) % (kind, number, kind, len(block), block)


def records(pages: list[bytes], number_of_pages: int) -> Iterator[bytes]:
    """The records of a crawl."""
    for number in range(number_of_pages):
        page = pages[number % len(pages)]
        yield record(b"request", number, b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        coded = OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(page)
        yield record(b"response", number, coded if number % 2 else OK + b"\r\n" + page)
        yield record(b"metadata", number, b"fetchTimeMs: 1\r\n")


def main() -> None:
    """Make the crawls, read them, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=2_000)
    options = parser.parse_args()
    pages = [path.read_bytes() for path in sorted(options.folder.rglob("*.html"))]
    with tempfile.TemporaryDirectory() as folder:
        for name, pack in (("a.warc", bytes), ("a.warc.gz", gzip.compress)):
            crawl = Path(folder, name)
            with crawl.open("wb") as file:
                file.writelines(pack(one) for one in records(pages, options.pages))
            started = time.process_time()
            with crawl.open("rb") as file:
                found = sum(1 for _ in crawled_pages(file, max_bytes=10_000_000))
            unpacked = time.process_time() - started
            started = time.process_time()
            articles = sum(1 for _ in read_articles(crawl))
            read = time.process_time() - started
            print(
                f"{name}: {crawl.stat().st_size:,} bytes, {found / unpacked:,.0f} pages/s unpacked,"
                f" {articles / read:,.0f} articles/s read"
            )


if __name__ == "__main__":
    main()
