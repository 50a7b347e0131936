"""Learn the weights of mtpipe/alignment/evidence.py from gold alignments, by maximum likelihood.

    python data/benchmarks/align_weights.py SOURCE TARGET GOLD

The aligner's scores are a conditional random field over covers of the grid (Lafferty et al.
2001): the gradient is what the features add up to in the gold cover less what they are expected
to add up to (forward-backward). Prints the weights, and F1 of the document as
it is and with some sentences substituted, moved or left out on one side. The weight ``unlike``
is not learnt, see mtpipe/alignment/evidence.py.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtpipe.alignment import SummedOverlaps
from mtpipe.alignment.dp import Band, Shape, best_path
from mtpipe.alignment.evaluate import IndexBead, Tally, read_beads
from mtpipe.alignment.evidence import Evidence, Weights, bead_shapes, describe
from mtpipe.encoders.static import StaticEncoder
from mtpipe.pipeline.align import load_encoder

PERMUTED, ORPHANED = 16, 8
NOT_LEARNT = "unlike"
NOTHING = {entry.name: 0.0 for entry in fields(Weights) if entry.name != "shapes"}
Grid = NDArray[np.float64]


@dataclass
class Example:
    """A document as features: of beads, deletions and insertions, and their sums in the gold."""

    beads: NDArray[np.float32]  # (features, shapes, source + 1, target + 1)
    deletions: Grid  # (features, source)
    insertions: Grid  # (features, target)
    gold: Grid  # (features,)
    impossible: NDArray[np.bool_]


def one_hot(shapes: dict[Shape, float]) -> list[tuple[str, Weights]]:
    """Weights that pick out one feature each."""
    blank = dict.fromkeys(shapes, 0.0)
    picks = [(name, Weights(**{**NOTHING, name: 1.0}, shapes=blank)) for name in NOTHING]
    picks += [
        (str(shape), Weights(**NOTHING, shapes={**blank, shape: 1.0}))
        for shape in shapes
        if shape != (1, 1)
    ]
    return picks


def measure(
    source: Sequence[str],
    target: Sequence[str],
    gold: list[IndexBead],
    encoder: StaticEncoder,
    shapes: Sequence[Shape],
) -> Example:
    """The features of a document."""
    sides = [
        describe(texts, SummedOverlaps(encoder.sums(encoder.pieces(texts))))
        for texts in (source, target)
    ]
    n, m = len(source), len(target)
    kept, deleted, inserted = possible_beads(gold, shapes)
    beads, deletions, insertions, totals = [], [], [], []
    impossible = np.zeros(0, dtype=bool)
    for _, weights in one_hot(dict(Weights().shapes)):
        evidence = Evidence(sides[0], sides[1], shapes=shapes, weights=weights)
        grid = evidence.block(0, n + 1, 0, m + 1)
        impossible = np.isinf(grid)
        grid[impossible] = 0
        beads.append(grid)
        deletions.append(evidence.deletions.astype(np.float64))
        insertions.append(evidence.insertions.astype(np.float64))
        totals.append(
            sum(float(grid[cell]) for cell in kept)
            + deletions[-1][deleted].sum()
            + insertions[-1][inserted].sum()
        )
    return Example(
        np.stack(beads), np.stack(deletions), np.stack(insertions), np.array(totals), impossible
    )


def possible_beads(
    gold: list[IndexBead], shapes: Sequence[Shape]
) -> tuple[list[tuple[int, int, int]], list[int], list[int]]:
    """Cells of the gold beads; of a bead of no known shape, the sentences at its end are nulls."""
    kept, deleted, inserted = [], [], []
    for source, target in ((list(s), list(t)) for s, t in gold):
        for side, alone in ((source, deleted), (target, inserted)):
            # A gap in a bead can't be represented: what stands behind it is alone.
            while side and side[-1] - side[0] >= len(side):
                alone.append(side.pop())
        while source and target and (len(source), len(target)) not in shapes:
            longer, alone = (source, deleted) if len(source) > len(target) else (target, inserted)
            alone.append(longer.pop())
        if source and target:
            shape = shapes.index((len(source), len(target)))
            kept.append((shape, source[-1] + 1, target[-1] + 1))
        else:
            deleted += source
            inserted += target
    return kept, deleted, inserted


def edited(
    source: list[str], target: list[str], gold: list[IndexBead], seed: int
) -> tuple[list[str], list[str], list[IndexBead]]:
    """The document with 1-1 beads taken apart: targets permuted, or one side left out."""
    generator = np.random.default_rng(seed)
    single = [k for k, (s, t) in enumerate(gold) if len(s) == len(t) == 1]
    chosen = generator.permutation(single)[: PERMUTED + 2 * ORPHANED]
    permuted, no_target, no_source = np.split(chosen, [PERMUTED, PERMUTED + ORPHANED])
    target = list(target)
    places = [gold[k][1][0] for k in permuted]
    for place, text in zip(places, [target[j] for j in np.roll(places, 1)], strict=True):
        target[place] = text
    beads: list[IndexBead] = []
    for k, (s, t) in enumerate(gold):
        if k in chosen:
            beads += [(s, ()), ((), t)]
        else:
            beads.append((s, t))
    gone = {gold[k][0][0] for k in no_source}, {gold[k][1][0] for k in no_target}
    sides = []
    for texts, lost in zip((source, target), gone, strict=True):
        numbers = {
            old: new for new, old in enumerate(i for i in range(len(texts)) if i not in lost)
        }
        sides.append(([texts[i] for i in numbers], numbers))
    renumbered = [
        tuple(tuple(sides[k][1][i] for i in bead[k] if i in sides[k][1]) for k in (0, 1))
        for bead in beads
    ]
    return sides[0][0], sides[1][0], [(s, t) for s, t in renumbered if s or t]


def forward(beads: Grid, deletions: Grid, insertions: Grid, shapes: Sequence[Shape]) -> Grid:
    """Log of the summed weight of all covers up to each cell."""
    n, m = len(deletions), len(insertions)
    totals = np.full((n + 1, m + 1), -np.inf)
    inserted = np.concatenate(([0.0], np.cumsum(insertions)))
    for i in range(n + 1):
        terms = np.full((len(shapes) + 1, m + 1), -np.inf)
        if i == 0:
            terms[-1, 0] = 0
        else:
            terms[-1] = totals[i - 1] + deletions[i - 1]
        for code, (a, b) in enumerate(shapes):
            if i >= a:
                terms[code, b:] = totals[i - a, : m + 1 - b] + beads[code, i, b:]
        row = np.logaddexp.reduce(terms, axis=0)
        totals[i] = np.logaddexp.accumulate(row - inserted) + inserted
    return totals


def loss(
    weights: Grid, example: Example, shapes: Sequence[Shape], prior: float = 0.02
) -> tuple[float, Grid]:
    """Negative log-likelihood with a normal prior, and its gradient."""
    value, gradient = prior * float(weights @ weights), 2 * prior * weights
    beads, deletions, insertions = (
        np.tensordot(weights.astype(part.dtype), part, axes=1).astype(np.float64)
        for part in (example.beads, example.deletions, example.insertions)
    )
    beads[example.impossible] = -np.inf
    n, m = len(deletions), len(insertions)
    mirrored = np.full_like(beads, -np.inf)
    for code, (a, b) in enumerate(shapes):
        mirrored[code, a:, b:] = beads[code, a:, b:][::-1, ::-1]
    before = forward(beads, deletions, insertions, shapes)
    after = forward(mirrored, deletions[::-1], insertions[::-1], shapes)[::-1, ::-1]
    total = before[n, m]
    chance = np.zeros_like(beads)
    for code, (a, b) in enumerate(shapes):
        chance[code, a:, b:] = np.exp(
            before[: n + 1 - a, : m + 1 - b] + beads[code, a:, b:] + after[a:, b:] - total
        )
    left = np.exp(before[:-1] + deletions[:, None] + after[1:] - total).sum(axis=1)
    right = np.exp(before[:, :-1] + insertions + after[:, 1:] - total).sum(axis=0)
    expected = (
        np.tensordot(example.beads, chance.astype(np.float32), axes=3)
        + example.deletions @ left
        + example.insertions @ right
    )
    value += total - float(weights @ example.gold)
    gradient = gradient + expected - example.gold
    return value, gradient


def minimise(
    start: Grid, example: Example, shapes: Sequence[Shape], learn: NDArray[np.bool_]
) -> Grid:
    """BFGS with a backtracking line search."""
    weights, inverse = start, np.diag(learn * 0.01)
    value, gradient = loss(weights, example, shapes)
    for _ in range(80):
        direction = -inverse @ gradient
        step = 1.0
        while step > 1e-4:
            candidate, slope = loss(weights + step * direction, example, shapes)
            if candidate <= value + 1e-4 * step * float(gradient @ direction):
                break
            step *= 0.4
        else:
            break
        moved, turned = step * direction, (slope - gradient) * learn
        curvature = float(moved @ turned)
        if curvature > 1e-9:
            shear = np.eye(len(start)) - np.outer(moved, turned) / curvature
            inverse = shear @ inverse @ shear.T + np.outer(moved, moved) / curvature
        weights, gain, value, gradient = weights + moved, value - candidate, candidate, slope
        print(f"{value:.2f}", end=" ", flush=True)
        if gain < 0.01:
            break
    print()
    return weights


def main() -> None:
    """Learn and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--max-bead", type=int, default=6)
    arguments = parser.parse_args()
    source, target = (
        path.read_text(encoding="utf-8").splitlines()
        for path in (arguments.source, arguments.target)
    )
    gold, encoder, shapes = (
        read_beads(arguments.gold),
        load_encoder(),
        bead_shapes(arguments.max_bead),
    )
    example = measure(source, target, gold, encoder, shapes)
    default = Weights()
    names = [name for name, _ in one_hot(dict(default.shapes))]
    start = [
        float(getattr(default, name) if name in NOTHING else default.shapes[eval(name)])  # noqa: S307
        for name in names
    ]
    learn = np.array([name != NOT_LEARNT for name in names])
    learnt = dict(zip(names, minimise(np.array(start), example, shapes, learn), strict=True))
    for name, weight in learnt.items():
        print(f"{name:20} {weight:8.2f}")
    weights = Weights(
        **{name: learnt[name] for name in NOTHING},
        shapes={shape: learnt.get(str(shape), 0.0) for shape in default.shapes},
    )
    for label, texts, wanted in (
        ("as it is", (source, target), gold),
        *(
            (f"edited, seed {seed}", document[:2], document[2])
            for seed in (1, 2, 3)
            for document in [edited(source, target, gold, seed)]
        ),
    ):
        sides = [
            describe(text, SummedOverlaps(encoder.sums(encoder.pieces(text)))) for text in texts
        ]
        evidence = Evidence(sides[0], sides[1], shapes=shapes, weights=weights)
        path = best_path(evidence, Band.full(len(texts[0]), len(texts[1])))
        tally = Tally()
        tally.add([(tuple(range(a, b)), tuple(range(c, d))) for a, b, c, d in path], wanted)
        print(f"{label:16} strict {tally.strict.f1:.4f} lax {tally.lax.f1:.4f}")


if __name__ == "__main__":
    main()
