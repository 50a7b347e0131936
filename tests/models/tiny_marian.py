"""A Marian model of a few thousand weights that has learnt one sentence, in stock layout."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from mtpipe.config import models_directory
from mtpipe.models.card import Card, write_card
from mtpipe.types import Direction
from tests.models.pieces import train_pieces

HUB_ID, NAME = "acme/opus-mt-de-en", "tiny-de-en"
SOURCE, TARGET = "Das Wetter ist heute sehr schön.", "The weather is very nice today."

FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "source.spm",
    "target.spm",
    "tokenizer_config.json",
    "vocab.json",
)


@functools.cache
def tiny_marian(*, trained: bool = True) -> Path:
    """Build the model, once a test run; without training it puts out noise."""
    directory = Path(tempfile.mkdtemp(prefix="tiny-marian-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    tokenizer = directory / "tokenizer"
    if trained:
        _train_vocabulary(tokenizer)
    else:
        shutil.copytree(tiny_marian(), tokenizer)
    return _train_model(tokenizer, directory / "model", steps=120 if trained else 0)


def contents(directory: Path) -> dict[str, bytes]:
    """The files of a folder by their name."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def write_tiny_card(**more: object) -> Card:
    """The card that mtpipe has of the tiny model on the hub."""
    values: dict[str, object] = {
        "name": NAME,
        "title": "Tiny",
        "origin": HUB_ID,
        "revision": "main",
        "licence": "CC0-1.0",
        "directions": (Direction.parse("de-en"),),
        "smoke_test": {"de-en": [SOURCE, "weather"]},
    }
    card = Card(**{**values, **more})  # type: ignore[arg-type]
    folder = models_directory() / card.name
    folder.mkdir(parents=True, exist_ok=True)
    write_card(card, folder / "card.toml")
    return card


def _train_vocabulary(directory: Path) -> None:
    from mtpipe.training.vocabulary import PAD, write_vocabulary

    directory.mkdir()
    vocabulary = train_pieces(directory / "joint", [SOURCE, TARGET], 60)
    for name in ("source.spm", "target.spm"):
        shutil.copyfile(directory / "joint.model", directory / name)
    write_vocabulary([*vocabulary, PAD], directory)


def _train_model(tokenizer: Path, directory: Path, *, steps: int) -> Path:
    import torch
    from transformers import MarianConfig, MarianMTModel

    from mtpipe.engines.tokenizer import Tokenizer
    from mtpipe.types import Direction

    torch.manual_seed(1)
    threads = torch.get_num_threads()
    # Threads that wait for each other cost far more than they save at this size.
    torch.set_num_threads(1)
    vocabulary = Tokenizer(tokenizer).ids
    pad = vocabulary["<pad>"]
    model = MarianMTModel(
        MarianConfig(
            vocab_size=len(vocabulary),
            d_model=32,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=64,
            decoder_ffn_dim=64,
            max_position_embeddings=512,
            activation_function="relu",
            scale_embedding=True,
            dropout=0.0,
            init_std=32**-0.5,
            pad_token_id=pad,
            eos_token_id=0,
            forced_eos_token_id=0,
            decoder_start_token_id=pad,
        )
    )
    [source] = Tokenizer(tokenizer).encode([SOURCE], Direction.parse("de-en"))
    target = [*_pieces(tokenizer, TARGET), "</s>"]
    inputs = torch.tensor([[vocabulary[token] for token in source]])
    labels = torch.tensor([[vocabulary[token] for token in target]])
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(steps):
        model(input_ids=inputs, labels=labels).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    torch.set_num_threads(threads)
    model.save_pretrained(directory)
    for name in ("source.spm", "target.spm", "vocab.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer / name, directory / name)
    return directory


def _pieces(tokenizer: Path, text: str) -> list[str]:
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer / "target.spm"))
    return list(processor.encode(text, out_type=str))
