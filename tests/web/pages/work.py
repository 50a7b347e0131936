"""Jobs that compute nothing: they leave the files and the summary that the real ones would."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mtpipe.web.jobs.folder import JobFolder
from mtpipe.web.jobs.results import keep, outcome_of

Work = Callable[[dict[str, Any]], Any]
REPORT = "<!doctype html><title>A report</title><p>All of it."


def leaving(files: Mapping[str, str], summary: Mapping[str, Any]) -> Work:
    """Work that leaves these files, and comes to this."""

    def work(arguments: dict[str, Any]) -> dict[str, Any]:
        folder = JobFolder(Path(arguments["folder"]))
        for name, content in files.items():
            keep(folder, name, content)
        return outcome_of(folder, summary)

    return work


def examined(
    verdict: str = "machine-translated republication", *, original: str = "Le barrage"
) -> Work:
    """One page was examined."""
    scores = {
        "translation_of": {"probability": 0.999, "yes": True, "support": None},
        "machine_made": {"probability": 0.97, "yes": True, "support": "moderate support"},
        "republication": {"probability": 0.42, "yes": False, "support": None},
    }
    summary = {
        "verdict": verdict,
        "explanation": "Because.",
        "original": "barrage.html",
        "original_title": original,
        "scores": scores,
    }
    return leaving({"report.html": REPORT, "report.json": "{}", "rows.jsonl": "{}\n"}, summary)


def translated(
    source: str = "Le pont.", target: str = "Die Brücke.", title: str = "Le titre"
) -> Work:
    """One article was translated; a number is wrong in its last sentence."""
    flags = [
        {"problem": "numbers", "remedy": None},
        {"problem": "repetition", "remedy": "wider beam"},
    ]
    paragraphs = [
        {"kind": "title", "text": "Der Titel", "source": title,
         "sentences": [{"source": title, "target": "Der Titel"}]},
        {"kind": "paragraph", "text": target, "source": source,
         "sentences": [{"source": source, "target": target, "flags": flags}]},
        {"kind": "paragraph", "text": "Schon deutsch.", "source": "Schon deutsch.",
         "source_language": "de", "sentences": []},
    ]  # fmt: skip
    record = {"id": "a.html", "source_language": "fr", "language": "de", "paragraphs": paragraphs}
    files = {"translation.jsonl": json.dumps(record) + "\n", "translation.html": "<p>Die Brücke."}
    return leaving(files, {"articles": 1, "sentences": 2, "flagged": 1, "failures": []})


def aligned(source: str = "Le pont.", target: str = "Die Brücke.") -> Work:
    """Two sentences belong together, and one stands alone."""
    beads = [
        {"kind": "bead", "source": [0], "target": [0], "score": 0.91,
         "source_text": [source], "target_text": [target]},
        {"kind": "bead", "source": [1], "target": [], "score": 0.0,
         "source_text": ["Seul."], "target_text": []},
        {"kind": "move", "source": [0], "target": [0], "score": 0.5,
         "source_text": ["Moved."], "target_text": ["Verschoben."]},
    ]  # fmt: skip
    content = "".join(json.dumps(bead) + "\n" for bead in beads)
    summary = {"beads": 2, "source_language": "fr", "target_language": "de", "mean_score": 0.9}
    return leaving({"alignment.jsonl": content, "alignment.tmx": "<tmx/>"}, summary)


def scored(system: str = "ours") -> Work:
    """One system was scored."""
    summary = {"systems": {system: {"bleu": 31.25, "chrf": 58.5}}}
    return leaving({"score.json": "{}", "score.html": REPORT}, summary)


def added(name: str = "broken.html") -> Work:
    """Two articles were added, and one couldn't be read."""
    failures = [{"id": name, "stage": "read", "error": "not text"}]
    return leaving({}, {"added": 2, "replaced": 1, "skipped": 0, "failures": failures})
