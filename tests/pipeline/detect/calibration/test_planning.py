"""Which labelled pairs are measured, and which of them shortened as well."""

from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from mtpipe.errors import InputError
from mtpipe.pipeline.detect.calibration.planning import (
    SHORTER,
    Planned,
    agreement_rows,
    machine_rows,
    refuse_one_sided,
    relation_rows,
)
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.pipeline.detect.pairs import Pair, parse_pair

MAKERS = ("", "alpha", "beta")
"""Of the candidates of each document, in this order; the first is a person."""
DOCUMENTS = 60


def pair(document: int, engine: str) -> Pair:
    return parse_pair(
        {
            "set": "s", "doc": str(document), "pair": "fr-en",
            "label": "machine" if engine else "human", "system": engine,
            "source": [f"Phrase {n} de {document}." for n in range(8)],
            "candidate": [f"Sentence {n} of {document} by {engine or 'us'}." for n in range(8)],
        },
        default_id=f"{document} {engine}",
    )  # fmt: skip


PAIRS = [pair(document, engine) for document in range(DOCUMENTS) for engine in MAKERS]


class AnyVectors:
    """Instruments that encode a text as its length."""

    def sentences(self, texts: Sequence[str]) -> Any:
        return SimpleNamespace(vectors=np.array([[len(text), 1.0] for text in texts], np.float32))


def relations(pairs: Sequence[Pair]) -> list[Planned]:
    return list(relation_rows(pairs, cast("Instruments", AnyVectors())))


@pytest.mark.parametrize(
    ("rows", "makers"),
    [
        (list(machine_rows(PAIRS)), {(engine, "") for engine in MAKERS}),
        (
            list(agreement_rows(PAIRS)),
            {("", "alpha"), ("", "beta"), ("alpha", "beta"), ("beta", "alpha")},
        ),
        (relations(PAIRS), {(engine, "") for engine in MAKERS}),
    ],
    ids=["closeness", "agreement", "relation"],
)
def test_candidates_of_all_makers_are_shortened_in_whatever_order_they_come(
    rows: list[Planned], makers: set[tuple[str, str]]
) -> None:
    whole = Counter((row.pair.engine, row.peer) for row in rows if not row.size)
    assert set(whole) == makers
    for size in SHORTER:
        cut = Counter((row.pair.engine, row.peer) for row in rows if row.size == size)
        assert set(cut) == makers
        assert 0.2 < cut.total() / whole.total() < 0.45


def test_the_candidates_of_a_document_are_shortened_together() -> None:
    rows = list(machine_rows(PAIRS))
    cut = Counter(row.pair.document for row in rows if row.size == SHORTER[0])
    assert set(cut.values()) == {len(MAKERS)}


def test_a_document_is_shortened_or_not_whatever_else_there_is() -> None:
    tasks = {row.task.key for row in machine_rows(PAIRS)}
    part = {row.task.key for row in machine_rows(PAIRS[100:])}
    assert part < tasks
    assert len(tasks) == len(part) + len({row.task.key for row in machine_rows(PAIRS[:100])})


def kinds(rows: Sequence[Planned]) -> set[tuple[int, bool]]:
    return {(row.size, row.is_yes) for row in rows}


def test_what_has_nothing_to_be_told_apart_is_refused() -> None:
    related, compared = kinds(relations(PAIRS)), kinds(list(agreement_rows(PAIRS)))
    made = kinds(list(machine_rows(PAIRS)))
    refuse_one_sided(made, related, compared)
    refuse_one_sided(made, related, set())
    with pytest.raises(InputError, match="by people and by machines, and the whole articles"):
        refuse_one_sided(made - {(0, False)}, related, compared)
    with pytest.raises(InputError, match="cut to 3 sentences aren't both"):
        refuse_one_sided(made - {(3, True)}, related, compared)
    with pytest.raises(InputError, match="another's translation"):
        refuse_one_sided(made, set(), compared)
    with pytest.raises(InputError, match="beside another engine's"):
        refuse_one_sided(made, related, compared - {(6, False)})
