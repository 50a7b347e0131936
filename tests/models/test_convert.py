import errno
import filecmp
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from mtpipe.config import data_directory
from mtpipe.errors import ConfigError, ModelCorrupt
from mtpipe.models import convert as convert_module
from mtpipe.models.cards import InstalledModel, model_at, sha256_of
from mtpipe.models.convert import (
    INT8_RANGE,
    _layers,
    _model_spec,
    _optimise,
    convert,
    converted,
    position_tables,
    sinusoids,
)
from mtpipe.models.marian import read_model
from mtpipe.types.choices import Quantization
from tests.models.bare_marian import write_bare_marian
from tests.models.tiny_marian import tiny_marian
from tests.training import toys


@pytest.fixture
def copy(starter: InstalledModel, tmp_path: Path) -> InstalledModel:
    directory = tmp_path / "copy"
    shutil.copytree(starter.directory, directory)
    return replace(starter, directory=directory, converted=tmp_path / "converted")


@pytest.fixture
def bare(tmp_path: Path) -> InstalledModel:
    return model_at(write_bare_marian(tmp_path / "bare-de-en"))


@pytest.fixture
def usual(tmp_path: Path) -> InstalledModel:
    """As OPUS-MT's models are: one table for all embeddings, positions that nobody stores."""
    pytest.importorskip("transformers")
    directory = tmp_path / "tiny-de-en"
    shutil.copytree(tiny_marian(trained=False), directory)
    return model_at(directory)


@pytest.fixture
def warm(tmp_path: Path) -> InstalledModel:
    """As those are that begin with an encoder: two tables, GELU, learnt positions, a bias."""
    pytest.importorskip("transformers")
    return model_at(toys.write_warm_model(tmp_path / "warm-de-en"))


@pytest.mark.parametrize(
    "variant", [each for each in Quantization if each is not Quantization.AUTO]
)
@pytest.mark.parametrize("kind", ["copy", "usual", "warm"])
def test_same_bytes_as_the_stock_converter(
    kind: str, variant: Quantization, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("transformers")
    copy: InstalledModel = request.getfixturevalue(kind)
    # In float32, since the stock converter computes the positions in the precision of the file.
    path = copy.directory / "model.safetensors"
    _, weights = read_model(copy.directory)
    save_file(dict(weights), path)
    config = json.loads((copy.directory / "config.json").read_text())
    (copy.directory / "config.json").write_text(json.dumps({**config, "dtype": "float32"}))
    ours = convert(replace(copy, card=replace(copy.card, sha256={})), variant)
    stock = tmp_path / "stock"
    # The command that CTranslate2's documentation names.
    command = [
        str(Path(sys.executable).parent / "ct2-transformers-converter"),
        *("--model", str(copy.directory), "--output_dir", str(stock)),
        *("--quantization", variant.value),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    names = ["config.json", "shared_vocabulary.json"]
    if variant is not Quantization.INT8:
        names.append("model.bin")
    for name in names:
        assert filecmp.cmp(ours / name, stock / name, shallow=False), name
    assert (ours / "model.bin").stat().st_size == (stock / "model.bin").stat().st_size


def test_int8_weights_keep_to_their_range_and_to_the_exact_ones(copy: InstalledModel) -> None:
    exact, rounded = (_model_spec(copy.directory) for _ in range(2))
    for spec in (exact, rounded):
        spec.validate()
    exact.optimize(quantization="float32")  # what is shared has its owner's name then
    before = [layer.weight.numpy().copy() for layer in _quantised(exact)]
    _optimise(rounded, Quantization.INT8)
    after = [(layer.weight.numpy(), layer.weight_scale.numpy()) for layer in _quantised(rounded)]
    assert len(before) == len(after) == 48
    for weights, (integers, scales) in zip(before, after, strict=True):
        assert integers.dtype == np.int8
        assert np.abs(integers.astype(int)).max() == INT8_RANGE
        error = np.abs(integers / scales[:, None] - weights)
        assert (error <= 0.501 / scales[:, None]).all()


def _quantised(spec: object) -> list[Any]:
    return [
        layer
        for layer in _layers(spec)
        if hasattr(layer, "weight_scale") and not isinstance(layer.weight, str)
    ]


def test_converted_once(copy: InstalledModel) -> None:
    first = (converted(copy, Quantization.INT8) / "model.bin").stat()
    assert (converted(copy, Quantization.INT8) / "model.bin").stat().st_ino == first.st_ino


@pytest.mark.parametrize("name", ["model.bin", "config.json", "shared_vocabulary.json"])
def test_damaged_conversion_is_made_anew(bare: InstalledModel, name: str) -> None:
    path = converted(bare, Quantization.INT8) / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert (converted(bare, Quantization.INT8) / name).read_bytes() == whole


def test_a_damaged_conversion_serves_nobody(
    bare: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    (converted(bare, Quantization.INT8) / "model.bin").write_bytes(b"damaged")

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(convert_module, "_model_spec", full)
    with pytest.raises(ConfigError, match="No space left"):
        converted(bare, Quantization.INT8)


def test_other_weights_are_converted_anew(copy: InstalledModel) -> None:
    before = converted(copy, Quantization.INT8)
    changed = replace(copy, card=replace(copy.card, sha256={"model.safetensors": "0" * 64}))
    assert (before / "sha256.txt").is_file()
    with pytest.raises(ModelCorrupt, match="damaged"):
        converted(changed, Quantization.INT8)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "vocab.json"])
def test_damaged_model(copy: InstalledModel, name: str) -> None:
    path = copy.directory / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelCorrupt) as caught:
        convert(replace(copy, card=replace(copy.card, sha256={})), Quantization.INT8)
    assert caught.value.hint
    assert not copy.variant_directory(Quantization.INT8).exists()
    assert list(copy.conversions.iterdir()) == []


