import os
import shutil
import time
from pathlib import Path

import pytest

from mtpipe.config import models_directory
from mtpipe.models.card import CARD, Card, write_card
from mtpipe.models.cards import InstalledModel, installed_models, model_at
from mtpipe.models.conversions import kept_conversions, prune_conversions
from mtpipe.models.convert import converted
from mtpipe.types import Direction
from mtpipe.types.choices import Quantization
from tests.models.bare_marian import write_bare_marian

NAME = "bare-de-en"


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTPIPE_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bare_marian(tmp_path / "mine-de-en")


@pytest.fixture
def installed() -> InstalledModel:
    directory = write_bare_marian(models_directory() / NAME)
    card = Card(
        name=NAME,
        title="",
        origin="acme/bare",
        revision="main",
        licence="",
        directions=(Direction.parse("de-en"),),
    )
    write_card(card, directory / CARD)
    [found] = [model for model in installed_models() if model.card.name == NAME]
    return found


def test_what_a_folder_needs_stays(folder: Path) -> None:
    directory = converted(model_at(folder), Quantization.INT8)
    [kept] = kept_conversions()
    assert (kept.directory, kept.model, kept.is_needed) == (directory, str(folder), True)
    assert kept.size_bytes > (directory / "model.bin").stat().st_size
    assert prune_conversions() == []
    assert directory.is_dir()


def change_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")


@pytest.mark.parametrize("change", [shutil.rmtree, change_weights], ids=["gone", "other weights"])
def test_what_a_folder_needed_goes(folder: Path, change: object) -> None:
    old = converted(model_at(folder), Quantization.INT8)
    change(folder)  # type: ignore[operator]
    assert [pruned.directory for pruned in prune_conversions()] == [old]
    assert not old.parent.exists()


def test_only_the_latest_weights_of_a_folder_stay(folder: Path) -> None:
    old = converted(model_at(folder), Quantization.INT8)
    change_weights(folder)
    new = converted(model_at(folder), Quantization.FLOAT32)
    assert [pruned.directory for pruned in prune_conversions()] == [old]
    assert new.is_dir()


def test_installed_models(installed: InstalledModel) -> None:
    directory = converted(installed, Quantization.INT8)
    stale = converted(installed, Quantization.FLOAT32)
    (stale / "sha256.txt").write_text("0\n0\n95\n")
    orphan = models_directory() / "gone" / "ctranslate2" / "int8"
    shutil.copytree(directory, orphan)
    assert [(kept.directory, kept.model) for kept in prune_conversions()] == [
        (stale, NAME),
        (orphan, ""),
    ]
    assert directory.is_dir()
    assert not orphan.parent.parent.exists()


def test_what_was_broken_off_goes_when_it_is_old(installed: InstalledModel) -> None:
    place = installed.variant_directory(Quantization.INT8).parent
    for name in ("int8-old", "int8-new"):
        (place / name).mkdir(parents=True)
    day_before = time.time() - 2 * 86_400
    os.utime(place / "int8-old", (day_before, day_before))
    assert [pruned.directory.name for pruned in prune_conversions()] == ["int8-old"]


def test_without_any() -> None:
    assert kept_conversions() == prune_conversions() == []
