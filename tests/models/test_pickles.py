import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mtpipe.errors import ModelCorrupt
from mtpipe.models.convert import sinusoids
from mtpipe.models.pickles import pickle_to_safetensors

torch = pytest.importorskip("torch")


class _Malicious:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.trace),)


def _tied() -> dict[str, "torch.Tensor"]:
    table = torch.arange(12.0).reshape(4, 3)
    return {
        "model.shared.weight": table,
        "model.encoder.embed_tokens.weight": table,
        "model.decoder.embed_tokens.weight": table.clone(),
        "lm_head.weight": table,
        "final_logits_bias": torch.zeros(1, 4),
    }


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_tied_copies_are_dropped(tmp_path: Path, legacy: bool) -> None:
    from safetensors.numpy import load_file

    source, destination = tmp_path / "pytorch_model.bin", tmp_path / "model.safetensors"
    torch.save(_tied(), source, _use_new_zipfile_serialization=not legacy)
    pickle_to_safetensors(source, destination)
    weights = load_file(destination)
    assert set(weights) == {"model.shared.weight", "final_logits_bias"}
    assert weights["model.shared.weight"].ravel().tolist() == list(range(12))
    assert source.exists()


def test_positions_are_kept_where_they_were_learnt(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    computed = torch.from_numpy(sinusoids(6, 4)).half()
    names = [f"model.{side}.embed_positions.weight" for side in ("encoder", "decoder")]
    torch.save({**_tied(), names[0]: computed, names[1]: computed * 0.5}, tmp_path / "in")
    pickle_to_safetensors(tmp_path / "in", tmp_path / "out")
    weights = load_file(tmp_path / "out")
    assert names[0] not in weights
    assert weights[names[1]].tolist() == (computed * 0.5).tolist()


def test_tables_that_differ_are_kept(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    state = _tied()
    del state["model.shared.weight"]
    state["model.encoder.embed_tokens.weight"] = torch.ones(5, 3)
    torch.save(state, tmp_path / "in")
    pickle_to_safetensors(tmp_path / "in", tmp_path / "out")
    assert set(load_file(tmp_path / "out")) == {
        "model.encoder.embed_tokens.weight",
        "model.decoder.embed_tokens.weight",
        "final_logits_bias",
    }


@pytest.mark.parametrize("protocol", [2, 4])
def test_code_is_not_run(tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "executed"
    source = tmp_path / "pytorch_model.bin"
    torch.save({"a": _Malicious(trace)}, source, pickle_protocol=protocol)
    with pytest.raises(ModelCorrupt, match="was not loaded"):
        pickle_to_safetensors(source, tmp_path / "out")
    source.write_bytes(pickle.dumps(_Malicious(trace), protocol=protocol))
    with pytest.raises(ModelCorrupt, match="was not loaded"):
        pickle_to_safetensors(source, tmp_path / "out")
    assert not trace.exists()
    assert not (tmp_path / "out").exists()
    pickle.loads(source.read_bytes())
    assert trace.exists(), "the trap itself must work"


def test_nobody_is_told_how_to_load_it_all_the_same(tmp_path: Path) -> None:
    source = tmp_path / "pytorch_model.bin"
    torch.save({"a": _Malicious(tmp_path / "executed")}, source)
    with pytest.raises(ModelCorrupt) as caught:
        pickle_to_safetensors(source, tmp_path / "out")
    assert caught.value.message == (
        "pytorch_model.bin was not loaded: it holds more than weights, which may be code"
    )
    for word in ("weights_only", "can still be loaded", "trust", "allowlist", "\x1b"):
        assert word not in str(caught.value)


def _compressed(source: Path) -> None:
    torch.save(_tied(), source)
    with zipfile.ZipFile(source) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (_compressed, "its parts are compressed"),
        (lambda p: torch.save({"a": torch.ones(1).expand(10**6, 10**6)}, p), "'a' isn't an ordinary"),
        (lambda p: torch.save({"a": torch.ones(2).to_sparse()}, p), "'a' isn't an ordinary"),
        (lambda p: torch.save({"a": torch.ones(2, device="meta")}, p), "'a' isn't an ordinary"),
        (lambda p: torch.save({"a": torch.ones(2, dtype=torch.complex64)}, p), "'a' isn't an ord"),
        (
            lambda p: torch.save(dict.fromkeys(map(str, range(99)), torch.ones(9_999)), p),
            "many times as large as the file",
        ),
    ],
    ids=["compressed", "expanded", "sparse", "meta", "complex", "shared"],
)  # fmt: skip
def test_more_than_the_file_holds(
    tmp_path: Path, write: Callable[[Path], None], message: str
) -> None:
    write(tmp_path / "in")
    with pytest.raises(ModelCorrupt, match=message):
        pickle_to_safetensors(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_turned_tables_are_taken(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    torch.save({"a": torch.arange(6.0).reshape(2, 3).T}, tmp_path / "in")
    pickle_to_safetensors(tmp_path / "in", tmp_path / "out")
    assert load_file(tmp_path / "out")["a"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_tables_of_one_decoder_are_kept_without_a_shared_one(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    state = _tied()
    del state["model.shared.weight"]
    torch.save(state, tmp_path / "in")
    pickle_to_safetensors(tmp_path / "in", tmp_path / "out")
    assert set(load_file(tmp_path / "out")) == {
        "model.encoder.embed_tokens.weight",
        "model.decoder.embed_tokens.weight",
        "final_logits_bias",
    }


@pytest.mark.parametrize("content", [b"", b"\x80", b"PK\x03\x04 no zip", b"\x00" * 100], ids=repr)
def test_garbage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in").write_bytes(content)
    with pytest.raises(ModelCorrupt):
        pickle_to_safetensors(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize("state", [[1, 2], {"a": 3}, {3: torch.ones(1)}], ids=repr)
def test_something_else_than_tensors(tmp_path: Path, state: object) -> None:
    torch.save(state, tmp_path / "in")
    with pytest.raises(ModelCorrupt, match="something else"):
        pickle_to_safetensors(tmp_path / "in", tmp_path / "out")
