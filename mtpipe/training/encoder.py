"""Training of the static cross-lingual encoder: one vector a piece, summed and normalised.

Both sides of a translation pair are each other's positive, all other pairs of the batch their
negatives (in-batch softmax in both directions, as in LaBSE, Feng et al. 2022). Beads compare runs
of sentences, so runs are trained, too: a pair is joined with the next ones of its batch, and a
run that has a sentence more or less than the other side is a negative, the hardest there is.

A sum of vectors knows no word order, which costs little where the question is only which
sentences belong together, and makes encoding as fast as tokenising. Not for translation models,
see :mod:`mtpipe.training.trainer`.

Usage: ``python -m mtpipe.training.encoder de-en.tsv.xz de-fr.tsv.xz fr-en.tsv.xz --output DIR``
"""

import argparse
import logging
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import sentencepiece
import torch
import torch.nn.functional as F  # noqa: N812 - the name it has everywhere
from numpy.typing import NDArray
from safetensors.numpy import save_file

from mtpipe.training.corpus import SentencePair, clean_pairs
from mtpipe.training.vocabulary import normalisation_rules
from mtpipe.types import Direction

_log = logging.getLogger(__name__)
_MAX_PIECES = 120
_PIECES_SENTENCES = 150_000
_CHUNK = 50_000
_REPORT_S = 30.0

