"""A toy language pair, small enough to be learnt in seconds."""

import random
from pathlib import Path

from mtpipe.training.model import new_model
from mtpipe.training.settings import Architecture
from mtpipe.training.vocabulary import train_vocabulary
from mtpipe.types import Language

SUBJECTS = {"der Hund": "the dog", "die Katze": "the cat", "ein Kind": "a child"}
VERBS = {"sieht": "sees", "mag": "likes", "sucht": "seeks", "kennt": "knows"}
OBJECTS = {"den Ball": "the ball", "das Haus": "the house", "einen Baum": "a tree"}
ENDS = {"heute": "today", "dort": "there", "immer": "always"}

TINY = {
    "d_model": 32,
    "ffn_dim": 64,
    "heads": 2,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "vocabulary": 320,
}


def toy_pairs(count: int, seed: int = 1) -> list[tuple[str, str]]:
    """Word-by-word translations from German to English; 108 different ones."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(count):
        words = [rng.choice(list(table.items())) for table in (SUBJECTS, VERBS, OBJECTS, ENDS)]
        source, target = (" ".join(side) for side in zip(*words, strict=True))
        pairs.append((f"{source}.", f"{target}."))
    return pairs


def write_tsv(path: Path, pairs: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")
    return path


def write_tokenizer(directory: Path, *, tags: bool = False) -> Path:
    sentences = [sentence for pair in toy_pairs(200) for sentence in pair]
    sentences += ["1956 0 2 3 4 7 8"] * 20
    languages = (Language.DE, Language.EN) if tags else ()
    train_vocabulary(sentences, languages, directory, size=TINY["vocabulary"])
    return directory


def tiny_model(vocabulary_size: int):
    return new_model(Architecture(**TINY), vocabulary_size)
