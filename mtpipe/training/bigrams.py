"""Training of the bigrams: which piece of a language follows which, how probably.

Interpolated absolute discounting with continuation counts below (Kneser and Ney 1995), pruned.
It says how expected a text is, which machines' texts are more than people's. Not for generating.

Usage: ``python -m mtpipe.training.bigrams de-en.tsv.xz ... --pieces pieces.spm --output DIR``
"""

import argparse
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray
from safetensors.numpy import save_file

from mtpipe.training.corpus import clean_pairs
from mtpipe.training.lexicon import quantised
from mtpipe.types import Direction, Language


@dataclass(frozen=True, kw_only=True)
class BigramRecipe:
    """How the bigrams are counted.

    Attributes:
        shares: of the sentences of a corpus that are used, by its name; others aren't.
        sentences: of a language, at most.
        min_count: rarer bigrams are left to the level below.
        discount: taken off each count.
        seed: of the sampling.
    """

    shares: Mapping[str, float] = field(
        default_factory=lambda: {
            "newstest": 1.0,
            "swiss-gov-news": 0.35,
            "europarl-concodisco": 0.4,
            "europarl-join": 1.0,
            "europarl-simt": 1.0,
            "tatoeba-testset": 1.0,
            "tatoeba-manythings": 0.4,
            "mozilla-www": 1.0,
            "privacyguides": 1.0,
            "opensource-guide": 1.0,
        }
    )
    sentences: int = 350_000
    min_count: int = 3
    discount: float = 0.75
    seed: int = 1


def train_bigrams(files: Iterable[Path], pieces: Path, output: Path, recipe: BigramRecipe) -> None:
    """Count the bigrams of every language in some files and write ``bigrams.safetensors``.

    Args:
        files: parallel files named by their direction (``de-en.tsv.xz``).
        pieces: SentencePiece model of the static encoder.
        output: folder, created if need be.
        recipe: sizes.

    Raises:
        InputError: a file can't be read, or its name gives no direction.
    """
    output.mkdir(parents=True, exist_ok=True)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
    rng = random.Random(recipe.seed)  # noqa: S311 - sampling
    texts: dict[Language, dict[str, None]] = {language: {} for language in Language}
    for path in files:
        direction = Direction.parse(path.name.split(".")[0])
        for pair in clean_pairs(path, direction):
            if rng.random() < recipe.shares.get(pair.corpus, 0.0):
                texts[direction.source][pair.source] = None
                texts[direction.target][pair.target] = None
    arrays: dict[str, NDArray[np.generic]] = {}
    for language, sentences in texts.items():
        chosen = list(sentences)
        rng.shuffle(chosen)
        rows = processor.encode(chosen[: recipe.sentences], num_threads=2)
        arrays |= {
            f"{language}.{name}": array
            for name, array in _counted(rows, processor.get_piece_size(), recipe).items()
        }
    save_file(arrays, output / "bigrams.safetensors")


def _counted(
    rows: list[list[int]], pieces: int, recipe: BigramRecipe
) -> dict[str, NDArray[np.generic]]:
    """Counts of one language; behind the pieces stand begin and end of a sentence."""
    begin, end, size = pieces, pieces + 1, pieces + 2
    line = np.concatenate([np.array([begin, *row, end], np.int64) for row in rows])
    unigrams = np.bincount(line, minlength=size)
    unigrams[begin] = 0
    keys = line[:-1] * size + line[1:]
    keys, counts = np.unique(keys[line[1:] != begin], return_counts=True)
    before, after = keys // size, keys % size
    times = np.bincount(before, weights=counts, minlength=size)
    kinds = np.bincount(before, minlength=size)
    continuation = np.bincount(after, minlength=size) + 0.5
    continuation /= continuation.sum()
    backoff = np.where(times > 0, recipe.discount * kinds / np.maximum(times, 1), 1.0)
    probable = np.maximum(counts - recipe.discount, 0) / times[before]
    probable += backoff[before] * continuation[after]
    kept = counts >= recipe.min_count
    return {
        "keys": keys[kept].astype(np.uint32),
        "log_prob": quantised(probable[kept]),
        "log_backoff": np.log(backoff).astype(np.float16),
        "log_continuation": np.log(continuation).astype(np.float16),
        "log_unigram": np.log((unigrams + 0.5) / (unigrams.sum() + 0.5 * size)).astype(np.float16),
    }


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--pieces", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    train_bigrams(arguments.files, arguments.pieces, arguments.output, BigramRecipe())


if __name__ == "__main__":
    main()
