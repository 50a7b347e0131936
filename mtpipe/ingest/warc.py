"""Pages out of WARC files, which is what crawlers write, one at a time.

Pages are responses with status 200 whose body is HTML or text. All other records are passed over
and counted. https://iipc.github.io/warc-specifications/
"""

import io
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mtpipe._optional import require
from mtpipe.errors import InputError
from mtpipe.ingest.addresses import clean, content_type, is_address
from mtpipe.ingest.inputs import Format, sniff
from mtpipe.ingest.warc_stream import Feed, unpacked

__all__ = ["CrawledPage", "crawled_pages"]

_log = logging.getLogger(__name__)

_FORMATS = {
    "text/html": Format.HTML,
    "application/xhtml+xml": Format.HTML,
    "text/plain": Format.TEXT,
}
_OK = 200
_HEADER_BYTES = 1 << 16
_PART_BYTES = 1 << 16
_MOST_CODINGS = 3


@dataclass(frozen=True, slots=True)
class CrawledPage:
    """A page as a crawler got it.

    Attributes:
        data: its bytes, decoded from what they were transferred in.
        format: HTML or text.
        charset: as the server declares it; None if it doesn't.
    """

    data: bytes
    format: Format
    charset: str | None


_Found = tuple[str, CrawledPage | InputError]


def crawled_pages(
    stream: io.BufferedReader, *, max_bytes: int, label: str = "WARC"
) -> Iterator[_Found]:
    """Address and page of each response that is one, in the order of the file.

    What is broken comes out as an error, with the address if it is known, and the rest goes on. A
    record is given out when the one behind it was found, since only then its length is known to
    be right.

    Args:
        stream: the file; it may be compressed with gzip or zstd.
        max_bytes: limit of a page, as it is stored and decoded.
        label: of the file, for the log, which counts what is passed over.

    Raises:
        DependencyMissing: fastwarc isn't installed.
        InputError: the file becomes far longer than it is, or is so damaged that reading it would
            take far longer than its length.
    """
    reading = _Reading(stream, max_bytes)
    yield from reading.pages()
    passed_over = ", ".join(f"{count:,} {name}" for name, count in sorted(reading.others.items()))
    _log.info("%s: %d pages; passed over: %s", label, reading.found, passed_over or "nothing")


@dataclass(slots=True)
class _Last:
    """The record that was read last.

    Attributes:
        start: its position.
        end: where it ends as it states itself.
        found: what it holds.
    """

    start: int
    end: int
    found: _Found | None

    def refuse(self, damages: list[InputError]) -> None:
        """It doesn't end there: that is what is wrong with it, or what was left out inside."""
        reason = damages.pop() if damages else "its length isn't what it states"
        if self.found is None or not isinstance(self.found[1], InputError):
            address = self.found[0] if self.found else ""
            self.found = address, InputError(f"broken record at byte {self.start:,}: {reason}")


