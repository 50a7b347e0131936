"""SentencePiece models of a few sentences, with the special pieces of Marian's."""

from collections.abc import Sequence
from pathlib import Path

import sentencepiece


def train_pieces(prefix: Path, texts: Sequence[str], size: int) -> list[str]:
    """Write ``prefix.model`` (and no list beside it), and return its pieces."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*texts] * 20),
        model_prefix=str(prefix),
        vocab_size=size,
        hard_vocab_limit=False,
        eos_id=0,
        unk_id=1,
        bos_id=-1,
        pad_id=-1,
        minloglevel=2,
    )
    prefix.with_name(f"{prefix.name}.vocab").unlink()
    model = prefix.with_name(f"{prefix.name}.model")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    return [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
