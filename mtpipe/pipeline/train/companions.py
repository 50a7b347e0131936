"""What goes beside the weights of a trained model: its tokenizer and its card."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtpipe._optional import require
from mtpipe.models.card import CARD, Card
from mtpipe.models.cards import InstalledModel
from mtpipe.training.corpora import Corpus, Note, weighted_sentences
from mtpipe.training.folder import copy_tokenizer
from mtpipe.training.settings import Recipe
from mtpipe.training.vocabulary import sample_balanced, train_vocabulary
from mtpipe.training.vocabulary_cut import cut_vocabulary
from mtpipe.types import Direction

if TYPE_CHECKING:
    from mtpipe.training.pretrained import PretrainedEncoder

VOCABULARY_SENTENCES = 140_000
"""Sentences of each language that a vocabulary is trained on."""


def make_companions(
    recipe: Recipe,
    init: InstalledModel | None,
    encoder: "PretrainedEncoder | None",
    corpora: list[Corpus],
    companions: Path,
    *,
    threads: int,
    note: Note,
) -> None:
    """Put tokenizer and card where every export takes them from.

    Args:
        recipe: says where the vocabulary is from; by default it is made now: cut from that of the
            encoder to begin from, or trained.
        init: the model to start from, if any, whose tokenizer stays.
        encoder: that a new model begins with, if any, whose tokenizer is cut.
        corpora: files and directions.
        companions: the folder to make.
        threads: CPU threads.
        note: gets a line when a vocabulary is made.

    Raises:
        ConfigError: there is no tokenizer where the recipe says, or its size doesn't do.
        DependencyMissing: cutting it takes protobuf, which isn't installed.
        InputError: a corpus can't be read.
        OSError: the folder can't be written.
    """
    scratch = companions.with_name(companions.name + ".new")
    shutil.rmtree(scratch, ignore_errors=True)
    trained = sorted({direction for corpus in corpora for direction in corpus.directions})
    if init or recipe.vocabulary:
        copy_tokenizer(init.directory if init else recipe.vocabulary or Path(), scratch)
    else:
        _make_vocabulary(recipe, encoder, corpora, trained, scratch, threads=threads, note=note)
    data = ", ".join(corpus.path.name for corpus in corpora)
    begun = encoder.name if encoder else ""
    text = _card_text(init.card if init else None, begun, trained, data)
    (scratch / CARD).write_text(text, "utf-8")
    scratch.rename(companions)


def _make_vocabulary(
    recipe: Recipe,
    encoder: "PretrainedEncoder | None",
    corpora: list[Corpus],
    trained: list[Direction],
    directory: Path,
    *,
    threads: int,
    note: Note,
) -> None:
    targets = {direction.target for direction in trained}
    tags = targets if len(targets) > 1 else ()
    size = recipe.architecture.vocabulary
    if encoder:
        require("google.protobuf", extra="torch")
        note(f"cutting a vocabulary from that of {encoder.name}")
    else:
        note("training a vocabulary")
    sample = sample_balanced(
        weighted_sentences(corpora, recipe.weights),
        per_language=VOCABULARY_SENTENCES,
        seed=recipe.seed,
    )
    if encoder:
        cut_vocabulary(encoder.pieces, sample, tags, directory, size=size, threads=threads)
    else:
        train_vocabulary(sample, tags, directory, size=size, seed=recipe.seed, threads=threads)


def _card_text(init: Card | None, encoder: str, trained: list[Direction], data: str) -> str:
    """A minimal card.toml: enough to translate with the model and to know where it is from."""
    names = [str(direction) for direction in trained]
    base = f"{init.origin}@{init.revision}" if init else ""
    licence = "that of the training data"
    if encoder:
        licence += f" and of {encoder}"
        data = f"whatever {encoder} was trained on, then {data}"
    fields: dict[str, Any] = {
        "title": f"{init.title}, fine-tuned" if init else f"trained here for {', '.join(names)}",
        "origin": base or "mtpipe train",
        "revision": "local",
        "licence": init.licence if init else licence,
        # What a model could translate before, it still can, if less well.
        "directions": [str(direction) for direction in init.directions] if init else names,
        "training_data": f"{init.training_data or init.name}; then {data}" if init else data,
        "citation": init.citation if init else "",
    }
    # JSON's strings and lists of strings are TOML's, too.
    return "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in fields.items())
