import gzip
import io
import logging
import lzma
import os
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.errors import InputError
from mtpipe.ingest import Format
from mtpipe.ingest.reader import read_articles
from mtpipe.ingest.sources import Sources
from mtpipe.ingest.warc import crawled_pages
from mtpipe.types import Article, Failure
from tests.ingest.shapes import SHAPES, STORIES

pytest.importorskip("fastwarc")

LIMIT = 1_000_000
HTML = b"Content-Type: text/html\r\n"


def record(kind, address, block, content_type=b"application/http; msgtype=response", length=None):
    return b"\r\n".join([
        b"WARC/1.0",
        b"WARC-Type: " + kind,
        b"WARC-Target-URI: " + address,
        b"WARC-Date: 2026-11-30T00:00:00Z",
        b"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>",
        b"Content-Type: " + content_type,
        b"Content-Length: %d" % (len(block) if length is None else length),
        b"",
        block,
        b"",
        b"",
    ])  # fmt: skip


def response(number, body=b"<p>hello</p>", headers=HTML, status=b"200 OK", length=None):
    block = b"HTTP/1.1 " + status + b"\r\n" + headers + b"\r\n" + body
    return record(b"response", b"https://x.example/%d" % number, block, length=length)


def pages(data, max_bytes=LIMIT):
    """Addresses' last figures with what their pages hold, or with the class of what is wrong."""
    found = crawled_pages(io.BufferedReader(io.BytesIO(data)), max_bytes=max_bytes)
    return [
        (address[-1:], type(page) if isinstance(page, InputError) else page.data)
        for address, page in found
    ]


def chunked(body):
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:5], body[5:], b""))


FIVE = [response(number) for number in range(5)]
MEMBERS = [gzip.compress(one) for one in FIVE]
GOOD = [(str(number), b"<p>hello</p>") for number in range(5)]
BROKEN, LOST = ("1", InputError), ("", InputError)


def test_packings_of_the_same_records():
    data = b"".join(FIVE)
    assert pages(data) == pages(b"".join(MEMBERS)) == pages(gzip.compress(data)) == GOOD
    assert pages(b"".join(MEMBERS) + b"\0" * 300) == GOOD
    assert pages(b"") == []


def test_a_file_compressed_with_zstd(tmp_path):
    streams = pytest.importorskip("fastwarc.stream_io")
    path = tmp_path / "a.warc.zst"
    with path.open("wb") as file:
        writer = streams.ZstdWriter(file)
        for one in FIVE:
            writer.write(one)
            writer.finish()
        writer.close()
    with path.open("rb") as file:
        data = file.read()
    assert pages(data) == GOOD
    assert pages(data[:-20])[-1][1] is InputError


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(b"<p>x</p>"), b"Content-Encoding: gzip\r\n"),
        (zlib.compress(b"<p>x</p>"), b"content-encoding: DEFLATE\r\n"),
        (b"\x8b\x03\x80<p>x</p>\x03", b"Content-Encoding: br\r\n"),
        (chunked(b"<p>x</p>"), b"Transfer-Encoding: chunked\r\n"),
        (
            chunked(gzip.compress(b"<p>x</p>")),
            b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n",
        ),
        (b"<p>x</p>", b"Content-Encoding: identity\r\n"),
        (b"<p>x</p>", b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"),
        (gzip.compress(b"<p>x</p>"), b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"),
        (chunked(b"<p>x</p>"), b"Transfer-Encoding: chunked\r\nContent-Encoding: br\r\n"),
        (b"\n <p>x</p>", b"Content-Encoding: unheard-of\r\n"),
    ],
    ids=[
        *("gzip", "deflate", "brotli", "chunked", "chunked gzip", "identity", "stored decoded"),
        *("stored unchunked", "stored chunked only", "unknown, but HTML"),
    ],
)
def test_encodings_of_bodies(body, headers):
    [(_, found)] = pages(response(0, body, HTML + headers))
    assert found.strip() == b"<p>x</p>"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (response(0, status=b"404 Not Found"), None),
        (response(0, status=b"301 Moved"), None),
        (response(0, headers=b"Content-Type: image/png\r\n"), None),
        (response(0, b"\x89PNG" * LIMIT, b"Content-Type: image/png\r\n"), None),
        (response(0, b"%PDF-1.7", b""), None),
        (response(0, headers=b""), Format.HTML),
        (response(0, headers=b"Content-Type: application/xhtml+xml\r\n"), Format.HTML),
        (response(0, headers=b"content-type: TEXT/Plain;charset=x\r\n"), Format.TEXT),
        (record(b"request", b"https://x.example/", b"GET / HTTP/1.1\r\n\r\n"), None),
        (record(b"revisit", b"https://x.example/", b"HTTP/1.1 200 OK\r\n\r\n"), None),
        (record(b"metadata", b"https://x.example/", b"a: b", b"application/warc-fields"), None),
        (record(b"response", b"dns:x.example", b"1.2.3.4", b"text/dns"), None),
        (record(b"something", b"https://x.example/", b""), None),
    ],
    ids=[
        *("not found", "moved", "image", "image longer than a page", "PDF without a type"),
        *("HTML without a type", "XHTML", "text", "request", "revisit", "metadata", "DNS"),
        "unknown type",
    ],
)
def test_what_is_a_page(one, expected, caplog):
    with caplog.at_level(logging.INFO, logger="mtpipe"):
        found = list(crawled_pages(io.BufferedReader(io.BytesIO(one)), max_bytes=LIMIT))
    kinds = [page.format for _, page in found]
    if b"%PDF" in one:  # without a type it is text, and refused as a PDF later
        expected = Format.TEXT
    assert kinds == ([expected] if expected else [])
    assert ("1 pages" if expected else "passed over: 1") in caplog.text