class _Reading:
    """One file being read."""

    def __init__(self, stream: io.BufferedReader, max_bytes: int) -> None:
        self._warc = require("fastwarc.warc", extra="crawls")
        self._feed = Feed(unpacked(stream), max_bytes + 4 * _HEADER_BYTES)
        self._max_bytes = max_bytes
        self.others: Counter[str] = Counter()
        self.found = 0

    def pages(self) -> Iterator[_Found]:
        """See :func:`crawled_pages`."""
        feed, records = self._feed, self._records()
        last: _Last | None = None
        start = 0
        is_lost = False  # and that was said
        while True:
            record, error = None, ""
            try:
                record = next(records, None)
            except OSError as exc:
                error = str(exc)
            is_whole = record is not None or last is None or feed.is_end(last.end)
            if last and not is_whole:
                last.refuse(feed.damages)
            elif error and not is_lost and not feed.damages:
                position = last.end if last else start
                feed.damages.append(InputError(f"byte {position:,}: {error}"))
            if last and last.found:
                self.found += not isinstance(last.found[1], InputError)
                yield last.found
            for damage in feed.damages:
                yield "", damage
            feed.damages.clear()
            if record is not None:
                start, is_lost = record.stream_pos, False
                feed.forget(start)
                end = feed.record_end = feed.header_end(start) + _length_of(record)
                last = _Last(start, end, self._page(record))
            elif is_whole and not error:
                return
            elif feed.begin_again(last.end if last and is_whole else start + 1):
                last, is_lost, start, records = None, True, feed.tell(), self._records()
            else:
                yield from (("", damage) for damage in feed.damages)
                return

    def _records(self) -> Iterator[Any]:
        records: Iterator[Any] = self._warc.ArchiveIterator(
            self._feed, parse_http=False, stream_detect=False, max_header_len=_HEADER_BYTES
        )
        return records

    def _page(self, record: Any) -> _Found | None:
        """What a record holds; None if it is none of ours."""
        if record.record_type != self._warc.WarcRecordType.response:
            self.others[f"records of type {record.headers.get('WARC-Type') or 'none'}"[:80]] += 1
            return None
        # In WARC/1.0 the grammar has angle brackets, which some writers write.
        address = clean((record.headers.get("WARC-Target-URI") or "").strip("<>"))
        if address and not is_address(address):
            self.others["responses of other protocols"] += 1
            return None
        try:
            record.parse_http(max_header_len=_HEADER_BYTES)
            headers = record.http_headers
            if headers is None or headers.status_code is None:
                return address, InputError("no HTTP response")
            if headers.status_code != _OK:
                self.others[f"responses with status {headers.status_code}"] += 1
                return None
            media_type, charset = content_type(headers.get("Content-Type") or "")
            if media_type and media_type not in _FORMATS:
                self.others["responses that are no pages"] += 1
                return None
            # Length of what is left of the record, as the record states it.
            if record.content_length > self._max_bytes:
                return address, InputError(f"longer than {self._max_bytes:,} bytes")
            data = self._decoded(record.reader.read(record.content_length), headers)
        except InputError as exc:
            return address, exc
        except OSError as exc:
            return address, InputError(f"broken record: {exc}")
        form = _FORMATS.get(media_type) or sniff(data)
        if form not in _FORMATS.values():
            self.others["responses that are no pages"] += 1
            return None
        return address, CrawledPage(data, form, charset)

    def _decoded(self, data: bytes, headers: Any) -> bytes:
        """A body without the encodings of its transfer.

        Some crawlers store a body decoded in part and leave the headers as they were. So
        what isn't encoded as they say, and begins like HTML, is taken for that.

        Raises:
            InputError: it can't be decoded, or becomes too long.
        """
        content = _codings(headers, "Content-Encoding")
        transfer = _codings(headers, "Transfer-Encoding")
        reasons = []
        for codings in dict.fromkeys((content + transfer, content, transfer, ())):
            try:
                decoded = self._unwrapped(data, codings)
            except OSError as exc:
                reasons.append(str(exc))
                continue
            if not reasons or decoded.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
                return decoded
        raise InputError(f"the body can't be decoded: {reasons[0]}")

    def _unwrapped(self, data: bytes, codings: tuple[str, ...]) -> bytes:
        """A body without encodings, the last of which was applied last."""
        if len(codings) > _MOST_CODINGS:
            raise InputError(f"encoded {len(codings)} times")
        stream: Any = io.BytesIO(data)
        streams = require("fastwarc.stream_io", extra="crawls")
        for coding in reversed(codings):
            match coding:
                case "gzip" | "x-gzip":
                    stream = streams.GzipReader(stream)
                case "deflate":
                    stream = streams.GzipReader(stream, zlib=True)
                case "br":
                    stream = streams.BrotliReader(stream)
                case "zstd":
                    stream = streams.ZstdReader(stream)
                case "chunked":
                    stream = streams.ChunkedReader(stream)
                case _:
                    raise OSError(f"encoded as {coding[:40]}")
        decoded = bytearray()
        while part := stream.read(_PART_BYTES):
            decoded += part
            if len(decoded) > self._max_bytes:
                raise InputError(f"longer than {self._max_bytes:,} bytes")
        return bytes(decoded)


def _length_of(record: Any) -> int:
    """The length that a record states, as the library reads it; 0 where it states none."""
    stated = record.headers.get("Content-Length") or ""
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 20 else 0


def _codings(headers: Any, name: str) -> tuple[str, ...]:
    stated = ",".join(headers.get_multiple(name)).lower().split(",")
    return tuple(coding for one in stated if (coding := one.strip()) not in ("", "identity"))
