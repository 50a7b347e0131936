"""Which further measures would tell machines from people: each by its gain, engine and test set left out.

Labelled pairs are measured as ``mtpipe detect --calibrate`` measures them, and in some further ways. What
is measured is kept in a file, so that a run that was stopped goes on, and the fits can be done again in
a minute or two.

    python data/benchmarks/machine_measures.py kept.jsonl ../shared/eval/detect*.jsonl.gz

The families of further measures:

temperature   surplus of log-probability under sharper and flatter expectations
rank          how often the model's own choice stands there, and how far down the text's word is
spread        how the surplus varies over sentences, and in the freest and closest quarter of them
back          the same surplus in the direction back, of the original given the candidate
attention     how evenly and in what order the decoder looks at the original
context       how the encoder's states of both texts match, token by token
own_agreement how far the candidate agrees with the model's own translation
alone         what can be measured without an original: the candidate is translated into the original's
              language and back. How like the outcome is to it (TSRT, Nguyen-Son et al. 2021), and how the
              model expects it, given that translation. Fitted by itself
"""

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import regex

from mtpipe import Translator
from mtpipe.blas import single_threaded
from mtpipe.detection.agreement import agreement
from mtpipe.detection.features import Family, Features, spread
from mtpipe.detection.scores import family_of
from mtpipe.engines.decoder import both_sides
from mtpipe.engines.forced import Forced, ForcedDecoder
from mtpipe.models.cards import find_installed
from mtpipe.pipeline.detect.calibration.planning import Planned, machine_rows
from mtpipe.pipeline.detect.calibration.tables import Table
from mtpipe.pipeline.detect.calibration.validation import LeftOut, figures
from mtpipe.pipeline.detect.measuring import Instruments, Measured
from mtpipe.pipeline.detect.pairs import Pair, read_pairs
from mtpipe.pipeline.systems.rating import Rater
from mtpipe.types import Bead, Direction

TEMPERATURES = (0.5, 0.7, 1.5, 2.0)
_WORD = regex.compile(r"▁\p{L}+$")
_START = "▁"


class Probe(ForcedDecoder):
    """A decoder that also notes what the further measures need, of the texts rated last."""

    def __init__(self, *given: Any) -> None:
        self.attention: list[Any] = []
        self.probed: list[Features] = []
        super().__init__(*given)

    def rate(self, sources: Sequence[Any], targets: Sequence[Any]) -> list[Forced]:
        """Rate, and note."""
        self.attention, self.probed = [], []
        return super().rate(sources, targets)

    def states(self, tokens: Sequence[Any]) -> list[Any]:
        """Encoder states of texts, one matrix each."""
        ids = [self._ids_of(row) for row in tokens]
        states, ends = self._encoded(ids), np.cumsum([len(row) for row in ids])
        return np.split(states, ends[:-1])

    def _read(self, states: Any, ids: Any, tokens: Any) -> Forced:
        logits = states @ self._projection + self._bias
        own = logits[np.arange(len(ids)), ids]
        rank = (logits > own[:, None]).sum(axis=1)
        probed: dict[str, Any] = {"rank": rank}
        for temperature in TEMPERATURES:
            scaled = logits / temperature
            scaled -= scaled.max(axis=1, keepdims=True)
            chances = np.exp(scaled)
            chances /= chances.sum(axis=1, keepdims=True)
            # How likely the word is by the model's own scale, beside what this scale expects.
            expected = np.einsum("tv,tv->t", chances, logits)
            probed[f"surplus_{temperature}"] = own - expected
        self.probed.append(probed)
        return super()._read(states, ids, tokens)

    def _attend(
        self, states: Any, memory: Any, queries: Any, keys: Any, name: str, *, causal: bool = False
    ) -> Any:
        if name.endswith("decoder.layers.1.encoder_attn"):
            query, key = (
                self._linear(given, f"{name}.{part}_proj")
                .reshape(len(given), self._heads, -1)
                .transpose(1, 0, 2)
                for given, part in ((states, "q"), (memory, "k"))
            )
            query = query / np.float32(query.shape[2] ** 0.5)
            for own, other in zip(queries, keys, strict=True):
                scores = query[:, own] @ key[:, other].transpose(0, 2, 1)
                scores = np.exp(scores - scores.max(axis=2, keepdims=True))
                scores /= scores.sum(axis=2, keepdims=True)
                self.attention.append(scores.mean(axis=0))
        return super()._attend(states, memory, queries, keys, name, causal=causal)


