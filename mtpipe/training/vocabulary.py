"""SentencePiece vocabularies in Marian's file layout: source.spm, target.spm, vocab.json.

The text normalisation is compiled into the SentencePiece model, so that whoever loads the model
with stock tools (``MarianTokenizer``, ``ct2-transformers-converter``) gets exactly the text that
the model was trained on.
"""

import heapq
import io
import json
import math
import random
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sentencepiece

from mtpipe.errors import ConfigError, ModelCorrupt
from mtpipe.types import Language

EOS, UNK, PAD = "</s>", "<unk>", "<pad>"
"""Marian's special tokens: the first two are ids 0 and 1, padding is the last id."""

_SPACES = "\u00a0\u202f\u2002\u2003\u2007\u2008\u2009\u200a\t\n\r\v\f"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_APOSTROPHES = "\u2018\u2019\u201a\u201b`\u00b4\u02bc\u2039\u203a"
_QUOTES = "\u201c\u201d\u201e\u201f\u2033"
_HYPHENS = "\u2010\u2011\u2212"


def target_tag(language: Language) -> str:
    """The token that tells a multilingual Marian model its target language, ``>>deu<<``."""
    return f">>{language.iso639_3}<<"


def normalisation_rules() -> dict[str, str]:
    """Character rules that both sides of a corpus go through, longest match first.

    NFKC over the Basic Multilingual Plane and beyond (composed from decomposed forms as well),
    and typography made plain: one apostrophe, one straight double quote for „x", « x », "x",
    one hyphen, plain spaces, no invisible characters. What a language wants typographically is
    put back after translation; learning it costs a small model capacity that it needs elsewhere.
    """
    rules: dict[str, str] = {}
    for code in range(0x20, 0x110000):
        char = chr(code)
        if unicodedata.category(char) in ("Cs", "Cn", "Co"):
            continue
        compatible = unicodedata.normalize("NFKC", char)
        if compatible != char:
            rules[char] = compatible
        decomposed = unicodedata.normalize("NFD", char)
        hangul = 0xAC00 <= code <= 0xD7A3
        if decomposed != char and not hangul and unicodedata.normalize("NFC", decomposed) == char:
            rules[decomposed] = char
    # NUL can't be a key of SentencePiece's trie.
    rules.update((chr(code), "") for code in (*range(0x01, 0x20), 0x7F))
    rules.update(dict.fromkeys(_INVISIBLE, ""))
    rules.update(dict.fromkeys(_SPACES, " "))
    rules.update(dict.fromkeys(_APOSTROPHES, "'"))
    rules.update(dict.fromkeys(_HYPHENS, "-"))
    rules.update(dict.fromkeys(_QUOTES, '"'))
    rules.update(dict.fromkeys("«»", '"'))
    for space in f" {_SPACES[:8]}":
        rules[f"«{space}"] = '"'
        rules[f"{space}»"] = '"'
    return rules


def _write_rules(path: Path) -> None:
    """SentencePiece's TSV: code points in hexadecimal, source TAB target."""

    def hexadecimal(text: str) -> str:
        return " ".join(f"{ord(char):X}" for char in text)

    rows = (
        f"{hexadecimal(a)}\t{hexadecimal(b)}\n" for a, b in sorted(normalisation_rules().items())
    )
    path.write_text("".join(rows), encoding="ascii")


class Vocabulary:
    """Token ids of a Marian tokenizer folder, as ``MarianTokenizer`` gives them.

    Attributes:
        eos: id of the end of sentence.
        pad: id of padding, which is also the decoder's start.
        tags: tag id by target language; empty for a model without tags.
        ids: of all tokens of the source side, tags and specials among them.

    Args:
        directory: with source.spm, target.spm and vocab.json, and target_vocab.json where the
            sides have ids of their own.
        threads: for encoding.

    Raises:
        ModelCorrupt: a file is missing or damaged.
    """

    def __init__(self, directory: Path, *, threads: int = 1) -> None:
        try:
            ids = self.ids = _read_ids(directory / "vocab.json")
            own_ids = directory / "target_vocab.json"
            self._target_ids = _read_ids(own_ids) if own_ids.exists() else ids
            self._source, self._target = (
                sentencepiece.SentencePieceProcessor(
                    model_file=str(directory / name), num_threads=threads
                )
                for name in ("source.spm", "target.spm")
            )
            self._source_table = _id_table(self._source, ids)
            self._target_table = _id_table(self._target, self._target_ids)
            self.is_joint = self._source_table == self._target_table and _same_bytes(
                directory / "source.spm", directory / "target.spm"
            )
            self.eos, self.pad = ids[EOS], ids[PAD]
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as exc:
            raise ModelCorrupt(
                f"the tokenizer in {directory} can't be used: {exc!r}",
                hint="it needs source.spm, target.spm and vocab.json as Marian models have them",
            ) from exc
        self._size = 1 + max(max(side.values()) for side in (ids, self._target_ids))
        self.has_tags = any(token.startswith(">>") for token in ids)
        self.tags = {
            language: ids[target_tag(language)]
            for language in Language
            if target_tag(language) in ids
        }

    def __len__(self) -> int:
        return self._size

    def encode_source(self, texts: list[str]) -> list[list[int]]:
        """Ids of texts on the source side, without tag and </s>."""
        return _encode(self._source, self._source_table, texts)

    def encode_target(self, texts: list[str]) -> list[list[int]]:
        """Ids of texts on the target side, without </s>."""
        return _encode(self._target, self._target_table, texts)


