"""A translated article as a record: everything that is known of it, for programs."""

from dataclasses import asdict
from typing import Any

from mtpipe.types import Block, Flag, TranslatedBlock, TranslatedSegment, Translation


def translation_record(translation: Translation) -> dict[str, Any]:
    """The record of an article; what is empty is left out.

    ``paragraphs`` is the body in reading order, title included, each with its translation as
    ``text``: the record can be read as an article in the target language. ``start`` and ``end``
    of a sentence are offsets into its paragraph's ``source``, in characters.
    """
    article = translation.article
    return {
        "id": article.id,
        "sha256": translation.sha256,
        "signature": translation.signature,
        "path": article.source,
        "source_language": translation.direction.source.value,
        "language": translation.direction.target.value,
        "title": translation.title,
        "metadata": {name: value for name, value in asdict(article.metadata).items() if value},
        "paragraphs": [_paragraph(block) for block in translation.blocks],
        "furniture": [_block(block) for block in article.furniture],
    }


def _paragraph(translated: TranslatedBlock) -> dict[str, Any]:
    block = translated.block
    return {
        "kind": block.kind.value,
        "text": translated.text,
        "source": block.text,
        **({"source_language": block.language} if block.language else {}),
        "sentences": [_sentence(segment) for segment in translated.segments],
    }


def _sentence(translated: TranslatedSegment) -> dict[str, Any]:
    segment, hypothesis = translated.segment, translated.hypothesis
    return {
        "source": segment.text,
        "target": hypothesis.text,
        "start": segment.start,
        "end": segment.end,
        "score": round(hypothesis.score, 4),
        **(
            {"estimates": {e.name.value: e.value for e in translated.estimates}}
            if translated.estimates
            else {}
        ),
        **({"flags": [flag_record(flag) for flag in hypothesis.flags]} if hypothesis.flags else {}),
    }


def flag_record(flag: Flag) -> dict[str, str | None]:
    """A flag; the remedy is null where the problem is still there."""
    return {"problem": flag.problem.value, "remedy": flag.remedy.value if flag.remedy else None}


def _block(block: Block) -> dict[str, Any]:
    return {"kind": block.kind.value, "text": block.text, "index": block.place.index}
