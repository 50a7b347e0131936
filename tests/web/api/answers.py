"""Answers of tasks, as workers give them, without anything computed."""

import json
from typing import Any

TRANSLATION = {
    "id": "page.html",
    "sha256": "0" * 64,
    "signature": "starter|beam:4",
    "path": "-",
    "source_language": "de",
    "language": "en",
    "title": "New bridge",
    "metadata": {"site": "Zeitung", "authors": ["A. B."]},
    "paragraphs": [
        {
            "kind": "title",
            "text": "New bridge",
            "source": "Neue Brücke",
            "sentences": [
                {
                    "source": "Neue Brücke",
                    "target": "New bridge",
                    "start": 0,
                    "end": 11,
                    "score": -0.2,
                    "flags": [{"problem": "numbers", "remedy": None}],
                }
            ],
        }
    ],
    "furniture": [{"kind": "navigation", "text": "Start", "index": 0}],
}


def translated(arguments: dict[str, Any]) -> dict[str, Any]:
    """A translated article in the form that was asked for."""
    is_record = arguments["form"] == "jsonl"
    return {
        "content": json.dumps(TRANSLATION) + "\n" if is_record else "<p>New bridge</p>",
        "media_type": "application/jsonl" if is_record else "text/html",
        "articles": 1,
        "flagged": 1,
        "failures": [],
        "signature": "starter|beam:4",
    }


def _article(name: str, language: str) -> dict[str, Any]:
    return {
        "id": name,
        "source": name,
        "language": language,
        "title": "",
        "words": 3,
        "text_sha256": "0" * 64,
        "metadata": {"published": "2025-11-06"},
    }


def _score(probability: float | None) -> dict[str, Any]:
    return {
        "probability": probability,
        "calibrated": True,
        "threshold": 0.9,
        "false_positive_rate": None,
        "yes": probability is not None,
        "note": "",
        "evidence": [
            {
                "id": "repeated-title",
                "description": "The title stands twice.",
                "weight": 1.2,
                "value": None,
                "quotations": [
                    {
                        "side": "candidate",
                        "text": "Bridge",
                        "index": None,
                        "line": None,
                        "path": "",
                        "start": 0,
                    }
                ],
            }
        ],
    }


DETECTION = {
    "id": "candidate",
    "verdict": "machine-translated republication",
    "explanation": "It is.",
    "scores": {
        "translation_of": _score(0.99),
        "machine_made": _score(None),
        "republication": _score(0.97),
    },
    "likelihood_ratios": {
        "translation_of": {"ratio": 100.0, "low": 0.01, "high": 100.0, "support": "strong support"}
    },
    "candidate": _article("candidate", "en"),
    "original": _article("original", "fr"),
    "comparison": {
        "original": ["Le pont."],
        "candidate": ["The bridge."],
        "translations": [],
        "signature": "",
        "beads": [{"original": [0], "candidate": [0], "score": 0.9}],
        "moves": [],
    },
    "signature": "verdict|1",
    "command": "",
    "version": "0.1.0",
    "created": "2025-11-06T10:00:00+00:00",
}


def detected(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"record": DETECTION, "report_html": "<html>" if arguments["report"] else None}


def aligned(arguments: dict[str, Any]) -> dict[str, Any]:
    side = {"name": "source", "language": "de", "sentences": ["Guten Morgen."]}
    return {
        "source": side,
        "target": {**side, "language": None},
        "beads": [{"source": [0], "target": [0], "score": 0.8}],
        "moves": [],
        "mean_score": 0.8,
        "content": arguments["form"] and "a\tb\t0.8\n",
        "media_type": arguments["form"] and "text/tab-separated-values",
    }


REPORT = {
    "mtpipe": "0.1.0",
    "inputs": [{"role": "hypothesis", "name": "a", "path": "", "segments": 1, "sha256": "0" * 64}],
    "metrics": [
        {
            "metric": "bleu",
            "name": "BLEU",
            "signature": "nrefs:1",
            "higher_is_better": True,
            "digits": 1,
            "segment_signature": None,
        }
    ],
    "test": None,
    "segments": 1,
    "systems": [{"system": "a", "scores": {"bleu": {"score": 41.2}}}],
    "pairs": [],
    "parts": [],
}


def scored(arguments: dict[str, Any]) -> dict[str, Any]:
    is_json = arguments["form"] == "json"
    return {
        "report": REPORT,
        "content": None if is_json else "BLEU",
        "media_type": "application/json" if is_json else "text/csv",
    }


STATISTICS = {
    "articles": 2,
    "sentences": 15,
    "languages": {"de": 1, "fr": 1},
    "first": "",
    "last": "",
    "undated": 2,
    "size_bytes": None,
    "is_indexed": False,
    "shards": 0,
    "encoder": "static",
    "encoder_sha256": "0" * 64,
    "version": "0.1.0",
}


def listed(arguments: dict[str, Any]) -> dict[str, Any]:
    article = {
        "id": "pont.txt",
        "language": "fr",
        "published": "",
        "title": "Un pont",
        "address": "",
        "sentences": 8,
        "sha256": "0" * 64,
    }
    return {"articles": [article], "next": None if arguments["after"] else "pont.txt"}


FOUND = {
    "id": "-",
    "language": "de",
    "title": "",
    "originals": [
        {
            "id": "pont.txt",
            "language": "fr",
            "score": 0.9,
            "votes": 7,
            "sentences": 7,
            "published": "",
            "title": "Un pont",
            "address": "",
            "shared": ["24"],
        }
    ],
}

ADDED = {"added": 1, "replaced": 0, "skipped": 0, "sentences": 8, "failures": []}


def removed(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"removed": [name for name in arguments["ids"] if name == "pont.txt"]}


MODELS = {
    "models": [
        {
            "name": "starter",
            "title": "Starter",
            "origin": "mtpipe",
            "licence": "CC-BY-4.0",
            "directions": ["de-en"],
            "size_bytes": None,
            "rank": 1,
            "installed": True,
            "bundled": True,
            "auto": ["de-en"],
        }
    ],
    "directions": [
        {
            "direction": "de-en",
            "source": "de",
            "target": "en",
            "models": ["starter"],
            "is_pivot": False,
            "better": {
                "name": "opus-mt-de-en",
                "title": "OPUS-MT",
                "licence": "CC-BY-4.0",
                "size_bytes": 1,
                "command": "mtpipe models fetch opus-mt-de-en",
            },
        }
    ],
}

ANSWERS: dict[str, Any] = {
    "translate_articles": translated,
    "detect": detected,
    "align": aligned,
    "score": scored,
    "archive_statistics": STATISTICS,
    "archive_list": listed,
    "archive_find": FOUND,
    "archive_add": ADDED,
    "archive_remove": removed,
    "models": MODELS,
}