def _read_ids(path: Path) -> dict[str, int]:
    ids: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    return {token: int(number) for token, number in ids.items()}


def _id_table(pieces: sentencepiece.SentencePieceProcessor, ids: Mapping[str, int]) -> list[int]:
    """Id in vocab.json by SentencePiece's own id; the two differ in OPUS-MT's models."""
    unknown = ids[UNK]
    return [ids.get(pieces.id_to_piece(i), unknown) for i in range(pieces.get_piece_size())]


def _encode(
    pieces: sentencepiece.SentencePieceProcessor, table: list[int], texts: list[str]
) -> list[list[int]]:
    return [[table[number] for number in row] for row in pieces.encode(texts)]


def _same_bytes(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def sample_balanced(
    sentences: Iterable[tuple[Language, str, float]], *, per_language: int, seed: int = 1
) -> list[str]:
    """Draw up to so many sentences of each language from a stream of any length.

    Weighted reservoir sampling without replacement (Efraimidis and Spirakis 2006): the largest
    keys ``log(u) / weight`` stay.

    Args:
        sentences: language, text and weight of each; weights of 0 are never drawn.
        per_language: sentences to keep, 0 or more; fewer where there are fewer.
        seed: of the draw.

    Returns:
        The sample in a random order.
    """
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    kept: dict[Language, list[tuple[float, int, str]]] = {}
    for number, (language, text, weight) in enumerate(sentences):
        if weight <= 0:
            continue
        # 1 - random() is never 0, of which there is no logarithm.
        entry = (math.log(1.0 - rng.random()) / weight, number, text)
        reservoir = kept.setdefault(language, [])
        if len(reservoir) < per_language:
            heapq.heappush(reservoir, entry)
        elif reservoir and entry > reservoir[0]:
            heapq.heapreplace(reservoir, entry)
    sample = [text for reservoir in kept.values() for _, _, text in sorted(reservoir)]
    rng.shuffle(sample)
    return sample


def train_vocabulary(
    sentences: Iterable[str],
    languages: Iterable[Language],
    directory: Path,
    *,
    size: int = 16_000,
    seed: int = 1,
    threads: int = 1,
) -> None:
    """Train one joint SentencePiece model and write it as a Marian tokenizer.

    Unigram (Kudo 2018) with byte fallback, so that no input is ever unknown; digits stay single
    pieces, which keeps figures copyable.

    Args:
        sentences: text of all languages, in the proportion that the vocabulary should have.
        languages: one target tag is added for each; none for a model of one target language.
        directory: gets source.spm, target.spm, vocab.json and tokenizer_config.json.
        size: pieces, the specials </s> and <unk> among them, tags and <pad> not; fewer where
            the text doesn't yield as many.
        seed: of the sampling inside SentencePiece.
        threads: for the training.

    Raises:
        ConfigError: the size is too small for the characters of the text.
    """
    directory.mkdir(parents=True, exist_ok=True)
    sentencepiece.set_random_generator_seed(seed)
    model = io.BytesIO()
    with normalisation_options() as options:
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=single_lines(sentences),
                model_writer=model,
                vocab_size=size,
                character_coverage=0.99998,
                hard_vocab_limit=False,
                max_sentence_length=2_000,
                num_threads=threads,
                **options,
            )
        except RuntimeError as exc:
            raise ConfigError(
                f"no vocabulary of {size} pieces can be trained on this text: {exc}",
                hint="change vocabulary in the recipe's [architecture], or reuse one with "
                "--vocabulary DIR",
            ) from exc
    for name in ("source.spm", "target.spm"):
        (directory / name).write_bytes(model.getvalue())
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(directory / "source.spm"))
    vocabulary = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    vocabulary += sorted(target_tag(language) for language in languages)
    write_vocabulary([*vocabulary, PAD], directory)


@contextmanager
def normalisation_options() -> Iterator[dict[str, Any]]:
    """Options of SentencePiece's trainer that all vocabularies share.

    The normalisation, which it reads from a file that is there meanwhile; unigram; byte fallback;
    single digits; ids of the specials.
    """
    with TemporaryDirectory() as temporary:
        rules = Path(temporary) / "rules.tsv"
        _write_rules(rules)
        yield {
            "model_type": "unigram",
            "byte_fallback": True,
            "split_digits": True,
            "normalization_rule_tsv": str(rules),
            "eos_id": 0,
            "unk_id": 1,
            "bos_id": -1,
            "pad_id": -1,
            "minloglevel": 2,
        }


def write_vocabulary(tokens: list[str], directory: Path) -> None:
    """Write vocab.json and tokenizer_config.json for tokens in the order of their ids."""
    ids = {token: index for index, token in enumerate(tokens)}
    (directory / "vocab.json").write_text(
        json.dumps(ids, ensure_ascii=False, indent=0) + "\n", encoding="utf-8"
    )
    settings = {
        "tokenizer_class": "MarianTokenizer",
        "model_max_length": 512,
        "eos_token": EOS,
        "unk_token": UNK,
        "pad_token": PAD,
        "separate_vocabs": False,
    }
    (directory / "tokenizer_config.json").write_text(
        json.dumps(settings, indent=2) + "\n", encoding="utf-8"
    )


def single_lines(sentences: Iterable[str]) -> Iterator[str]:
    """Sentences on one line each, empty ones left out: SentencePiece reads lines."""
    for sentence in sentences:
        if line := " ".join(sentence.split()):
            yield line
