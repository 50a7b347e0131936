"""Articles come back from their files as they were read."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

import mtpipe
from mtpipe.detection.near_duplicates import BANDS, BITS_BYTES
from mtpipe.errors import InputError
from mtpipe.ingest.raw import Raw, RawPage
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.scale.articles import ArticlesTask, candidates_of, stored_candidates
from mtpipe.scale.shards import Shard
from mtpipe.storage import Place
from mtpipe.types import Failure, Language
from tests.scale.phases import read

pytest.importorskip("pyarrow")

PAGE = """<html lang="de" class="translated-ltr"><head><title>Neue Brücke</title>
<link rel="canonical" href="https://example.org/bruecke">
<link rel="alternate" hreflang="fr" href="https://example.org/pont">
<meta property="article:published_time" content="2024-05-03T07:04:00+02:00"></head>
<body><nav><a href="/">Startseite</a></nav><h1>Neue Brücke eröffnet</h1>
<p class="byline">Von Erika Muster</p>
<p>Die neue Brücke wurde am Montag <a href="https://example.org/karte">in der Stadt</a> eröffnet,
wie die <em>Zeitung</em> berichtet, und viele Menschen kamen an das Ufer, um sie zu sehen.</p>
<p>Die Arbeiten haben drei Jahre gedauert und 24 Millionen Euro gekostet, sagte die Bürgermeisterin
vor mehreren hundert Menschen. Die alte Brücke war wegen Rissen gesperrt worden.</p>
<footer>Datenschutz</footer></body></html>"""
PAIR = {
    "id": "p1",
    "original": {"language": "fr", "text": ["Le pont a été inauguré lundi."]},
    "candidate": {"language": "en", "text": ["The bridge was opened on Monday."]},
}


def restored(output: Path) -> list[object]:
    [manifest] = read_manifests(output)
    return list(stored_candidates(Place.of(output / "articles"), *manifest))


def read_manifests(output: Path) -> list[tuple[str, str]]:
    folder = output / "articles" / "manifests"
    records = [json.loads(file.read_text()) for file in sorted(folder.iterdir())]
    return [(record["output"], record["output_sha256"]) for record in records]


def test_nothing_of_an_article_is_lost(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    article = mtpipe.read_article(tmp_path / "page.html")
    assert any(block.spans for block in article.blocks)
    assert article.furniture
    assert {name for name, value in asdict(article.metadata).items() if value} >= {
        *("address", "published", "alternates", "declared_languages", "extra"),
    }
    read([tmp_path / "page.html"], tmp_path)
    assert restored(tmp_path) == [article]


def test_odd_characters_come_back(tmp_path: Path) -> None:
    text = "Die Brücke \\ud800 wurde am Montag eröffnet. " * 10
    (tmp_path / "in.jsonl").write_text(f'{{"id": "\\ud800", "language": "de", "text": "{text}"}}\n')
    [article] = mtpipe.read_articles(tmp_path / "in.jsonl")
    read([tmp_path / "in.jsonl"], tmp_path)
    assert restored(tmp_path) == [article]


def test_pairs_are_kept_as_they_came(tmp_path: Path) -> None:
    lines = [json.dumps(each) for each in (PAIR, {**PAIR, "candidate": {"language": "xx"}})]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    [manifest] = read([tmp_path / "pairs.jsonl"], tmp_path)
    assert [failure.stage for failure in manifest.failures] == ["read"]
    [pair] = restored(tmp_path)
    assert isinstance(pair, Pair)
    assert [pair] == list(mtpipe.read_pairs(tmp_path / "pairs.jsonl"))[:1]


def test_rows_have_a_sketch_unless_they_are_short(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    long = " ".join(f"word{n}" for n in range(60))
    rows = [
        {"id": name, "language": "en", "text": text}
        for name, text in (("a", long), ("b", "Hello you."))
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    read([tmp_path / "in.jsonl"], tmp_path)
    [(output, _)] = read_manifests(tmp_path)
    first, second = pq.read_table(tmp_path / "articles" / output).to_pylist()
    assert (len(first["bits"]), len(first["keys"])) == (BITS_BYTES, 4 * BANDS)
    assert (second["id"], second["bits"], second["keys"]) == ("b", None, None)


def test_a_file_that_was_changed_is_told(tmp_path: Path) -> None:
    read(["data/demo/candidates"], tmp_path)
    [(output, sha256)] = read_manifests(tmp_path)
    articles = Place.of(tmp_path / "articles")
    assert stored_candidates(articles, output, sha256[:16])
    (articles / output).write((articles / output).read() + b" ")
    with pytest.raises(InputError, match="isn't what was written"):
        stored_candidates(articles, output, sha256[:16])
    assert read_manifests(tmp_path) == []  # or its shard would count as done


def test_what_is_no_article_is_a_failure() -> None:
    items = (
        Raw("a", "a#1", RawPage(b"")),
        Raw("a", "a#2", Failure("a#2", "read", "too long")),
        Raw("a", "a#3", PAIR),
    )
    processor = ArticlesTask(language=Language.EN).load()
    processed = processor.process(Shard("a", 0, 0, items))
    assert [failure.stage for failure in processed.failures] == ["extract", "read"]
    assert [row["id"] for row in processed.rows] == ["p1"]
    found = list(candidates_of(items, rules=mtpipe.FurnitureRules()))
    assert [type(each) for each in found] == [Failure, Failure, Pair]


def test_what_is_read_with_other_settings_is_something_else() -> None:
    settings = [ArticlesTask(), ArticlesTask(language=Language.FR)]
    assert len({each.signature for each in settings}) == 2
