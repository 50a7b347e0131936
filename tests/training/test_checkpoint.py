import json
import shutil
from pathlib import Path

import pytest
import torch

from mtpipe.errors import ModelCorrupt
from mtpipe.training import checkpoint as module
from mtpipe.training.checkpoint import (
    Progress,
    has_checkpoint,
    load_checkpoint,
    save_checkpoint,
)


def made(seed, width=4):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(3, width), torch.nn.Linear(width, 1))
    model[1].weight.requires_grad_(seed != 99)
    optimiser = torch.optim.AdamW(model.parameters())
    if model[1].weight.requires_grad:
        model(torch.ones(2, 3)).sum().backward()
        optimiser.step()
    average = {name: value.detach() / 2 for name, value in model.named_parameters()}
    return model, average, {"adamw": optimiser}


def saved(directory, seed=1, step=7):
    parts = made(seed)
    save_checkpoint(directory, *parts, Progress(step=step, curve=[{"step": 1, "loss": 2.5}]))
    return parts


def test_everything_comes_back(tmp_path):
    model, average, optimisers = saved(tmp_path / "c")
    drawn = torch.rand(3)
    other, other_average, other_optimisers = made(2)
    progress = load_checkpoint(tmp_path / "c", other, other_average, other_optimisers)
    assert progress == Progress(step=7, curve=[{"step": 1, "loss": 2.5}])
    torch.testing.assert_close(other.state_dict(), model.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(other_average, average, rtol=0, atol=0)
    states = (optimisers["adamw"].state_dict(), other_optimisers["adamw"].state_dict())
    torch.testing.assert_close(*(s["state"] for s in states), rtol=0, atol=0)
    torch.testing.assert_close(torch.rand(3), drawn, rtol=0, atol=0)


def test_checkpoints_of_earlier_versions_resume(tmp_path):
    """Without the state of the random generators and the newer fields of the progress."""
    saved(tmp_path / "c")
    path = tmp_path / "c" / module.TENSORS
    tensors = {k: v for k, v in module.load_file(path).items() if not k.startswith("random/")}
    module.save_file(tensors, path)
    path = tmp_path / "c" / module.PROGRESS
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({k: facts[k] for k in ("step", "tokens", "pool", "batch", "curve")}))
    assert load_checkpoint(tmp_path / "c", *made(2)).step == 7


@pytest.mark.parametrize(
    ("noted", "best", "names"),
    [
        ("easy", 50.0, {"step", "tokens", "seconds", "loss", "chrf"}),
        (None, 50.0, {"step", "tokens", "seconds", "loss", "chrf"}),
        ("hard", 0.0, {"step", "tokens", "seconds", "loss"}),
        ("", 0.0, {"step", "tokens", "seconds", "loss"}),
    ],
    ids=["same", "of earlier versions", "another", "none"],
)
def test_figures_are_of_one_development_set(noted, best, names):
    point = {"step": 1, "tokens": 2, "seconds": 3, "loss": 2.5, "chrf": 50.0}
    progress = Progress(best=50.0, waited=3, curve=[point], development=noted)
    progress.measure_on("easy")
    assert (progress.best, progress.waited) == (best, 3 if best else 0)
    assert (progress.curve[0].keys(), progress.development) == (names, "easy")


def test_what_is_not_trained_comes_back_too(tmp_path):
    """A bias that was counted from the data, or positions that were learnt elsewhere."""
    parts = made(1)
    parts[0].register_buffer("bias", torch.ones(3))
    parts[0][0].weight.requires_grad_(False)
    del parts[1]["0.weight"]
    save_checkpoint(tmp_path / "c", *parts, Progress())
    other = made(2)
    other[0].register_buffer("bias", torch.zeros(3))
    other[0][0].weight.requires_grad_(False)
    del other[1]["0.weight"]
    load_checkpoint(tmp_path / "c", *other)
    torch.testing.assert_close(other[0].state_dict(), parts[0].state_dict(), rtol=0, atol=0)


def test_rates_that_were_grouped_otherwise_are_refused(tmp_path):
    saved(tmp_path / "c")
    model, average, _ = made(2)
    swapped = torch.optim.AdamW(list(model.parameters())[::-1])
    with pytest.raises(ModelCorrupt, match="grouped otherwise"):
        load_checkpoint(tmp_path / "c", model, average, {"adamw": swapped})


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_kill_between_the_renames_leaves_one_that_resumes(tmp_path, monkeypatch, renames):
    saved(tmp_path / "c", step=7)
    left = [renames]
    rename, rmtree = Path.rename, shutil.rmtree

    def killed(*_):
        raise KeyboardInterrupt

    def rename_or_die(self, target):
        if not left[0]:
            killed()
        left[0] -= 1
        if not left[0]:
            # ... and the clean-up after the last rename doesn't happen either.
            monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: killed())
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename_or_die)
        with pytest.raises(KeyboardInterrupt):
            saved(tmp_path / "c", step=8)
    monkeypatch.setattr(shutil, "rmtree", rmtree)
    assert has_checkpoint(tmp_path / "c")
    assert load_checkpoint(tmp_path / "c", *made(2)).step == (8 if renames == 2 else 7)
    saved(tmp_path / "c", step=9)
    assert load_checkpoint(tmp_path / "c", *made(2)).step == 9
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize(
    "damage", ["cut off", "no tensors", "no progress", "odd progress", "width"]
)
def test_damaged_ones_are_refused(tmp_path, damage):
    saved(tmp_path / "c")
    tensors, progress = tmp_path / "c" / module.TENSORS, tmp_path / "c" / module.PROGRESS
    if damage == "cut off":
        tensors.write_bytes(tensors.read_bytes()[:200])
    elif damage == "no tensors":
        tensors.unlink()
    elif damage == "no progress":
        progress.unlink()
    elif damage == "odd progress":
        progress.write_text('{"pace": 1}')
    with pytest.raises(ModelCorrupt, match="can't be resumed"):
        load_checkpoint(tmp_path / "c", *made(2, width=5 if damage == "width" else 4))


def test_a_full_disk_leaves_the_old_one(tmp_path, monkeypatch):
    saved(tmp_path / "c", step=7)

    def full(*_):
        raise module.SafetensorError("No space left on device")

    monkeypatch.setattr(module, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        saved(tmp_path / "c", step=8)
    assert load_checkpoint(tmp_path / "c", *made(2)).step == 7
