import os
import pickle
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
