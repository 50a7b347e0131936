from pathlib import Path

import pytest

from mtpipe.errors import ConfigError, ModelError, ModelNotFound
from mtpipe.models.card import Card
from mtpipe.models.cards import InstalledModel
from mtpipe.pipeline.models import upkeep as models
from mtpipe.pipeline.models.fetching import fetch_model
from mtpipe.pipeline.models.upkeep import check_model, convert_model, installed, remove_model
from mtpipe.types import Direction
from mtpipe.types.choices import Quantization
from tests.models.tiny_marian import NAME, SOURCE, TARGET


@pytest.mark.usefixtures("card")
def test_check_names_the_damaged_file() -> None:
    model = fetch_model(NAME)
    (model.directory / "source.spm").write_bytes(b"damaged")
    found = check_model(model)
    assert "source.spm is damaged" in (found.problem or "")
    assert found.hint == f"mtpipe models fetch {NAME} --force"
    assert found.outputs == {}


@pytest.mark.usefixtures("card")
def test_check_mends_a_damaged_conversion() -> None:
    model = fetch_model(NAME)
    converted = model.variant_directory(Quantization.INT8) / "model.bin"
    converted.write_bytes(converted.read_bytes()[:1000])
    assert check_model(model).outputs == {"de-en": (SOURCE, TARGET)}


@pytest.mark.usefixtures("card")
def test_remove() -> None:
    directory = fetch_model(NAME).directory
    assert remove_model(NAME) == directory
    assert not directory.exists()
    with pytest.raises(ModelNotFound):
        remove_model(NAME)


@pytest.mark.usefixtures("card")
def test_removing_a_link_leaves_the_folder_that_it_leads_to(tmp_path: Path) -> None:
    directory = fetch_model(NAME).directory
    elsewhere = directory.rename(tmp_path / "elsewhere")
    directory.symlink_to(elsewhere)
    before = sorted(elsewhere.iterdir())
    assert remove_model(NAME) == directory
    assert not directory.is_symlink()
    assert sorted(elsewhere.iterdir()) == before


@pytest.mark.parametrize("name", ["", "..", ".", "/", "nothing", "../models", "opus-mt-de-en"])
@pytest.mark.usefixtures("card")
def test_remove_what_isnt_installed(name: str) -> None:
    fetch_model(NAME)
    with pytest.raises(ModelNotFound):
        remove_model(name)
    assert installed(NAME) is not None


def test_remove_what_came_with_mtpipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card(
        name="x",
        title="",
        origin="mtpipe",
        revision="0",
        licence="",
        directions=(Direction.parse("de-en"),),
    )
    model = InstalledModel(card, tmp_path, tmp_path / "converted", bundled=True)
    monkeypatch.setattr(models, "installed_models", lambda: [model])
    with pytest.raises(ModelError, match="comes with mtpipe"):
        remove_model("x")
    assert tmp_path.exists()


@pytest.mark.usefixtures("card")
def test_convert_by_name() -> None:
    model = fetch_model(NAME)
    assert convert_model(NAME, "float32") == model.variant_directory(Quantization.FLOAT32)
    assert convert_model(NAME, Quantization.AUTO).name in ("int8", "float16")
    with pytest.raises(ConfigError, match="no int4 weights"):
        convert_model(NAME, "int4")


@pytest.mark.usefixtures("card")
def test_check_by_name() -> None:
    fetch_model(NAME)
    found = check_model(NAME)
    assert found.record() == {
        "name": NAME,
        "ok": True,
        "problem": None,
        "hint": None,
        "outputs": {"de-en": {"source": SOURCE, "output": TARGET}},
    }
