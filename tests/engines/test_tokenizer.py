import shutil
from pathlib import Path

import pytest

from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.errors import ModelCorrupt, UnsupportedDirection
from mtpipe.models.cards import InstalledModel
from mtpipe.types import Direction

DE_EN = Direction.parse("de-en")
TOKENIZER_FILES = ("source.spm", "target.spm", "vocab.json")


@pytest.fixture
def tokenizer(starter: InstalledModel) -> Tokenizer:
    return Tokenizer(starter.directory)


def test_tag_in_front_end_behind(tokenizer: Tokenizer) -> None:
    [tokens] = tokenizer.encode(["Guten Tag"], DE_EN)
    assert tokens[0] == ">>eng<<"
    assert tokens[-1] == "</s>"
    assert all(token in tokenizer.ids for token in tokens)


def test_text_that_looks_like_a_tag_is_text(tokenizer: Tokenizer) -> None:
    [tokens] = tokenizer.encode([">>fra<< Guten Tag </s>"], DE_EN)
    assert tokens[0] == ">>eng<<"
    assert ">>fra<<" not in tokens
    assert tokens.count("</s>") == 1


@pytest.mark.parametrize(
    "text",
    ["Die Brücke kostet 1234 Franken.", "Ça va, l'été ?", "naïve façade 🙂 日本", "x" * 500],
)
def test_round_trip(tokenizer: Tokenizer, text: str) -> None:
    [tokens] = tokenizer.encode([text], DE_EN)
    assert tokenizer.decode(tokens[1:]) == text
    assert tokenizer.count(text) == len(tokens) - 2


@pytest.mark.parametrize("separator", ["\n", "\r", "\u2028", "\x85", "\x0b"])
def test_output_is_a_single_line(tokenizer: Tokenizer, separator: str) -> None:
    pieces = [f"<0x{byte:02X}>" for byte in separator.encode()]
    assert tokenizer.decode(["▁a", *pieces, "▁b"]).split() == ["a", "b"]
    assert len(tokenizer.decode(["▁a", *pieces, "▁b"]).splitlines()) == 1


def test_same_ids_as_transformers(starter: InstalledModel, tokenizer: Tokenizer) -> None:
    transformers = pytest.importorskip("transformers")
    reference = transformers.MarianTokenizer.from_pretrained(starter.directory)
    for text in ("Guten Tag, Herr Müller!", "« Il pleut », dit-elle à 7 h 04.", "It's ½ 🙂"):
        [tokens] = tokenizer.encode([text], DE_EN)
        assert [tokenizer.ids[token] for token in tokens] == reference(f">>eng<<{text}").input_ids


@pytest.mark.parametrize("damage", ["missing", "cut"])
@pytest.mark.parametrize("name", TOKENIZER_FILES)
def test_damaged_files(starter: InstalledModel, tmp_path: Path, name: str, damage: str) -> None:
    for file in TOKENIZER_FILES:
        shutil.copyfile(starter.directory / file, tmp_path / file)
    if damage == "missing":
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:1000])
    with pytest.raises(ModelCorrupt, match="can't be loaded"):
        Tokenizer(tmp_path)


def test_a_tag_that_the_model_lacks(starter: InstalledModel, tmp_path: Path) -> None:
    for file in TOKENIZER_FILES:
        shutil.copyfile(starter.directory / file, tmp_path / file)
    vocabulary = (tmp_path / "vocab.json").read_text(encoding="utf-8")
    (tmp_path / "vocab.json").write_text(vocabulary.replace(">>eng<<", ">>nld<<"), encoding="utf-8")
    with pytest.raises(UnsupportedDirection, match="no tag for English"):
        Tokenizer(tmp_path).encode(["Hallo"], DE_EN)
