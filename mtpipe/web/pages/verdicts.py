"""The summary of an examination in plain words."""

from collections.abc import Callable, Mapping
from typing import Any

from mtpipe.types.detection import Finding, ScoreName, Support
from mtpipe.web.pages.texts import Texts
from mtpipe.web.pages.views import finding_key

__all__ = ["answers", "rows_of"]

_TONES = {
    Finding.MACHINE_REPUBLICATION: "accuse",
    Finding.COPY: "accuse",
    Finding.PROBABLE_MACHINE: "look",
    Finding.SIGNS: "look",
    Finding.UNRELATED: "clear",
    Finding.NO_SIGNS: "clear",
}
"""As in the reports; the others are open."""
_SUPPORTS = {support.value for support in Support}


def answers(summary: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """The three questions with their answers, the tone, and what was compared."""
    scores = summary.get("scores") or {}
    verdict = summary.get("verdict")
    tone = next((tone for finding, tone in _TONES.items() if finding.value == verdict), "open")
    return {
        "tone": tone,
        "original": summary.get("original_title") or summary.get("original") or "",
        "answers": [
            {"name": name.value, **_answer(name, scores[name.value], texts)}
            for name in ScoreName
            if isinstance(scores.get(name.value), Mapping)
        ],
    }


def rows_of(summary: Mapping[str, Any], path: Callable[[str], str]) -> list[dict[str, Any]]:
    """The rows of a batch, with where their reports are; empty where there is none."""
    return [
        {
            "id": row.get("id", ""),
            "verdict": row.get("verdict") or "",
            "finding": finding_key(row),
            "original": row.get("original") or "",
            "report": path(str(row["report"])) if row.get("report") else "",
        }
        for row in summary.get("rows") or ()
    ]


def _answer(name: ScoreName, score: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    """In words; with a figure only where it means something to people."""
    support, probability = score.get("support"), score.get("probability")
    if support in _SUPPORTS:
        return {"answer": texts(f"support.{str(support).replace(' ', '_')}"), "figure": ""}
    if not isinstance(probability, int | float):
        return {"answer": texts("answer.unmeasured"), "figure": ""}
    if name is ScoreName.REPUBLICATION:  # by weights that were set by hand: points, no probability
        figure = texts("answer.points", figure=texts.number(100 * probability))
    else:
        figure = texts("answer.probability", figure=texts.percent(probability))
    return {"answer": texts("answer.yes" if score.get("yes") else "answer.no"), "figure": figure}
