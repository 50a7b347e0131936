"""What a finished job came to, as its page shows it; the files have all of it.

Reads what the job wrote, and no more of it than a page can show.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe.report.beads import CLOSE, LOOSE
from mtpipe.types import Language
from mtpipe.types.translation import Problem, Remedy
from mtpipe.web.pages.texts import Texts

__all__ = ["AlignedPair", "ArticleView", "FlagView", "SentencePair", "aligned", "translated"]

_MOST_SENTENCES = 1_000
_MOST_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class FlagView:
    """What was found wrong with a sentence, in words, and whether that was repaired."""

    text: str
    solved: bool


@dataclass(frozen=True, slots=True)
class SentencePair:
    """A sentence and its translation.

    Attributes:
        number: in its article, from 1.
        source: the sentence.
        target: its translation.
        source_language: of the sentence.
        opens_block: whether a paragraph begins with it.
        flags: what was found wrong with it.
    """

    number: int
    source: str
    target: str
    source_language: str
    opens_block: bool
    flags: tuple[FlagView, ...]


@dataclass(frozen=True, slots=True)
class ArticleView:
    """A translated article, sentence by sentence."""

    id: str
    title: str
    source_name: str
    target_name: str
    target: str
    pairs: tuple[SentencePair, ...]


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """What corresponds; an empty side is where nothing does, and has no score."""

    source: str
    target: str
    score: float | None
    closeness: str


def translated(path: Path, texts: Texts) -> tuple[list[ArticleView], bool]:
    """The articles of ``translation.jsonl``, and whether there is more than is shown."""
    articles: list[ArticleView] = []
    shown = 0
    for record in _records(path):
        if shown >= _MOST_SENTENCES:
            return articles, True
        article = _article(record, texts, _MOST_SENTENCES - shown)
        articles.append(article)
        shown += len(article.pairs)
    is_cut = path.stat().st_size > _MOST_BYTES or shown >= _MOST_SENTENCES
    return articles, is_cut


def aligned(path: Path) -> tuple[list[AlignedPair], bool]:
    """The pairs of ``alignment.jsonl``, and whether there are more than are shown."""
    pairs: list[AlignedPair] = []
    for record in _records(path):
        if record.get("kind") != "bead":
            continue
        if len(pairs) >= _MOST_SENTENCES:
            return pairs, True
        source, target = (" ".join(record[f"{side}_text"]) for side in ("source", "target"))
        score = float(record["score"]) if source and target else None
        pairs.append(AlignedPair(source, target, score, _closeness(score)))
    return pairs, False


def _records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file of ours; one that was being written when the job was stopped is left out."""
    left = _MOST_BYTES
    with path.open("rb") as lines:
        while left > 0 and (line := lines.readline(left)):
            left -= len(line)
            if not line.endswith(b"\n"):
                return
            yield json.loads(line)


def _article(record: dict[str, Any], texts: Texts, most: int) -> ArticleView:
    source, target = str(record["source_language"]), str(record["language"])
    pairs: list[SentencePair] = []
    for paragraph in record["paragraphs"]:
        language = str(paragraph.get("source_language") or source)
        sentences = paragraph["sentences"] or [
            {"source": paragraph["source"], "target": paragraph["text"]}
        ]
        for place, sentence in enumerate(sentences):
            if len(pairs) >= most:
                break
            flags = tuple(_flag(flag, texts) for flag in sentence.get("flags", ()))
            pairs.append(
                SentencePair(
                    *(len(pairs) + 1, sentence["source"], sentence["target"], language),
                    *(place == 0, flags),
                )
            )
    # The title of the original: the job's reader knows that one.
    title = next((p["source"] for p in record["paragraphs"] if p["kind"] == "title"), "")
    names = (_name(source, texts), _name(target, texts))
    return ArticleView(str(record["id"]), title, *names, target, tuple(pairs))


def _flag(flag: dict[str, Any], texts: Texts) -> FlagView:
    problem, remedy = flag["problem"], flag.get("remedy")
    known = problem in {each.value for each in Problem}
    name = texts(f"flag.{problem}") if known else str(problem)
    if remedy is None:
        return FlagView(texts("flag.open", problem=name), solved=False)
    if remedy == Remedy.KEPT_SOURCE.value:
        return FlagView(texts("flag.kept", problem=name), solved=False)
    return FlagView(texts("flag.solved", problem=name), solved=True)


def _name(code: str, texts: Texts) -> str:
    return texts(f"language.{code}") if code in {each.value for each in Language} else code


def _closeness(score: float | None) -> str:
    if score is None:
        return ""
    return "close" if score >= CLOSE else "middling" if score >= LOOSE else "loose"
