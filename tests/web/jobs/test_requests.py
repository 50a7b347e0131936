"""Requests are checked, and what is to be read is taken out of them."""

from pathlib import Path
from typing import Any

import pytest

from mtpipe.errors import InputError, MtpipeError
from mtpipe.web.jobs.job import JobKind
from mtpipe.web.jobs.requests import Prepared, prepared
from mtpipe.web.jobs.uploads import MOST_UPLOADS, Upload


def ready(
    kind: str, request: dict[str, Any], uploads: list[Upload] | None = None, **options: Any
) -> Prepared:
    return prepared(JobKind(kind), request, uploads or [], most_bytes=1_000_000, **options)


def test_everything_to_be_read_becomes_a_file() -> None:
    found = ready(
        "detect",
        {
            "candidates": [
                {"text": "One."},
                {"data": b"<p>Two", "name": "../two.html", "language": "fr-CA"},
                {"upload": "x.txt", "file": "../../etc/passwd", "id": "mine"},
            ],
            "original": {"sentences": ["a", "b"]},
            "prior": 0.5,
            "within_days": None,
        },
        [Upload("x.txt", b"Three.")],
    )
    assert found.request == {
        "candidates": [
            {"upload": "candidate.txt", "file": "0001.txt"},
            {"upload": "two.html", "file": "0002.html", "language": "fr"},
            {"upload": "x.txt", "file": "0003.txt", "id": "mine"},
        ],
        "original": {"upload": "original.json", "file": "0004.json", "sentences": True},
        "prior": 0.5,
    }
    assert [upload.data for upload in found.uploads] == [
        b"One.",
        b"<p>Two",
        b"Three.",
        b'["a", "b"]',
    ]
    assert found.title == "candidate.txt"


def test_uploads_of_one_name_are_taken_in_their_order() -> None:
    uploads = [Upload("a.txt", b"1"), Upload("a.txt", b"2")]
    found = ready("archive_add", {"sources": [{"upload": "a.txt"}, {"upload": "a.txt"}]}, uploads)
    assert [(one.name, one.data) for one in found.uploads] == [("a.txt", b"1"), ("a (2).txt", b"2")]


def test_a_stated_charset_is_read_by(tmp_path: Path) -> None:
    page = '<meta charset="latin-1"><p>Brücke</p>'
    file = tmp_path / "p.html"
    file.write_text(page, encoding="utf-8")
    for given in ({"data": page.encode(), "name": "p.html"}, {"upload": "p.html"}):
        uploads = [Upload("p.html", file)] if "upload" in given else []
        found = ready("archive_add", {"sources": [{**given, "charset": "utf-8"}]}, uploads)
        assert found.uploads[0].data == page.encode("utf-8-sig")
    source = {"data": "Brücke".encode("latin-1"), "name": "a.txt", "charset": "latin-1"}
    found = ready("archive_add", {"sources": [source]})
    assert found.uploads[0].data == "Brücke".encode("utf-8-sig")
    for charset in ("no-such", "ascii", "punycode", "unicode_escape", "hex"):
        found = ready("archive_add", {"sources": [source | {"charset": charset}]})
        assert found.uploads[0].data == source["data"]


TEXT = {"text": "Hello."}


