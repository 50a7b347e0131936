"""What is asked of a job: checked, and with everything to read put into files of its own.

A source is ``{"text"}``, ``{"data", "name"}``, ``{"sentences"}``, ``{"url"}`` or ``{"upload": NAME}``,
each with ``language``, ``id`` and ``charset`` or without. What is kept of it is
``{"upload", "file"}`` or ``{"url"}`` with its language: the worker opens nothing else.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from mtpipe.errors import InputError
from mtpipe.types import Language
from mtpipe.web.charsets import known
from mtpipe.web.jobs import options
from mtpipe.web.jobs.job import JobKind
from mtpipe.web.jobs.names import stored_name
from mtpipe.web.jobs.uploads import Upload, checked
from mtpipe.web.names import kept_id

__all__ = ["Prepared", "prepared"]

_SMALL_BYTES = 20_000
_SMALL_SOURCES = 2
_TABLES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".rss", ".atom", ".gz", ".xz", ".bz2", ".zst")  # fmt: skip
_LONG_METRICS = frozenset({"round-trip", "model", "comet", "cometkiwi", "metricx", "metricx-qe"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that can be kept.

    Attributes:
        request: plain data, sources by their files.
        uploads: everything that it reads, by names of its own.
        files: what each upload is called on disk.
        is_small: whether it takes a moment only.
    """

    request: dict[str, Any]
    uploads: list[Upload]
    files: list[str]
    is_small: bool

    @property
    def title(self) -> str:
        """What the job is called, unless its owner says: after what it reads first."""
        if self.uploads:
            return self.uploads[0].name
        return next(_addresses(self.request), "")[:200]

    def digest(self, kind: JobKind, owner: str) -> str:
        """What the same job has in common: kind, request, content and owner."""
        contents = [f"{upload.name}\0{upload.sha256}" for upload in self.uploads]
        parts = [kind.value, owner, options.canonical(self.request), *contents]
        return sha256("\0\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    def may_change(self, kind: JobKind) -> bool:
        """Whether the same may come to something else later: the archive and the web change."""
        uses_archive = kind is JobKind.ARCHIVE_ADD or bool(self.request.get("use_archive"))
        return uses_archive or any(_addresses(self.request))


def prepared(
    kind: JobKind,
    request: Mapping[str, Any],
    uploads: Sequence[Upload] = (),
    *,
    most_bytes: int,
    allow_fetch: bool = False,
) -> Prepared:
    """Check a request, and take out of it what is to be read.

    Args:
        kind: of job.
        request: see the module, and :mod:`mtpipe.web.jobs.options`.
        uploads: that its sources name; every one has to be named.
        most_bytes: of all that is to be read.
        allow_fetch: whether addresses may be among the sources.

    Raises:
        InputError: something is missing, isn't what it should be, or is too much.
        UnsupportedDirection: a language isn't one of ours.
    """
    taker = _Taker(uploads, allow_fetch=allow_fetch)
    kept: dict[str, Any] = {}
    for name, shape in _SOURCES[kind].items():
        kept[name] = shape(taker, name, request.get(name))
    rest = {name: value for name, value in request.items() if name not in kept}
    kept |= options.checked(kind, rest)
    taker.require_all_named()
    own = checked(taker.taken, most_bytes=most_bytes)
    files = [stored_name(number, upload.name) for number, upload in enumerate(own, 1)]
    for source, number in taker.places:
        source |= {"upload": own[number].name, "file": files[number]}
    is_small = not taker.has_addresses and _is_small(kind, kept, own)
    return Prepared(kept, own, files, is_small)


class _Taker:
    """Takes what is to be read out of sources, in the order in which they come."""

    def __init__(self, uploads: Sequence[Upload], *, allow_fetch: bool) -> None:
        self.taken: list[Upload] = []
        self.places: list[tuple[dict[str, Any], int]] = []
        self.has_addresses = False
        self._allow_fetch = allow_fetch
        self._named: dict[str, deque[Upload]] = {}
        for upload in uploads:
            self._named.setdefault(upload.name, deque()).append(upload)

    def take(self, source: object, name: str) -> dict[str, Any]:
        """What is kept of a source."""
        if isinstance(source, list):
            source = {"sentences": source}
        if not isinstance(source, Mapping):
            raise InputError(f"{name} isn't a source", hint='give it as {"text": "..."}')
        kept: dict[str, Any] = {}
        if code := source.get("language"):
            kept["language"] = Language.parse(str(code)).value
        if own := kept_id(source.get("id")):
            kept["id"] = own
        if address := source.get("url"):
            return {**kept, "url": self._address(address)}
        if "sentences" in source:
            kept["sentences"] = True
        self.places.append((kept, len(self.taken)))
        self.taken.append(self._content(source, name))
        return kept

    def require_all_named(self) -> None:
        """See that no upload is left over: its owner believes that it takes part."""
        if left := next((name for name, queue in self._named.items() if queue), None):
            raise InputError(f"nothing is asked about the upload {left[:100]!r}")

    def _address(self, address: object) -> str:
        if not self._allow_fetch:
            raise InputError(
                "addresses aren't fetched by this server", hint="give the page itself, or its text"
            )
        if not isinstance(address, str) or not address.lower().startswith(("http://", "https://")):
            raise InputError(f"{str(address)[:100]!r} isn't an http(s) address")
        self.has_addresses = True
        return address

    def _content(self, source: Mapping[Any, Any], name: str) -> Upload:
        if "upload" in source:
            queue = self._named.get(str(source["upload"]))
            if not queue:
                raise InputError(f"there is no upload {str(source['upload'])[:100]!r} left")
            return _recoded(queue.popleft(), source.get("charset"))
        if isinstance(text := source.get("text"), str):
            if not text.strip():
                raise InputError(f"{name} is empty")
            return Upload.of_text(text, name)
        if isinstance(data := source.get("data"), bytes):
            return _recoded(Upload(str(source.get("name") or name), data), source.get("charset"))
        sentences = source.get("sentences")
        if isinstance(sentences, list) and all(isinstance(one, str) for one in sentences):
            if not sentences:
                raise InputError(f"{name} has no sentences")
            return Upload.of_sentences(sentences, name)
        raise InputError(f"{name} has nothing to read", hint='give it as {"text": "..."}')


def _recoded(upload: Upload, charset: object) -> Upload:
    """What was declared to be in a charset, with a mark that reading goes by before all else."""
    encoding = known(str(charset)) if charset else None
    if encoding is None:
        return upload
    data = upload.data.read_bytes() if isinstance(upload.data, Path) else upload.data
    try:
        return Upload(upload.name, data.decode(encoding).encode("utf-8-sig"))
    except ValueError:
        return upload  # it was declared wrongly: the content tells


def _one(taker: _Taker, name: str, value: object) -> dict[str, Any]:
    if value is None:
        raise InputError(f"{name} is missing")
    return taker.take(value, name)


def _maybe(taker: _Taker, name: str, value: object) -> dict[str, Any] | None:
    return None if value is None else taker.take(value, name)


def _some(taker: _Taker, name: str, value: object) -> list[dict[str, Any]]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not value:
        raise InputError(f"{name} is missing")
    return [taker.take(one, _SINGULAR[name]) for one in value]


def _any(taker: _Taker, name: str, value: object) -> list[dict[str, Any]]:
    return _some(taker, name, value) if value else []


def _by_name(taker: _Taker, name: str, value: object) -> dict[str, dict[str, Any]]:
    if not isinstance(value, Mapping) or not value:
        raise InputError(f"{name} is missing", hint='give it as {"name": {"text": "..."}}')
    return {str(own)[:100]: taker.take(one, str(own)) for own, one in value.items()}


_SOURCES: dict[JobKind, dict[str, Callable[[_Taker, str, object], Any]]] = {
    JobKind.TRANSLATE: {"sources": _some},
    JobKind.DETECT: {"candidates": _some, "original": _maybe},
    JobKind.ALIGN: {"source": _one, "target": _one},
    JobKind.SCORE: {"hypotheses": _by_name, "references": _any, "source": _maybe},
    JobKind.ARCHIVE_ADD: {"sources": _some},
}
"""What each kind of job reads."""


_SINGULAR = {"sources": "text", "candidates": "candidate", "references": "reference"}
"""What one of several is called that has no name of its own."""


def _is_small(kind: JobKind, request: Mapping[str, Any], uploads: Sequence[Upload]) -> bool:
    if kind is JobKind.ARCHIVE_ADD or _LONG_METRICS & set(request.get("metrics", ())):
        return False
    if len(uploads) > _SMALL_SOURCES and kind is not JobKind.SCORE:
        return False
    whole = bool(uploads) and not any(
        upload.name.lower().endswith(_TABLES) for upload in uploads if kind is not JobKind.SCORE
    )
    return whole and sum(upload.size_bytes for upload in uploads) <= _SMALL_BYTES


def _addresses(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(address := value.get("url"), str):
            yield address
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _addresses(one)