_MANUALS = (
    "msdocs-d365", "msdocs-dotnet", "ms-business-central", "ms-dynamics-operations",
    "ms-dynamics-operations-2018", "ms-project-operations", "php-docs", "python-docs",
    "django-docs", "swiss-law", "canada-laws",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of training at one setting; the rate falls linearly to zero within it.

    Attributes:
        pairs: to train on.
        batch: pairs a step.
        runs: lengths of run that take part, from 1; each pair is in a run of each length.
        rate: peak learning rate of Adam.
    """

    pairs: int
    batch: int
    runs: int
    rate: float


@dataclass(frozen=True, kw_only=True)
class EncoderRecipe:
    """How the encoder is trained.

    Attributes:
        pieces: vocabulary size.
        dimensions: of a vector.
        phases: sentences first, then runs of sentences.
        temperature: cosines are divided by it before the softmax.
        weights: share of a corpus that is used, by its name; 1 where not given.
        seed: of sampling, initialisation and order.
    """

    pieces: int = 32_000
    dimensions: int = 256
    phases: tuple[Phase, ...] = (
        Phase(pairs=4_000_000, batch=2_048, runs=1, rate=5e-3),
        Phase(pairs=4_000_000, batch=1_024, runs=3, rate=3e-3),
    )
    temperature: float = 0.05
    weights: dict[str, float] = field(
        default_factory=lambda: {"debian-www": 0.5} | dict.fromkeys(_MANUALS, 0.25)
    )
    seed: int = 1


@dataclass(frozen=True)
class _Side:
    """Ragged piece ids: row i is ``ids[starts[i]:starts[i + 1]]``."""

    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def bags(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ids of some rows, one after the other, and where each row starts."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        offsets = np.concatenate(([0], np.cumsum(lengths)[:-1]))
        picked = np.repeat(self.starts[rows] - offsets, lengths) + np.arange(lengths.sum())
        return self.ids[picked].astype(np.int64), offsets


def train_encoder(files: Iterable[Path], output: Path, recipe: EncoderRecipe) -> None:
    """Train an encoder and write ``pieces.spm`` and ``vectors.safetensors`` (float16).

    Args:
        files: parallel files named by their direction (``de-en.tsv.xz``).
        output: folder, created if need be.
        recipe: sizes and schedule.

    Raises:
        InputError: a file can't be read, or its name gives no direction.
    """
    output.mkdir(parents=True, exist_ok=True)
    rng = random.Random(recipe.seed)  # noqa: S311 - sampling
    corpora = [list(_sampled(path, recipe, rng)) for path in files]
    sentences = [
        " ".join(text.split())
        for pairs in corpora
        for pair in rng.sample(pairs, min(len(pairs), _PIECES_SENTENCES))
        for text in (pair.source, pair.target)
    ]
    rng.shuffle(sentences)
    _log.info("%d pairs; pieces from %d sentences", sum(map(len, corpora)), len(sentences))
    train_pieces(sentences, output / "pieces.spm", size=recipe.pieces, seed=recipe.seed)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(output / "pieces.spm"))
    sides = [
        (
            _tokenise(pieces, [pair.source for pair in pairs]),
            _tokenise(pieces, [pair.target for pair in pairs]),
        )
        for pairs in corpora
    ]
    table = _train_vectors(sides, pieces.get_piece_size(), recipe)
    save_file({"vectors": table.astype(np.float16)}, output / "vectors.safetensors")


def _sampled(path: Path, recipe: EncoderRecipe, rng: random.Random) -> Iterator[SentencePair]:
    direction = Direction.parse(path.name.split(".")[0])
    for pair in clean_pairs(path, direction):
        if rng.random() < recipe.weights.get(pair.corpus, 1.0):
            yield pair


def _tokenise(pieces: Any, sentences: list[str]) -> _Side:
    ids, lengths = [], []
    for first in range(0, len(sentences), _CHUNK):
        rows = [row[:_MAX_PIECES] for row in pieces.encode(sentences[first : first + _CHUNK])]
        lengths += [len(row) for row in rows]
        ids.append(np.fromiter((piece for row in rows for piece in row), dtype=np.uint16))
    return _Side(np.concatenate(ids), np.concatenate(([0], np.cumsum(lengths))))


def _train_vectors(
    corpora: list[tuple[_Side, _Side]], size: int, recipe: EncoderRecipe
) -> NDArray[np.float32]:
    generator = np.random.default_rng(recipe.seed)
    torch.manual_seed(recipe.seed)
    table = (torch.randn(size, recipe.dimensions) * 0.1).requires_grad_()
    counts = np.array([len(source) for source, _ in corpora], dtype=float)
    for phase in recipe.phases:
        optimiser = torch.optim.Adam([table], lr=phase.rate, betas=(0.9, 0.98), fused=True)
        waiting: dict[int, NDArray[np.int64]] = defaultdict(lambda: np.empty(0, dtype=np.int64))
        done, reported, average = 0, time.monotonic(), 0.0
        while done < phase.pairs:
            # A batch is of one direction, so that the language gives nothing away.
            number = int(generator.choice(len(corpora), p=counts / counts.sum()))
            if len(waiting[number]) < phase.batch:
                waiting[number] = generator.permutation(len(corpora[number][0]))
            rows, waiting[number] = np.split(waiting[number], [phase.batch])
            warm = min(1.0, (done / phase.batch + 1) / 50)
            for group in optimiser.param_groups:
                group["lr"] = phase.rate * warm * max(0.02, 1 - done / phase.pairs)
            loss = _step(table, optimiser, corpora[number], rows, phase, recipe.temperature)
            average = loss if not done else 0.95 * average + 0.05 * loss
            done += len(rows)
            if time.monotonic() - reported > _REPORT_S:
                _log.info("runs of up to %d: %d pairs, loss %.3f", phase.runs, done, average)
                reported = time.monotonic()
    return np.asarray(table.detach().numpy())


def _step(
    table: torch.Tensor,
    optimiser: torch.optim.Optimizer,
    corpus: tuple[_Side, _Side],
    rows: NDArray[np.int64],
    phase: Phase,
    temperature: float,
) -> float:
    """One update; the gradient of the loss is written out, which halves the time on a CPU."""
    bags = [side.bags(rows) for side in corpus]
    ids = torch.from_numpy(np.concatenate([bag[0] for bag in bags]))
    offsets = torch.from_numpy(np.concatenate((bags[0][1], bags[1][1] + len(bags[0][0]))))
    sums = F.embedding_bag(ids, table, offsets, mode="sum")
    with torch.no_grad():
        sources, targets = (_runs(part, phase.runs) for part in sums.chunk(2))
        loss, source_grad, target_grad = _contrast(
            sources, targets, [_twins(*bag) for bag in bags], temperature
        )
        gradient = torch.cat([_runs_gradient(g, phase.runs) for g in (source_grad, target_grad)])
    optimiser.zero_grad()
    torch.autograd.backward(sums, gradient)
    optimiser.step()
    return loss


def _runs(sums: torch.Tensor, count: int) -> torch.Tensor:
    """Each row, each row plus the next, ...: (rows, d) to (count * rows, d)."""
    runs = [sums]
    for k in range(1, count):
        runs.append(runs[-1] + sums.roll(-k, 0))
    return torch.cat(runs)


def _runs_gradient(gradient: torch.Tensor, count: int) -> torch.Tensor:
    """What the gradient of the runs means for the rows, the transpose of :func:`_runs`."""
    parts = gradient.chunk(count)
    total = torch.zeros_like(parts[0])
    for k in range(count):
        total += torch.stack(parts[k:]).sum(0).roll(k, 0)
    return total


def _twins(ids: NDArray[np.int64], offsets: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Groups of rows with the same pieces, which must not be each other's negatives."""
    prints = np.add.reduceat(ids * ids * 2_654_435_761 % 1_000_003, offsets)
    _, inverse, counts = np.unique(prints, return_inverse=True, return_counts=True)
    return [np.flatnonzero(inverse == value) for value in np.flatnonzero(counts > 1)]


def _contrast(
    sources: torch.Tensor,
    targets: torch.Tensor,
    twins: list[list[NDArray[np.int64]]],
    temperature: float,
) -> tuple[float, torch.Tensor, torch.Tensor]:
    """Loss of the softmax in both directions, and its gradients."""
    source_norms, target_norms = (side.norm(dim=1, keepdim=True) for side in (sources, targets))
    sources, targets = sources / source_norms, targets / target_norms
    half_sources, half_targets = sources.bfloat16(), targets.bfloat16()
    chances = (half_sources @ half_targets.T).float()
    own = chances.diagonal().clone()
    # Cosines are bounded: no maximum needs to be taken off before the exponential.
    chances.mul_(1 / temperature).exp_()
    for group in (rows for side in twins for rows in side):
        rows = torch.from_numpy(group)
        kept = chances[rows, rows].clone()
        chances[rows[:, None], rows[None, :]] = 0
        chances[rows, rows] = kept
    by_source, by_target = chances.sum(1), chances.sum(0)
    loss = (by_source.log() + by_target.log()).mean() / 2 - own.mean() / temperature
    pull = chances.mul_((0.5 / by_source)[:, None] + (0.5 / by_target)[None, :]).bfloat16()
    scale = 1 / (len(sources) * temperature)
    source_grad = ((pull @ half_targets).float() - targets) * scale
    target_grad = ((pull.T @ half_sources).float() - sources) * scale
    return (
        float(loss),
        _through_norm(source_grad, sources, source_norms),
        _through_norm(target_grad, targets, target_norms),
    )


def _through_norm(gradient: torch.Tensor, units: torch.Tensor, norms: torch.Tensor) -> torch.Tensor:
    """Gradient of the vectors from that of their unit vectors."""
    return (gradient - units * (gradient * units).sum(1, keepdim=True)) / norms


def folding_rules() -> dict[str, str]:
    """The translation models' character rules, with case folded and ß written ss.

    Headlines in capitals and Swiss spelling then have the same pieces as running text.
    """
    rules = {key: value.casefold() for key, value in normalisation_rules().items()}
    for code in range(0x20, 0x110000):
        char = chr(code)
        if not 0xD800 <= code < 0xE000 and char not in rules and char.casefold() != char:
            rules[char] = char.casefold()
    return {key: value for key, value in rules.items() if key != value}


def train_pieces(sentences: Iterable[str], path: Path, *, size: int, seed: int = 1) -> None:
    """Train the encoder's SentencePiece model.

    Unigram (Kudo 2018); byte fallback gives every text a vector. Unlike the translation
    vocabulary it keeps frequent figures whole: a sum of single digits couldn't tell 1956 from
    1965.
    """
    sentencepiece.set_random_generator_seed(seed)
    with TemporaryDirectory() as temporary:
        rules = Path(temporary) / "rules.tsv"
        rules.write_text(
            "".join(f"{_code_points(a)}\t{_code_points(b)}\n" for a, b in folding_rules().items()),
            encoding="ascii",
        )
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_prefix=str(Path(temporary) / "pieces"),
            vocab_size=size,
            model_type="unigram",
            character_coverage=0.9999,
            byte_fallback=True,
            normalization_rule_tsv=str(rules),
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            max_sentence_length=2_000,
            minloglevel=1,
        )
        path.write_bytes((Path(temporary) / "pieces.model").read_bytes())


def _code_points(text: str) -> str:
    return " ".join(f"{ord(char):X}" for char in text)


def main() -> None:
    """Train with the default recipe."""
    parser = argparse.ArgumentParser(prog="python -m mtpipe.training.encoder")
    parser.add_argument("files", type=Path, nargs="+", help="named by direction: de-en.tsv.xz")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(arguments.threads)
    train_encoder(arguments.files, arguments.output, EncoderRecipe())


if __name__ == "__main__":
    main()