def further(
    probe: Probe,
    rater: Rater,
    measured: Measured,
    direction: Direction,
    translators: tuple[Translator, Translator],
) -> Features:
    """All further measures of a pair's rendered beads."""
    tokenizer = rater._tokenizer  # noqa: SLF001 - this looks inside
    translator, returning = translators
    pairs = [
        (rater.usual(a, direction.source), rater.usual(b, direction.target))
        for a, b in measured.texts
    ]
    features: Features = {}
    back = Direction(direction.target, direction.source)
    for name, given, way in (
        ("", pairs, direction),
        ("back_", [(b, a) for a, b in pairs], back),
    ):
        sources = tokenizer.encode([a for a, _ in given], way)
        targets = tokenizer.encode_target([b for _, b in given])
        rated = probe.rate([row[-200:] for row in sources], [row[:200] for row in targets])
        if name:
            features |= {f"back_{k}": v for k, v in _surplus(rated).items()}
        else:
            features |= _probed(rated, probe.probed)
            features |= _looked_at(probe.attention)
            features |= _spread(rated)
    features |= _context(probe, tokenizer, pairs, direction)
    features |= _agreement(translator, measured)
    return features | _alone(probe, rater, measured, direction, (translator, returning))


def _words(tokens: Sequence[str]) -> Any:
    """Which tokens are whole words."""
    goes_on = [not t.startswith(_START) and t[:1].isalpha() for t in tokens[1:]] + [False]
    return np.array([bool(_WORD.match(t)) for t in tokens]) & ~np.array(goes_on)


def _surplus(rated: Sequence[Forced]) -> Features:
    words = np.concatenate([_words(one.tokens) for one in rated])
    surplus = np.concatenate([one.log_probs - one.expected for one in rated])
    entropy = -np.concatenate([one.expected for one in rated])
    return {
        "words": _mean(surplus[words]),
        "all": _mean(surplus),
        "entropy": _mean(entropy[words]),
    }


def _probed(rated: Sequence[Forced], probed: Sequence[Mapping[str, Any]]) -> Features:
    words = np.concatenate([_words(one.tokens) for one in rated])
    rank = np.concatenate([one["rank"] for one in probed])[words]
    features = {
        "rank_first": _mean(rank == 0),
        "rank_ten": _mean(rank < 10),
        "rank_log": _mean(np.log1p(rank)),
    }
    for temperature in TEMPERATURES:
        values = np.concatenate([one[f"surplus_{temperature}"] for one in probed])
        features[f"temperature_{temperature}"] = _mean(values[words])
    return features


def _spread(rated: Sequence[Forced]) -> Features:
    means, sizes = [], []
    for one in rated:
        words = _words(one.tokens)
        if words.any():
            means.append(float((one.log_probs - one.expected)[words].mean()))
            sizes.append(float(words.sum()))
    found = spread("spread", np.array(means or [0.0]), np.array(sizes or [1.0]))
    return {name: value for name, value in found.items() if name != "spread_mean"}


