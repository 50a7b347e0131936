"""Tasks that translate, and the one that identifies languages."""

from collections.abc import Iterator
from typing import Any

from mtpipe.ingest.language import identify, probabilities
from mtpipe.report.documents import document
from mtpipe.report.jsonl import flag_record
from mtpipe.types import Failure, Hypothesis, Language, Translation
from mtpipe.types.choices import DocumentFormat
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.sources import articles_of
from mtpipe.web.workers.tools import Tools, signature_of

__all__ = ["MEDIA_TYPES", "identify_languages", "translate_articles", "translate_segments"]

MEDIA_TYPES = {
    DocumentFormat.JSONL: "application/jsonl",
    DocumentFormat.TEXT: "text/plain",
    DocumentFormat.HTML: "text/html",
    DocumentFormat.TSV: "text/tab-separated-values",
    DocumentFormat.TMX: "application/x-tmx+xml",
    DocumentFormat.XLIFF: "application/x-xliff+xml",
}
"""Of translated documents, all of them in UTF-8."""

_IDENTIFIED_CHARS = 10_000


def translate_segments(
    tools: Tools, arguments: dict[str, Any], _: OnProgress
) -> list[dict[str, Any]]:
    """Translate segments.

    Args:
        tools: with the translators.
        arguments: ``texts``, ``source``, ``target``; ``model``, ``beam``, ``alternatives``.

    Returns:
        For each ``text``, ``score``, ``flags``, ``alternatives`` and ``signature``.
    """
    source, texts = arguments["source"], arguments["texts"]
    translator = tools.translator(
        arguments["target"], arguments.get("model"), beam=arguments.get("beam") or 4
    )
    hypotheses = tools.in_threads(
        texts, lambda part: translator.segments(part, source=source), by=len
    )
    others: list[list[str]] = [[] for _ in texts]
    if wanted := arguments.get("alternatives") or 0:
        found = translator.nbest(texts, source=source, count=wanted + 1)
        others = [
            [one.text for one in each if one.text != hypothesis.text][:wanted]
            for hypothesis, each in zip(hypotheses, found, strict=True)
        ]
    signature = signature_of(translator, source)
    return [
        {
            "text": hypothesis.text,
            "score": float(hypothesis.score),
            "flags": [flag_record(flag) for flag in hypothesis.flags],
            "alternatives": further,
            "signature": signature,
        }
        for hypothesis, further in zip(hypotheses, others, strict=True)
    ]


def translate_articles(
    tools: Tools, arguments: dict[str, Any], progress: OnProgress
) -> dict[str, Any]:
    """Translate articles into a document.

    Args:
        tools: with the translators.
        arguments: ``sources``, ``target``, ``form``; ``source``, ``model``, ``markup``.
        progress: told of each article.

    Returns:
        ``content`` and ``media_type`` of the document, counts of ``articles`` and of ``flagged``
        segments, ``failures`` and the ``signature`` of the last article.
    """
    form = DocumentFormat(arguments.get("form") or DocumentFormat.JSONL)
    sources = arguments["sources"]
    if stated := arguments.get("source"):
        sources = [{"language": stated, **source} for source in sources]
    items = articles_of(sources, allow_fetch=tools.settings.allow_fetch)
    translator = tools.translator(arguments["target"], arguments.get("model"))
    markup = bool(arguments.get("markup", form is DocumentFormat.HTML))
    written, failures, flagged, signature = document(form), [], 0, ""
    parts = [written.opening]
    articles = 0
    for result in translator.articles(items, markup=markup):
        if isinstance(result, Failure):
            failures.append(failure_record(result))
        else:
            articles += 1
            parts.append(written.article(result))
            flagged += sum(1 for _ in _flagged(result))
            signature = result.signature
        progress(articles + len(failures), len(sources), "")
    return {
        "content": "".join([*parts, written.ending]),
        "media_type": MEDIA_TYPES[form],
        "articles": articles,
        "flagged": flagged,
        "failures": failures,
        "signature": signature,
    }


def _flagged(translation: Translation) -> Iterator[Hypothesis]:
    for block in translation.blocks:
        for segment in block.segments:
            if segment.hypothesis.flags:
                yield segment.hypothesis


def failure_record(failure: Failure) -> dict[str, str]:
    """A failure as plain data."""
    return {"id": failure.article_id, "stage": failure.stage, "error": failure.error}


def identify_languages(_: Tools, arguments: dict[str, Any], __: OnProgress) -> list[dict[str, Any]]:
    """Identify the language of each of some ``texts``.

    Returns:
        For each the ``language``, of 140, and its probability as ``confidence``, and mtpipe's own
        languages as ``candidates``, the likeliest first.
    """
    found = []
    for text in arguments["texts"]:
        beginning = text[:_IDENTIFIED_CHARS]
        language, probability = identify(beginning)
        ranked = {code: prob for code, prob in probabilities(beginning) if code in set(Language)}
        found.append(
            {
                "language": language,
                "confidence": probability,
                "candidates": [
                    {"language": code, "confidence": prob} for code, prob in ranked.items()
                ],
            }
        )
    return found
