"""Tasks that align two texts, and score translations."""

import json
from typing import Any

from mtpipe import align, score
from mtpipe.errors import InputError
from mtpipe.report import score_formats
from mtpipe.report.alignment_lines import alignment_lines
from mtpipe.report.score_page import score_page
from mtpipe.results import ScoreReport
from mtpipe.types import Article
from mtpipe.types.alignment import AlignedSide
from mtpipe.types.choices import AlignmentFormat, ScoreFormat
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.sources import article_of
from mtpipe.web.workers.tools import Tools

__all__ = ["align_texts", "score_texts"]

_ALIGNMENT_MEDIA_TYPES = {
    AlignmentFormat.JSONL: "application/jsonl",
    AlignmentFormat.TSV: "text/tab-separated-values",
    AlignmentFormat.TMX: "application/x-tmx+xml",
    AlignmentFormat.VECALIGN: "text/plain",
    AlignmentFormat.HTML: "text/html",
}
_SCORE_MEDIA_TYPES = {
    ScoreFormat.JSON: "application/json",
    ScoreFormat.CSV: "text/csv",
    ScoreFormat.LATEX: "application/x-tex",
    ScoreFormat.MARKDOWN: "text/markdown",
    ScoreFormat.HTML: "text/html",
}


def align_texts(tools: Tools, arguments: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """Align two versions of a text.

    Args:
        tools: say whether addresses are fetched.
        arguments: ``source`` and ``target``, each a source, ``{"sentences": [...]}`` or a list of
            sentences; ``max_bead``, ``min_score``, and ``form`` for a document as well.

    Returns:
        Both sides, ``beads`` and ``moves`` between them, their ``mean_score``, and ``content`` and
        ``media_type`` of the document or None.
    """
    sides = [_side(tools, arguments[name], name) for name in ("source", "target")]
    aligned = align(
        sides[0][0],
        sides[1][0],
        languages=(sides[0][1], sides[1][1]),
        names=(sides[0][2], sides[1][2]),
        **{
            name: arguments[name]
            for name in ("max_bead", "min_score")
            if arguments.get(name) is not None
        },
    )
    form = AlignmentFormat(arguments["form"]) if arguments.get("form") else None
    links = [bead for bead in aligned.alignment.beads if not bead.is_null]
    content = None
    if form:
        content = "".join(f"{line}\n" for line in alignment_lines(aligned, form))
    return {
        "source": _side_record(aligned.source),
        "target": _side_record(aligned.target),
        "beads": _links(aligned.alignment.beads),
        "moves": _links(aligned.alignment.moves),
        "mean_score": sum(float(bead.score) for bead in links) / len(links) if links else 0.0,
        "content": content,
        "media_type": _ALIGNMENT_MEDIA_TYPES[form] if form else None,
    }


def _side(tools: Tools, stated: Any, name: str) -> tuple[Article | list[str], str | None, str]:
    """One side as ``align`` takes it, its language where it isn't an article's, its name."""
    if isinstance(stated, list):
        stated = {"sentences": stated}
    if "sentences" in stated:
        sentences = [" ".join(str(sentence).split()) for sentence in stated["sentences"]]
        return sentences, stated.get("language"), str(stated.get("name") or name)
    article = article_of(stated, allow_fetch=tools.settings.allow_fetch)
    return article, None, str(stated.get("name") or stated.get("url") or name)


def _side_record(side: AlignedSide) -> dict[str, Any]:
    return {
        "name": side.name,
        "language": side.language.value if side.language else None,
        "sentences": list(side.sentences),
    }


def _links(links: Any) -> list[dict[str, Any]]:
    return [
        {
            "source": list(link.source),
            "target": list(link.target),
            "score": float(link.score),
        }
        for link in links
    ]


def score_texts(tools: Tools, arguments: dict[str, Any], progress: OnProgress) -> dict[str, Any]:
    """Score translations.

    Args:
        tools: name the model, for metrics that need one.
        arguments: ``hypotheses`` by name, ``references``, ``source``, ``metrics``, ``paired``,
            ``languages``; ``segments`` to score each on its own, and ``form`` for a document.
        progress: told of each step.

    Returns:
        The ``report``, and ``content`` and ``media_type`` of the document or None.
    """
    hypotheses = {str(name): _segments(texts) for name, texts in arguments["hypotheses"].items()}
    if not hypotheses:
        raise InputError("there is nothing to score")
    source = arguments.get("source")
    report = score(
        hypotheses,
        [_segments(texts) for texts in arguments.get("references") or ()],
        metrics=arguments.get("metrics") or ("bleu", "chrf"),
        paired=arguments.get("paired"),
        source=_segments(source) if source else None,
        languages=tuple(arguments.get("languages") or (None, None)),
        by=("segment",) if arguments.get("segments") else (),
        model=tools.settings.model,
        on_progress=lambda note, done, total: progress(done, total, note),
    )
    form = ScoreFormat(arguments.get("form") or ScoreFormat.JSON)
    return {
        "report": json.loads(score_formats.json_report(report)),
        "content": None if form is ScoreFormat.JSON else _document(report, form),
        "media_type": _SCORE_MEDIA_TYPES[form],
    }


def _segments(texts: Any) -> list[str]:
    """Segments, never a path: a line each.

    Raises:
        InputError: they aren't texts.
    """
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InputError("segments are a list of texts")
    return texts


def _document(report: ScoreReport, form: ScoreFormat) -> str:
    if form is ScoreFormat.CSV:
        return score_formats.csv_report(report)
    if form is ScoreFormat.LATEX:
        return score_formats.latex_report(report)
    if form is ScoreFormat.MARKDOWN:
        return score_formats.markdown_report(report)
    return score_page(report)
