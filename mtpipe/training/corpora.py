"""The corpora of a training run: which directions each has, and its tokens, read once."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from mtpipe.errors import ConfigError, InputError, UnsupportedDirection
from mtpipe.training import store
from mtpipe.training.corpus import MALFORMED, clean_pairs, direction_of
from mtpipe.training.folder import digest_of
from mtpipe.training.settings import Recipe
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Direction, Language

Note = Callable[[str], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Corpus:
    """A file of training data, and what is learnt from it.

    Attributes:
        path: the file.
        columns: its languages, in their order.
        directions: to be trained: that of the columns, its reverse, or both.
    """

    path: Path
    columns: Direction
    directions: frozenset[Direction]


def find_corpora(recipe: Recipe, able: Set[Direction] | None) -> list[Corpus]:
    """The files of a recipe, with the directions that it and the initial model leave of each.

    Args:
        recipe: of the run.
        able: directions that the initial model translates; None where there is no such model.

    Raises:
        ConfigError: nothing says which languages a file is in, or none of it is to be trained.
        InputError: a file isn't there.
        UnsupportedDirection: the initial model can't translate any direction of a file.
    """
    corpora: list[Corpus] = []
    for path in recipe.data:
        if not path.is_file():
            raise InputError(f"there is no file {path}")
        columns = direction_of(path) or recipe.direction
        if columns is None:
            raise ConfigError(
                f"nothing says which languages {path.name} is in",
                hint="give --from and --to, or name it like news.de-en.tsv",
            )
        both = {columns, columns.reversed}
        directions = both & {recipe.direction} if recipe.direction else both
        if not directions:
            raise ConfigError(f"{path.name} is {columns}, but {recipe.direction} is to be trained")
        if able is not None:
            if not directions & able:
                raise UnsupportedDirection(
                    f"{recipe.init} translates {', '.join(map(str, sorted(able)))}, not "
                    f"{', '.join(map(str, sorted(directions)))} as in {path.name}",
                    hint="start from another model, see: mtpipe models list",
                )
            directions &= able
        corpora.append(Corpus(path, columns, frozenset(directions)))
    return corpora


def token_stores(
    corpora: list[Corpus], vocabulary: Vocabulary, companions: Path, output: Path, note: Note
) -> Iterator[store.TokenStore]:
    """The tokenised corpora, made now unless they are there already.

    Args:
        corpora: files and directions.
        vocabulary: of the model.
        companions: folder of its files.
        output: folder of the run.
        note: gets a line on each corpus that is read.

    Raises:
        InputError: a corpus can't be read.
        OSError: a store can't be written.
    """
    for number, corpus in enumerate(corpora):
        yield from _stores_of(corpus, number, vocabulary, companions, output, note)


def _stores_of(
    corpus: Corpus,
    number: int,
    vocabulary: Vocabulary,
    companions: Path,
    output: Path,
    note: Note,
) -> Iterator[store.TokenStore]:
    both = len(corpus.directions) == 2
    # Where each side has a tokenizer of its own, each direction needs a store of its own.
    shared = both and vocabulary.is_joint
    tokenizer = digest_of(
        [companions / name for name in ("source.spm", "target.spm", "vocab.json")]
    )
    for direction in [corpus.columns] if shared else sorted(corpus.directions):
        directory = output / "store" / f"{number}-{direction}"
        facts = corpus.path.stat()
        fingerprint = json.dumps(
            [
                *(store.FORMAT, corpus.path.name, facts.st_size, facts.st_mtime_ns),
                *(str(corpus.columns), tokenizer),
            ]
        )
        if not store.is_current(directory, fingerprint):
            note(f"reading {corpus.path.name} for {direction}")
            dropped: Counter[str] = Counter()
            pairs = clean_pairs(corpus.path, corpus.columns, dropped)
            kept = store.build_store(
                pairs if direction == corpus.columns else (pair.swapped for pair in pairs),
                direction,
                vocabulary,
                directory,
                fingerprint=fingerprint,
                dropped=dropped,
            )
            if dropped[MALFORMED]:
                _log.warning(
                    "%s: %d lines can't be read and are left out",
                    corpus.path.name,
                    dropped[MALFORMED],
                )
            reasons = ", ".join(f"{reason} {count}" for reason, count in dropped.most_common())
            _log.info(
                "%s: %d pairs kept, %d left out (%s)",
                corpus.path.name,
                kept.total(),
                dropped.total(),
                reasons or "none",
            )
        yield store.TokenStore.open(directory, both_ways=shared)


def weighted_sentences(
    corpora: list[Corpus], weights: Mapping[str, float]
) -> Iterator[tuple[Language, str, float]]:
    """Every sentence of either side, with its language and the weight of its corpus."""
    for corpus in corpora:
        for pair in clean_pairs(corpus.path, corpus.columns):
            specific = weights.get(f"{corpus.columns}/{pair.corpus}")
            weight = weights.get(pair.corpus, 1.0) if specific is None else specific
            yield corpus.columns.source, pair.source, weight
            yield corpus.columns.target, pair.target, weight


def warn_of_unknown_weights(weights: Mapping[str, float], stores: list[store.TokenStore]) -> None:
    """Warn of weights that no corpus has."""
    known = {name for opened in stores for name in opened.corpora}
    known |= {f"{opened.direction}/{name}" for opened in stores for name in opened.corpora}
    if unknown := sorted(set(weights) - known):
        _log.warning("weights of corpora that the data doesn't have: %s", ", ".join(unknown))