@pytest.mark.parametrize(
    ("kind", "request_", "uploads", "error"),
    [
        ("translate", {"target": "en"}, [], "sources is missing"),
        ("translate", {"target": "en", "sources": []}, [], "sources is missing"),
        ("translate", {"target": "en", "sources": "x"}, [], "sources is missing"),
        ("translate", {"sources": [TEXT]}, [], "target is missing"),
        ("translate", {"sources": [TEXT], "target": "xx"}, [], "unknown language"),
        ("translate", {"sources": [TEXT], "target": 3}, [], "target can't be"),
        ("translate", {"sources": [TEXT], "target": "en", "model": "/etc"}, [], "model can't be"),
        ("translate", {"sources": [TEXT], "target": "en", "model": ".."}, [], "model can't be"),
        ("translate", {"sources": [TEXT], "target": "en", "formats": ["exe"]}, [], "formats can't"),
        ("translate", {"sources": [TEXT], "target": "en", "beam": 3}, [], "no option 'beam'"),
        ("translate", {"sources": [{"text": " "}], "target": "en"}, [], "text is empty"),
        ("translate", {"sources": [{"nothing": 1}], "target": "en"}, [], "nothing to read"),
        ("translate", {"sources": ["x"], "target": "en"}, [], "isn't a source"),
        ("translate", {"sources": [{"upload": "a"}], "target": "en"}, [], "no upload 'a'"),
        ("translate", {"sources": [TEXT], "target": "en"}, [Upload("b", b"")], "upload 'b'"),
        ("translate", {"sources": [{"url": "http://a.b"}], "target": "en"}, [], "aren't fetched"),
        ("detect", {"candidates": [TEXT], "prior": 1}, [], "prior can't be"),
        ("detect", {"candidates": [TEXT], "prior": "x"}, [], "prior can't be"),
        ("detect", {"candidates": [TEXT], "translate": 1}, [], "translate can't be"),
        ("detect", {"candidates": [TEXT], "within_days": -1}, [], "within_days can't be"),
        ("align", {"source": TEXT}, [], "target is missing"),
        ("align", {"source": TEXT, "target": []}, [], "target has no sentences"),
        ("align", {"source": TEXT, "target": TEXT, "max_bead": 99}, [], "max_bead can't be"),
        ("align", {"source": TEXT, "target": TEXT, "min_score": True}, [], "min_score can't be"),
        ("score", {"hypotheses": {}}, [], "hypotheses is missing"),
        ("score", {"hypotheses": {"a": TEXT}, "metrics": ["/x"]}, [], "metrics can't be"),
        ("score", {"hypotheses": {"a": TEXT}, "paired": "x"}, [], "paired can't be"),
        ("score", {"hypotheses": {"a": TEXT}, "paired": []}, [], "paired can't be"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(
    kind: str, request_: dict[str, Any], uploads: list[Upload], error: str
) -> None:
    with pytest.raises(MtpipeError, match=error):
        ready(kind, request_, uploads)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "/etc/passwd", "-", 3, "*.txt"])
def test_only_pages_of_the_web_are_addresses(address: Any) -> None:
    with pytest.raises(InputError, match="isn't an http"):
        ready("archive_add", {"sources": [{"url": address}]}, allow_fetch=True)
    found = ready("archive_add", {"sources": [{"url": "https://a.example/"}]}, allow_fetch=True)
    assert found.request["sources"] == [{"url": "https://a.example/"}]
    assert found.title == "https://a.example/"


def test_uploads_are_limited_in_number_and_size() -> None:
    many = [{"text": "x"}] * (MOST_UPLOADS + 1)
    with pytest.raises(InputError, match="more than the 1000"):
        ready("archive_add", {"sources": many})
    with pytest.raises(InputError, match="1,000,000 is the most"):
        ready("archive_add", {"sources": [{"data": b"x" * 600_000, "name": "a"}] * 2})


@pytest.mark.parametrize(
    ("kind", "request_", "is_small"),
    [
        ("translate", {"sources": [TEXT], "target": "en"}, True),
        ("translate", {"sources": [TEXT] * 3, "target": "en"}, False),
        ("translate", {"sources": [{"text": "x" * 30_000}], "target": "en"}, False),
        ("translate", {"sources": [{"data": b"x", "name": "a.csv"}], "target": "en"}, False),
        ("detect", {"candidates": [TEXT], "original": TEXT}, True),
        ("detect", {"candidates": [{"url": "http://a.b/"}], "original": TEXT}, False),
        ("align", {"source": TEXT, "target": TEXT}, True),
        ("score", {"hypotheses": {"a": TEXT, "b": TEXT}, "references": [TEXT]}, True),
        ("score", {"hypotheses": {"a": TEXT}, "metrics": ["round-trip"]}, False),
        ("archive_add", {"sources": [TEXT]}, False),
    ],
)
def test_what_takes_a_moment_is_small(kind: str, request_: Any, is_small: bool) -> None:
    assert ready(kind, request_, allow_fetch=True).is_small is is_small


def test_the_same_job_has_the_same_digest() -> None:
    first = ready("translate", {"target": "en", "sources": [TEXT], "model": None})
    other = ready("translate", {"sources": [TEXT], "target": "EN"})
    kind = JobKind.TRANSLATE
    assert first.digest(kind, "me") == other.digest(kind, "me")
    different = [
        other.digest(kind, "you"),
        other.digest(JobKind.ALIGN, "me"),
        ready("translate", {"sources": [TEXT], "target": "de"}).digest(kind, "me"),
        ready("translate", {"sources": [{"text": "x"}], "target": "en"}).digest(kind, "me"),
    ]
    assert len({first.digest(kind, "me"), *different}) == 5


@pytest.mark.parametrize(
    ("kind", "request_", "may_change"),
    [
        ("translate", {"sources": [TEXT], "target": "en"}, False),
        ("translate", {"sources": [TEXT, {"url": "http://a.b/"}], "target": "en"}, True),
        ("detect", {"candidates": [TEXT], "original": TEXT, "use_archive": False}, False),
        ("detect", {"candidates": [TEXT], "original": {"url": "http://a.b/"}}, True),
        ("detect", {"candidates": [TEXT], "use_archive": True}, True),
        ("align", {"source": TEXT, "target": TEXT}, False),
        ("score", {"hypotheses": {"url": TEXT}, "metrics": ["bleu"]}, False),
        ("archive_add", {"sources": [TEXT]}, True),
    ],
)
def test_what_depends_on_more_than_the_request(kind: str, request_: Any, may_change: bool) -> None:
    assert ready(kind, request_, allow_fetch=True).may_change(JobKind(kind)) is may_change


@pytest.mark.parametrize(
    ("given", "kept"),
    [("x" * 500, "x" * 500), ("x" * 501, "x" * 500), (" a ", " a "), ("a\nb", "a b")],
    ids=["long", "too long", "outer spaces", "a line break"],
)
def test_ids_are_kept(given: str, kept: str) -> None:
    for source in (TEXT, {"url": "http://a.b/"}):
        found = ready("archive_add", {"sources": [{**source, "id": given}]}, allow_fetch=True)
        assert found.request["sources"][0]["id"] == kept
    blank = ready("archive_add", {"sources": [{**TEXT, "id": " \n"}]})
    assert "id" not in blank.request["sources"][0]
