"""What requests give to read: texts, files and addresses; nothing of this machine's own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtpipe.errors import ConfigError, EmptyArticle, InputError, MtpipeError, UnreadableArticle
from mtpipe.types import Failure, Language
from mtpipe.web.workers import sources
from mtpipe.web.workers.sources import article_of, articles_of

TEXT = "Brücke gesperrt\n\nDie Brücke im Norden der Stadt ist bis zum Frühjahr gesperrt."
PAGE = (
    "<html><body><article><h1>Brücke gesperrt</h1><p>Die Brücke im Norden der Stadt ist bis zum "
    "Frühjahr für den ganzen Verkehr gesperrt.</p></article></body></html>"
)
ROWS = b'{"id": "a", "text": "Die Br\xc3\xbccke ist offen."}\n{"text": "Der Rat tagt heute."}\n'
GOOD: dict[str, tuple[dict[str, Any], str, str]] = {
    "text": ({"text": TEXT}, "text", "Brücke gesperrt"),
    "text with an id": ({"text": TEXT, "id": "n1"}, "n1", "Brücke gesperrt"),
    "page by name": ({"data": PAGE.encode(), "name": "b.html"}, "b.html", "Brücke gesperrt"),
    "page by content": ({"data": PAGE.encode(), "name": "b"}, "b", "Brücke gesperrt"),
    "charset": (
        {"data": TEXT.encode("utf-16-be"), "charset": "utf-16-be", "name": "t.txt"},
        "t.txt",
        "Brücke gesperrt",
    ),
    "markdown": (
        {"data": f"# {TEXT}".encode(), "name": "t.bin", "format": "markdown"},
        "t.bin",
        "Brücke gesperrt",
    ),
    "name like a path": (
        {"data": TEXT.encode(), "name": "../../etc/passwd"},
        "../../etc/passwd",
        "Brücke gesperrt",
    ),
    "surrogates": ({"text": TEXT.replace("Norden", "Nor\ud800den")}, "text", "Brücke gesperrt"),
    "control characters in a name": (
        {"text": TEXT, "id": "a\x1b[31m\nb"},
        "a [31m b",
        "Brücke gesperrt",
    ),
}


@pytest.mark.parametrize(("source", "name", "title"), GOOD.values(), ids=GOOD)
def test_articles_are_read(source: dict[str, Any], name: str, title: str) -> None:
    article = article_of(source, allow_fetch=False)
    assert (article.id, article.source, article.title) == (name, name, title)
    assert article.language is Language.DE


BAD: dict[str, tuple[dict[str, Any], type[MtpipeError], str]] = {
    "nothing": ({}, InputError, "a text, a file or an address"),
    "data of another type": ({"data": "text"}, InputError, "a text, a file or an address"),
    "empty": ({"text": ""}, EmptyArticle, "no text"),
    "menu": ({"data": b"<html><nav>Home</nav>"}, EmptyArticle, "no article text"),
    "several": ({"data": ROWS, "name": "a.jsonl"}, InputError, "more than one article"),
    "no words": ({"text": "12 34"}, UnreadableArticle, "say which language it is in"),
    "pdf": ({"data": b"%PDF-1.7 ..."}, UnreadableArticle, "a PDF, not an article"),
    "binary": ({"data": bytes(range(256)) * 9}, UnreadableArticle, "binary data"),
    "charset that isn't": ({"data": b"\xff", "charset": "utf-8"}, InputError, "a text in utf-8"),
    "charset of host names": (
        {"data": b"a-" + b"b9" * 9, "charset": "punycode"},
        InputError,
        "isn't a text in",
    ),
    "charset that isn't one": ({"data": b"a", "charset": "x" * 99}, InputError, "isn't a text in"),
    "codec of no text": ({"data": b"a", "charset": "zlib"}, InputError, "isn't a text in"),
    "format": ({"text": "a", "format": "exe"}, InputError, "no such format"),
    "language": ({"text": TEXT, "language": "xx"}, MtpipeError, "xx"),
    "address": ({"url": "https://example.org/"}, ConfigError, "fetches no addresses"),
    "file as an address": ({"url": "/etc/passwd"}, ConfigError, "fetches no addresses"),
}


@pytest.mark.parametrize(("source", "kind", "message"), BAD.values(), ids=BAD)
def test_what_is_no_article_is_named(
    source: dict[str, Any], kind: type[MtpipeError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        article_of(source, allow_fetch=False)
    assert "--" not in str(caught.value)


NO_ADDRESSES = [
    "/etc/passwd",
    "-",
    "file:///etc/passwd",
    "*.py",
    "",
    "http:/etc/passwd",
    "https://a b",
    "http://a\n/etc/passwd",
    "ftp://example.org/",
]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_only_addresses_are_fetched(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "read_articles", pytest.fail)
    with pytest.raises(InputError, match="begins with http"):
        article_of({"url": text}, allow_fetch=True)


@pytest.mark.parametrize("address", ["http://127.0.0.1/", "http://[::1]:1/", "http://10.0.0.1/a"])
def test_internal_hosts_are_not_fetched(address: str) -> None:
    with pytest.raises(UnreadableArticle, match="no public host"):
        article_of({"url": address}, allow_fetch=True)


def test_many_sources_have_names_of_their_own() -> None:
    given = [{"text": TEXT}, {"text": TEXT}, {"data": ROWS, "name": "a.jsonl"}, {"text": "1"}]
    found = [*articles_of(given, allow_fetch=False)]
    names = [item.article_id if isinstance(item, Failure) else item.id for item in found]
    assert names == ["text", "text (2)", "a", "a.jsonl#2", "text"]
    assert isinstance(found[-1], Failure)


@pytest.mark.parametrize(
    "source",
    [{"text": "secret.txt"}, {"data": b"secret.txt", "name": "secret.txt"}, {"id": "secret.txt"}],
    ids=["text", "data", "id"],
)
def test_no_file_is_opened(
    source: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Das Geheimnis der Stadt steht in dieser Datei.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    try:
        article = article_of({"language": "de", **source}, allow_fetch=True)
    except InputError:
        return
    assert article.compared_text == "secret.txt"


@pytest.mark.parametrize("own", ["x" * 500, " n1 "], ids=["long", "outer spaces"])
def test_an_id_is_kept_as_it_was_given(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    article = article_of({"text": TEXT, "id": own}, allow_fetch=False)
    assert article.id == own
    address = "https://example.org/a"
    fetched = replace(article, id=address, source=address)
    failed = Failure(address, "read", "not text")
    monkeypatch.setattr(sources, "read_articles", lambda *_, **__: iter([fetched, failed]))
    page, failure = articles_of([{"url": address, "id": own}], allow_fetch=True)
    assert isinstance(failure, Failure)
    assert (getattr(page, "id", ""), failure.article_id) == (own, own)
    page, failure = articles_of([{"url": address}], allow_fetch=True)
    assert getattr(page, "id", "") == address
