"""A toy language pair, small enough to be learnt in seconds."""

import json
import random
from pathlib import Path

import numpy as np
import sentencepiece

from mtpipe.training.batches import Batch
from mtpipe.training.model import new_model
from mtpipe.training.settings import Architecture
from mtpipe.training.vocabulary import train_vocabulary
from mtpipe.types import Language

SUBJECTS = {"der Hund": "the dog", "die Katze": "the cat", "ein Kind": "a child"}
VERBS = {"sieht": "sees", "mag": "likes", "sucht": "seeks", "kennt": "knows"}
OBJECTS = {"den Ball": "the ball", "das Haus": "the house", "einen Baum": "a tree"}
ENDS = {"heute": "today", "dort": "there", "immer": "always"}

ENCODER_SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")

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


def write_encoder(directory: Path, tokenizer: Path, **changes) -> Path:
    """A small BERT with the pieces of a tokenizer of ours behind XLM-R's specials."""
    import torch
    from transformers import BertConfig, BertModel

    processor = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer / "source.spm"))
    numbers = range(processor.get_piece_size())
    vocabulary = [[text, 0.0] for text in ENCODER_SPECIALS]
    vocabulary += [
        [processor.id_to_piece(i), processor.get_score(i)]
        for i in numbers
        if not (processor.is_byte(i) or processor.is_control(i) or processor.is_unknown(i))
    ]
    torch.manual_seed(3)
    config = {
        "vocab_size": len(vocabulary),
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": 258,
        "initializer_range": 0.3,
        **changes,
    }
    model = BertModel(BertConfig(**config), add_pooling_layer=False)
    model.save_pretrained(directory)
    write_encoder_tokenizer(directory, {"type": "Unigram", "unk_id": 3, "vocab": vocabulary})
    return directory


def write_encoder_tokenizer(directory: Path, model: dict, specials=ENCODER_SPECIALS) -> None:
    added = [{"id": i, "content": text, "special": True} for i, text in enumerate(specials)]
    content = {"version": "1.0", "added_tokens": added, "normalizer": None, "model": model}
    (directory / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")


def write_warm_model(directory: Path) -> Path:
    """A model that begins with a small BERT: GELU, two tables, learnt positions, a bias."""
    import torch

    from mtpipe.training.model import save_model
    from mtpipe.training.pretrained import read_encoder
    from mtpipe.training.vocabulary import Vocabulary
    from mtpipe.training.warm_start import warm_model

    tokenizer = write_tokenizer(directory, tags=True)
    encoder = read_encoder(write_encoder(directory.parent / "encoder", tokenizer))
    vocabulary = Vocabulary(tokenizer)
    sizes = Architecture(**{**TINY, "encoder_layers": 2, "decoder_layers": 2})
    torch.manual_seed(7)
    model = warm_model(encoder, sizes, vocabulary, [toy_batch(vocabulary)])
    save_model(model, directory)
    return directory


def toy_batch(vocabulary, count: int = 40) -> Batch:
    """Toy sentences, every second one the other way, the target's tag first where there are tags."""
    tags = list(vocabulary.tags.values())
    sources, targets = [], []
    for number, pair in enumerate(toy_pairs(count)):
        source, target = pair if number % 2 else pair[::-1]
        [ids] = vocabulary.encode_source([source])
        sources.append([*tags[number % 2 : number % 2 + 1], *ids, vocabulary.eos])
        [ids] = vocabulary.encode_target([target])
        targets.append([*ids, vocabulary.eos])

    def padded(rows):
        width = max(map(len, rows))
        return np.array([row + [vocabulary.pad] * (width - len(row)) for row in rows])

    source, target = padded(sources), padded(targets)
    before = np.concatenate([np.full((count, 1), vocabulary.pad), target[:, :-1]], axis=1)
    return Batch(source, before, target, sum(map(len, targets)))


def tiny_model(vocabulary_size: int):
    return new_model(Architecture(**TINY), vocabulary_size)
