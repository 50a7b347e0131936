"""Jobs that translate: a file of JSON lines that is resumed, and documents made of the same."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtpipe import Translator
from mtpipe.errors import InputError
from mtpipe.web.jobs.results import DOCUMENTS
from mtpipe.web.jobs.task import Order, failures_shown, require_something

__all__ = ["translate", "write_document"]

TRANSLATION = "translation.jsonl"


def translate(order: Order) -> dict[str, Any]:
    """Translate articles.

    What is in the file already isn't translated again; what was decoded before a kill is in the
    cache of segments.

    Returns:
        Counts, languages and failures.
    """
    output, given = order.folder.result(TRANSLATION), order.given("sources")
    total, source = given.total, order.request.get("source")
    with _translator(order) as translator:
        summary = translator.write(
            given.articles(language=source),
            output,
            on_progress=lambda so_far: order.progress(
                so_far.done, total, f"{so_far.segments} sentences"
            ),
        )
    require_something(summary.articles + summary.skipped, summary.failures)
    summary.list_failures(order.folder.result("failures.jsonl"))
    for name, form in DOCUMENTS.items():
        if form.value in order.request.get("formats", ()):
            write_document(order, name)
    return {
        **_counted(output),
        "target": order.request["target"],
        **failures_shown(summary.failures),
    }


def write_document(order: Order, name: str) -> None:
    """Write the translations in another form.

    The articles are read again, since links and emphasis aren't in the lines; their sentences
    come from the cache.

    Raises:
        InputError: there is no such document.
    """
    if name not in DOCUMENTS:
        raise InputError(f"there is no document {name[:100]!r}")
    output = order.folder.result(name)
    if output.exists():
        return
    given, source = order.given("sources"), order.request.get("source")
    total = given.total
    with _translator(order) as translator:
        translator.write(
            given.articles(language=source),
            output,
            form=DOCUMENTS[name],
            on_progress=lambda so_far: order.progress(so_far.done, total, name),
        )


@contextmanager
def _translator(order: Order) -> Iterator[Translator]:
    """What translates: for long jobs one that remembers on disk what it has done."""
    target, model = order.request["target"], order.request.get("model")
    if order.is_small:
        yield order.tools.translator(target, model)
        return
    with Translator(
        target, model=order.tools.model(model), threads=order.tools.settings.threads
    ) as translator:
        yield translator


def _counted(output: Path) -> dict[str, Any]:
    """What the file has, whoever wrote it: this run or one before."""
    articles = sentences = flagged = 0
    languages: set[str] = set()
    with output.open("rb") as file:
        for line in file:
            record = json.loads(line)
            articles += 1
            languages.add(record["source_language"])
            for paragraph in record["paragraphs"]:
                sentences += len(paragraph["sentences"])
                flagged += sum(
                    any(not flag["remedy"] for flag in sentence.get("flags", ()))
                    for sentence in paragraph["sentences"]
                )
    return {
        "articles": articles,
        "sentences": sentences,
        "flagged": flagged,
        "source": ", ".join(sorted(languages)),
    }