def test_another_kind_of_model(copy: InstalledModel) -> None:
    (copy.directory / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelCorrupt, match="a bert model, not Marian"):
        read_model(copy.directory)


def test_nowhere_to_write(copy: InstalledModel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="can't write converted models") as caught:
        convert(replace(copy, converted=tmp_path / "file" / "below"), Quantization.INT8)
    assert "MTPIPE_HOME" in (caught.value.hint or "")


def test_position_encodings() -> None:
    table = sinusoids(3, 4)
    assert table.shape == (3, 4)
    np.testing.assert_allclose(table[0], [0, 0, 1, 1])
    np.testing.assert_allclose(
        table[2], [np.sin(2), np.sin(0.02), np.cos(2), np.cos(0.02)], rtol=1e-6
    )


def test_learnt_positions_go_before_sinusoids() -> None:
    config = {"max_position_embeddings": 3, "d_model": 4}
    learnt = np.arange(12, dtype=np.float32).reshape(3, 4)
    tables = position_tables(config, {"model.encoder.embed_positions.weight": learnt})
    np.testing.assert_array_equal(tables["encoder"], learnt)
    np.testing.assert_array_equal(tables["decoder"], sinusoids(3, 4))
    with pytest.raises(ValueError, match=r"decoder's positions are \(3, 4\), not \(9, 4\)"):
        position_tables(
            {**config, "max_position_embeddings": 9},
            {"model.decoder.embed_positions.weight": learnt, **_positions(9)},
        )


def _positions(count: int) -> dict[str, np.ndarray]:
    return {"model.encoder.embed_positions.weight": sinusoids(count, 4)}


def test_positions_of_another_shape_are_refused(copy: InstalledModel) -> None:
    _, weights = read_model(copy.directory)
    table = {"model.encoder.embed_positions.weight": np.zeros((7, 8), np.float32)}
    save_file({**weights, **table}, copy.directory / "model.safetensors")
    with pytest.raises(ModelCorrupt, match="positions are"):
        convert(replace(copy, card=replace(copy.card, sha256={})), Quantization.INT8)


def test_threads_convert_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_at(write_bare_marian(tmp_path / "bare-de-en"))
    made: list[Path] = []

    def counted(directory: Path) -> object:
        made.append(directory)
        return _model_spec(directory)

    monkeypatch.setattr(convert_module, "_model_spec", counted)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: converted(model, Quantization.INT8), range(8)))
    assert len(made) == len(found) == 1
    assert [path.name for path in model.conversions.iterdir() if path.is_dir()] == ["int8"]


@pytest.mark.parametrize("anew", [False, True])
def test_what_another_process_has_made_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anew: bool
) -> None:
    model = model_at(write_bare_marian(tmp_path / "bare-de-en"))
    inodes: list[int] = []

    def overtaken(directory: Path) -> object:
        monkeypatch.setattr(convert_module, "_model_spec", _model_spec)
        inodes.append((convert(model, Quantization.INT8) / "model.bin").stat().st_ino)
        return _model_spec(directory)

    monkeypatch.setattr(convert_module, "_model_spec", overtaken)
    found = convert(model, Quantization.INT8, anew=anew) / "model.bin"
    assert (found.stat().st_ino == inodes[0]) is not anew
    assert [path.name for path in model.conversions.iterdir() if path.is_dir()] == ["int8"]


def test_a_conversion_that_a_folder_brings_along_is_never_loaded(
    tmp_path: Path, own_home: None
) -> None:
    folder = write_bare_marian(tmp_path / "bare-de-en")
    model = model_at(folder)
    ours = converted(model, Quantization.INT8)
    assert ours.is_relative_to(data_directory())
    # As a stranger would lay it there: with a stamp that fits weights and conversion.
    shutil.copytree(ours, folder / "ctranslate2" / "int8")
    (folder / "ctranslate2" / "int8" / "model.bin").write_bytes(b"evil")
    stamp = (ours / "sha256.txt").read_text().split("\n")
    stamp[1] = sha256_of(folder / "ctranslate2" / "int8" / "model.bin")
    (folder / "ctranslate2" / "int8" / "sha256.txt").write_text("\n".join(stamp))
    assert converted(model_at(folder), Quantization.INT8) == ours
    assert (ours / "model.bin").read_bytes() != b"evil"
    assert (folder / "ctranslate2" / "int8" / "model.bin").read_bytes() == b"evil"


def test_folders_of_the_same_weights_with_another_vocabulary_have_conversions_of_their_own(
    tmp_path: Path,
) -> None:
    folder = write_bare_marian(tmp_path / "bare-de-en")
    shutil.copytree(folder, tmp_path / "same-de-en")
    shutil.copytree(folder, tmp_path / "other-de-en")
    vocabulary = tmp_path / "other-de-en" / "vocab.json"
    vocabulary.write_text(vocabulary.read_text() + " ")
    places = [
        model_at(tmp_path / f"{name}-de-en").conversions for name in ("bare", "same", "other")
    ]
    assert places[0] == places[1] != places[2]


def test_installed_models_keep_their_conversions_wherever_they_are_named(
    starter: InstalledModel,
) -> None:
    assert model_at(starter.directory).conversions == starter.conversions