def damaged(member):
    middle = len(member) // 2
    return member[:middle] + bytes([member[middle] ^ 0xFF]) + member[middle + 1 :]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([FIVE[0], b"garbage\r\nmore\r\n\r\n", *FIVE[1:]], [GOOD[0], LOST, *GOOD[1:]]),
        ([FIVE[0], response(1, length=300), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([FIVE[0], response(1, length=50), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([FIVE[0], response(1, length=90_000), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([FIVE[0], response(1, length=2**63), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([FIVE[0], response(1, length=2**70), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([FIVE[0], response(1, length=-1), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([FIVE[0], response(1, status=b"x"), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([FIVE[0], FIVE[1].replace(b"Content-Length", b"X"), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([*FIVE[:4], FIVE[4][:-8]], [*GOOD[:4], ("4", InputError)]),
        ([*FIVE[:4], FIVE[4][:-4]], GOOD),
        ([MEMBERS[0], damaged(MEMBERS[1]), *MEMBERS[2:]], [GOOD[0], LOST, *GOOD[2:]]),
        ([MEMBERS[0], MEMBERS[1][:-20], *MEMBERS[2:]], [GOOD[0], LOST, *GOOD[2:]]),
        ([MEMBERS[0], os.urandom(50_000).replace(b"\x1f", b""), *MEMBERS[1:]], [GOOD[0], LOST, *GOOD[1:]]),
        ([*MEMBERS[:4], MEMBERS[4][:-20]], [*GOOD[:4], ("4", InputError)]),
        ([MEMBERS[0], gzip.compress(response(1, length=300)), *MEMBERS[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
        ([b"garbage"], [LOST]),
        ([FIVE[0], b"WARC/1.0\r\nX: " + b"x" * LIMIT], [GOOD[0], LOST]),
        ([FIVE[0], b"WARC/1.0\r\n" + b"X: x\r\n" * LIMIT], [GOOD[0], LOST]),
        ([FIVE[0], response(1, headers=b"X: " + b"x" * LIMIT), *FIVE[2:]], [GOOD[0], BROKEN, *GOOD[2:]]),
    ],
    ids=[
        *("garbage between", "length too long", "length too short", "length beyond the end"),
        *("length 2**63", "length 2**70", "negative length", "no HTTP", "no length", "cut off"),
        *("no line at the end", "flipped bit", "half a member", "garbage between members"),
        *("last member cut off", "length too long in a member", "no WARC", "endless header"),
        *("endless headers", "endless HTTP header"),
    ],
)  # fmt: skip
def test_what_is_broken_is_said_once_and_the_rest_goes_on(parts, expected):
    assert pages(b"".join(parts)) == expected


def bomb(beginning, megabytes, fill=b"\0"):
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    zeros = (packer.compress(fill * (1 << 20)) for _ in range(megabytes))
    return packer.compress(beginning) + b"".join(zeros) + packer.flush()


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (response(1, b"x" * LIMIT), "longer than 500,000 bytes"),
        (response(1, bomb(b"", 50), HTML + b"Content-Encoding: gzip\r\n"), "longer than"),
        (
            response(1, gzip.compress(bomb(b"", 50)), HTML + b"Content-Encoding: gzip, gzip\r\n"),
            "longer than",
        ),
        (response(1, b"", HTML + b"Content-Encoding: " + b"gzip," * 99 + b"\r\n"), "99 times"),
        (response(1, b"zz\r\nx", HTML + b"Transfer-Encoding: chunked\r\n"), "can't be decoded"),
        (response(1, b"x" * 30, HTML + b"Content-Encoding: gzip\r\n"), "can't be decoded"),
    ],
    ids=["long", "bomb", "bomb in a bomb", "many encodings", "bad chunk", "not gzip"],
)
def test_bodies_that_are_refused(one, says):
    found = crawled_pages(io.BufferedReader(io.BytesIO(one + FIVE[2])), max_bytes=500_000)
    (_, refused), (_, following) = found
    assert isinstance(refused, InputError)
    assert says in str(refused)
    assert following.data == b"<p>hello</p>"


@pytest.mark.parametrize(
    "data",
    [bomb(response(1, length=10**9)[:-16], 200), bomb(b"", 200, b"\n")],
    ids=["a record", "no record"],
)
def test_a_file_that_becomes_far_longer_than_it_is(data):
    [(_, refused)] = pages(data)
    assert refused is InputError


def test_lengths_that_lie_over_and_over_end():
    with pytest.raises(InputError, match="too damaged"):
        pages(response(1, length=900_000) * 20_000)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_damage_costs_no_more_than_what_it_hits(data):
    """Members of gzip before and two behind a change are read, wherever it is."""
    packed = bytearray(b"".join(MEMBERS))
    place = data.draw(st.integers(len(MEMBERS[0]), len(MEMBERS[0]) + len(MEMBERS[1]) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    found = pages(bytes(packed))
    assert found[0] == GOOD[0]
    assert found[-2:] == GOOD[3:]


@pytest.mark.parametrize("flags", [4, 8, 16, 31])
@pytest.mark.parametrize("times", [1, 300])
def test_a_header_that_goes_on_takes_no_members_behind_it(flags, times):
    """Extra field, name or comment, without an end for a long time or for ever."""
    damaged = bytearray(MEMBERS[1].replace(b"\0", b"\1"))
    damaged[3] = flags
    found = pages(bytes(MEMBERS[0] + damaged) + b"".join(MEMBERS[2:] * times))
    assert found[0] == GOOD[0]
    assert found[-3:] == GOOD[2:]
    assert pages(bytes(MEMBERS[0] + damaged)) == [GOOD[0], LOST]


NAMES = sorted(SHAPES)


@settings(deadline=None, max_examples=10)
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(["", "gzip", "chunked"]), min_size=4, max_size=4),
    st.booleans(),
)
def test_pages_of_a_crawl_are_the_articles_of_their_files(tmp_path_factory, names, codings, packed):
    folder = tmp_path_factory.mktemp("crawl")
    records = []
    for number, (name, coding) in enumerate(zip(names, codings, strict=False)):
        body, headers = SHAPES[name](STORIES[0])[0].encode(), HTML
        (folder / f"{number}.html").write_bytes(body)
        if coding == "gzip":
            body, headers = gzip.compress(body), HTML + b"Content-Encoding: gzip\r\n"
        elif coding == "chunked":
            body, headers = chunked(body), HTML + b"Transfer-Encoding: chunked\r\n"
        records.append(response(number, body, headers))
    crawl = folder / ("a.warc.gz" if packed else "a.warc")
    crawl.write_bytes(b"".join(map(gzip.compress, records)) if packed else b"".join(records))
    crawled = list(read_articles(crawl))
    files = list(read_articles(str(folder / "*.html")))
    assert [one.id for one in crawled] == [f"https://x.example/{n}" for n in range(len(names))]
    for one, other in zip(crawled, files, strict=True):
        assert type(one) is type(other)
        if isinstance(one, Failure):
            assert (one.stage, one.error) == (other.stage, other.error)
        else:
            assert [(b.kind, b.text) for b in (*one.blocks, *one.furniture)] == [
                (b.kind, b.text) for b in (*other.blocks, *other.furniture)
            ]
            assert (one.language, one.source) == (other.language, str(crawl))


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.gz", "a.warc.xz", "a"])
def test_inputs_that_are_crawls(tmp_path, name):
    text = "Der Rat hat am Montag beschlossen, dass die alte Brücke im Mai geschlossen wird."
    headers = b"Content-Type: text/plain; charset=iso-8859-1\r\n"
    data = response(1, text.encode("latin-1"), headers) + response(2, status=b"404 Not Found")
    data += response(1, b"<html><p>again", HTML) + response(3, b"", length=9_999)
    packers = {"gz": gzip.compress, "xz": lzma.compress}
    (tmp_path / name).write_bytes(packers.get(name.rpartition(".")[2], bytes)(data))
    given = str(tmp_path if name.startswith("a.warc") else tmp_path / name)
    sources = Sources(given)
    assert sources.articles is None
    article, *failures = read_articles(sources)
    assert isinstance(article, Article)
    assert (article.id, article.blocks[0].text) == ("https://x.example/1", text)
    assert [(one.article_id, one.stage) for one in failures] == [
        ("https://x.example/1", "read"),  # the same address again
        ("https://x.example/3", "read"),
    ]


def test_standard_input_and_relative_links():
    page = SHAPES["classic"](STORIES[0])[0].replace("<p>", '<p><a href="/other">Hier</a> ').encode()
    stream = io.BytesIO(response(1, page))
    (article,) = read_articles("-", stdin=stream)
    links = [span.address for block in article.blocks for span in block.spans]
    assert article.metadata.address == "https://x.example/1"
    assert "https://x.example/other" in links