def _looked_at(attention: Sequence[Any]) -> Features:
    """Of the last layer's cross-attention: coverage of the source, evenness, order."""
    least, entropy, back, jump = [], [], [], []
    for scores in attention:
        looked = scores[:, 1:-1] if scores.shape[1] > 2 else scores  # without tag and end
        total = looked.sum(axis=0) / max(1e-9, looked.sum()) * looked.shape[1]
        least.append(np.minimum(total, 1).mean())
        shares = scores / scores.sum(axis=1, keepdims=True)
        entropy.append(-(shares * np.log(shares + 1e-9)).sum(axis=1).mean())
        center = (looked * np.arange(looked.shape[1])).sum(axis=1) / (looked.sum(axis=1) + 1e-9)
        steps = np.diff(center) / looked.shape[1]
        if len(steps):
            back.append((steps < 0).mean())
            jump.append(np.abs(steps).mean())
    return {
        "attention_covered": _mean(np.array(least)),
        "attention_covered_low": _mean(np.sort(least)[: max(1, len(least) // 4)]),
        "attention_entropy": _mean(np.array(entropy)),
        "attention_back": _mean(np.array(back)),
        "attention_jump": _mean(np.array(jump)),
    }


def _context(probe: Probe, tokenizer: Any, pairs: Sequence[Any], direction: Direction) -> Features:
    """Both texts through the encoder, and their states matched token by token, as BERTScore does."""
    back = Direction(direction.target, direction.source)
    sides = [
        probe.states(tokenizer.encode(list(column), way))
        for column, way in zip(zip(*pairs, strict=True), (direction, back), strict=True)
    ]
    precision, recall, mutual, moved = [], [], [], []
    for own, other in zip(*sides, strict=True):
        a, b = own[1:-1], other[1:-1]  # without tag and end
        if not len(a) or not len(b):
            continue
        a, b = (m - m.mean(axis=1, keepdims=True) for m in (a, b))
        a, b = (m / np.linalg.norm(m, axis=1, keepdims=True) for m in (a, b))
        likeness = a @ b.T
        best_b, best_a = likeness.argmax(axis=1), likeness.argmax(axis=0)
        recall.append(likeness.max(axis=1).mean())
        precision.append(likeness.max(axis=0).mean())
        both = np.flatnonzero(best_a[best_b] == np.arange(len(a)))
        mutual.append(2 * len(both) / (len(a) + len(b)))
        places = np.abs(both / len(a) - best_b[both] / len(b))
        moved.append(places.mean() if len(both) else 0.0)
    features: Features = {}
    for name, values in (
        ("precision", precision),
        ("recall", recall),
        ("mutual", mutual),
        ("moved", moved),
    ):
        features |= spread(
            f"context_{name}", np.array(values or [0.0]), np.ones(max(1, len(values)))
        )
    return features


def _agreement(translator: Translator, measured: Measured) -> Features:
    found = translator.segments(list(measured.original))
    features = agreement([one.text for one in found], measured.candidate, measured.rendered)
    return {name.replace("agreement", "own_agreement"): value for name, value in features.items()}


def _alone(
    probe: Probe,
    rater: Rater,
    measured: Measured,
    direction: Direction,
    translators: tuple[Translator, Translator],
) -> Features:
    """Of the candidate's sentences only."""
    there, back = translators
    candidate = list(measured.candidate)
    returned = [one.text for one in back.segments(candidate)]
    again = [one.text for one in there.segments(returned)]
    beads = [Bead(range(n, n + 1), range(n, n + 1), 0.0) for n in range(len(candidate))]
    found = agreement(again, candidate, beads)
    features = {name.replace("agreement", "alone"): value for name, value in found.items()}
    rated = probe.rate(
        *both_sides(rater._tokenizer, returned, candidate, direction)  # noqa: SLF001
    )
    return features | {f"alone_surplus_{name}": value for name, value in _surplus(rated).items()}


def _mean(values: Any) -> float:
    return float(np.mean(values)) if len(values) else 0.0


class _Measurer:
    """Everything loaded, in a process of its own."""

    def __init__(self) -> None:
        self.rater = Rater(find_installed("starter"))
        decoder = self.rater._decoder  # noqa: SLF001 - this looks inside
        self.probe = Probe.__new__(Probe)
        self.probe.__dict__.update(decoder.__dict__)
        self.instruments = Instruments(self.rater)
        self.translators: dict[Direction, Translator] = {}

    def __call__(self, row: Planned) -> Features:
        task = row.task
        measured = self.instruments.measure(task.first, task.second, task.direction)
        if not measured.rendered:
            return {}
        features = measured.closeness | self.instruments.plausibility(measured, task.direction)
        back = Direction(task.direction.target, task.direction.source)
        translators = self._translator(task.direction), self._translator(back)
        return features | further(self.probe, self.rater, measured, task.direction, translators)

    def _translator(self, direction: Direction) -> Translator:
        """The model's own greedy translations."""
        if direction not in self.translators:
            self.translators[direction] = Translator(
                direction.target,
                source=direction.source,
                model="starter",
                beam=1,
                threads=1,
                cache=False,
            )
        return self.translators[direction]


_measurer: _Measurer | None = None


def _begin() -> None:
    global _measurer  # noqa: PLW0603 - of a process of the pool
    _measurer = _Measurer()


def _in_process(row: Planned) -> Features:
    assert _measurer is not None  # noqa: S101 - _begin was here
    with single_threaded():
        return _measurer(row)


def measured_rows(rows: Sequence[Planned], kept: Path) -> Iterator[Features]:
    """All features of rows, measured or read."""
    known: dict[str, Features] = {}
    if kept.exists():
        known = {r["id"]: r["features"] for r in map(json.loads, kept.open(encoding="utf-8"))}
    missing = [row for row in rows if row.task.key not in known]
    print(f"{len(rows)} rows, {len(missing)} to be measured", flush=True)
    if missing:
        pool = ProcessPoolExecutor(os.cpu_count() or 1, get_context("spawn"), _begin)
        with pool, kept.open("a", encoding="utf-8") as file:
            done = pool.map(_in_process, missing, chunksize=4)
            for number, (row, features) in enumerate(zip(missing, done, strict=True), 1):
                known[row.task.key] = features
                file.write(json.dumps({"id": row.task.key, "features": features}) + "\n")
                if number % 100 == 0:
                    file.flush()
                    print(number, flush=True)
    return (known[row.task.key] for row in rows)


def table_of(rows: Sequence[Planned], measured: Sequence[Features]) -> Table:
    """The rows of whole articles as a table."""
    table = Table()
    for row, features in zip(rows, measured, strict=True):
        if features:
            count = len(row.task.second)
            table.add(features, row.pair, row.task.direction, is_yes=row.is_yes, sentences=count)
    return table


def _only(table: Table, names: Sequence[str]) -> Table:
    return replace(table, features=[{n: row[n] for n in names} for row in table.features])


def _centred(table: Table) -> Table:
    """The same rows, less what is typical of each direction: the middle of people and machines."""
    names = table.names
    matrix, truth = table.matrix(names), np.array(table.is_yes)
    directions = np.array([direction for _, direction in table.groups])
    for direction in set(directions.tolist()):
        here = directions == direction
        kinds = [here & (truth == kind) for kind in (True, False) if (here & (truth == kind)).any()]
        matrix[here] -= np.mean([matrix[rows].mean(axis=0) for rows in kinds], axis=0)
    rows = [dict(zip(names, map(float, row), strict=True)) for row in matrix]
    return replace(table, features=rows)


def main() -> None:
    """Measure, fit, and print a line for each family."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("kept", type=Path)
    parser.add_argument("labelled", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=1, help="of the documents, each n-th")
    arguments = parser.parse_args()
    pairs = [p for path in arguments.labelled for p in read_pairs(path) if isinstance(p, Pair)]
    documents = sorted({pair.document for pair in pairs})[:: arguments.every]
    chosen = set(documents)
    rows = [row for row in machine_rows(p for p in pairs if p.document in chosen) if not row.size]
    table = table_of(rows, list(measured_rows(rows, arguments.kept)))
    names = table.names
    families = ("temperature", "rank", "spread", "back", "attention", "context", "own_agreement")
    alone = [n for n in names if n.startswith("alone")]
    measured = [n for n in names if not n.startswith((*families, "alone"))]
    base = [n for n in measured if family_of(n) in (Family.MEANING, Family.ENGINE)]
    trials = {"as it is": base, "with words, fluency, order and form": measured}
    trials |= {f: [*base, *(n for n in names if n.startswith(f))] for f in families}
    trials["all"] = [n for n in names if n not in alone]
    trials["the candidate alone"] = alone
    print("family | area | at 1 % | Cllr | minimum | moderate (machines/people) | strong")
    tables = {name: _only(table, used) for name, used in trials.items()}
    tables |= {f"{name}, centred": _centred(tables[name]) for name in ("as it is", "all")}
    for name, some in tables.items():
        found = figures(some, LeftOut.SET)
        area, positives = found.means
        strong, moderate, _ = found.rates
        print(
            f"{name} ({len(some.names)}) | {area:.4f} | {positives:.3f} | {found.cllr:.3f} | "
            f"{found.minimum_cllr:.3f} | {moderate.others:.3f}/{moderate.innocents:.4f} | "
            f"{strong.others:.3f}/{strong.innocents:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
