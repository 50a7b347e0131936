"""Checkpoints of a training run, in safetensors and JSON: no pickles, whole or absent.

A checkpoint folder is written beside the old one and then put in its place, so that a kill at
any moment leaves one that resumes.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mtpipe.errors import ModelCorrupt
from mtpipe.training.model import trainable

TENSORS, PROGRESS = "state.safetensors", "progress.json"


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        step: optimiser steps done.
        tokens: target tokens seen.
        seconds: time spent in training steps, over all resumptions.
        pool: pool of the mixture that comes next.
        batch: batch of that pool that comes next.
        rate: share of their peaks that the learning rates had last, 0 to 1.
        best: best development figure so far, chrF2 from 0 to 100.
        waited: evaluations since the best one.
        curve: points of the loss curve, see :mod:`mtpipe.training.curve`.
        development: digest of the set that these figures are of, empty for none; None where an
            earlier version didn't note it.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    pool: int = 0
    batch: int = 0
    rate: float = 0.0
    best: float = 0.0
    waited: int = 0
    curve: list[dict[str, Any]] = field(default_factory=list)
    development: str | None = None

    def measure_on(self, development: str) -> None:
        """Forget the figures of another development set, with which those of this one don't compare."""
        if self.development not in (None, development):
            self.best, self.waited = 0.0, 0
            kept = {"step", "tokens", "seconds", "loss"}
            self.curve = [{k: v for k, v in point.items() if k in kept} for point in self.curve]
        self.development = development


def save_checkpoint(
    directory: Path,
    model: nn.Module,
    average: Mapping[str, Tensor],
    optimisers: Mapping[str, torch.optim.Optimizer],
    progress: Progress,
) -> None:
    """Write everything that a resumption needs to ``directory``.

    Raises:
        OSError: it can't be written; an older checkpoint is then still there.
    """
    tensors: dict[str, Tensor] = {f"model/{n}": p.detach() for n, p in trainable(model).items()}
    tensors |= {f"average/{name}": value for name, value in average.items()}
    tensors |= {f"fixed/{name}": value for name, value in _fixed(model).items()}
    for label, optimiser in optimisers.items():
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"{label}/{index}/{key}": value for key, value in state.items()}
    tensors |= {f"random/{kind}": state for kind, state in _random_states().items()}
    scratch = directory.with_name(directory.name + ".new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        # Clones, because safetensors refuses tensors that share memory.
        save_file({key: value.clone() for key, value in tensors.items()}, scratch / TENSORS)
    except SafetensorError as exc:
        raise OSError(str(exc)) from exc
    (scratch / PROGRESS).write_text(json.dumps(asdict(progress)) + "\n", encoding="utf-8")
    old = _predecessor(directory)
    if directory.exists():
        shutil.rmtree(old, ignore_errors=True)
        directory.rename(old)
    # A kill here leaves the old one only, which load_checkpoint takes.
    scratch.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(
    directory: Path,
    model: nn.Module,
    average: Mapping[str, Tensor],
    optimisers: Mapping[str, torch.optim.Optimizer],
) -> Progress:
    """Put a checkpoint's state into model, average and optimisers, and say where the run stands.

    Raises:
        ModelCorrupt: the checkpoint is damaged or of another architecture.
    """
    if not directory.exists():
        directory = _predecessor(directory)
    try:
        progress = Progress(**json.loads((directory / PROGRESS).read_text(encoding="utf-8")))
        tensors = load_file(directory / TENSORS)
        with torch.no_grad():
            for name, parameter in trainable(model).items():
                parameter.copy_(tensors[f"model/{name}"])
                average[name].copy_(tensors[f"average/{name}"])
            for name, value in _fixed(model).items():
                value.copy_(tensors.get(f"fixed/{name}", value))
        for label, optimiser in optimisers.items():
            whole = optimiser.state_dict()
            whole["state"] = {}
            for key, value in tensors.items():
                if key.startswith(f"{label}/"):
                    _, index, entry = key.split("/", 2)
                    whole["state"].setdefault(int(index), {})[entry] = value.clone()
            optimiser.load_state_dict(whole)
            _check_states(label, optimiser)
        _restore_random(tensors)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as exc:
        raise ModelCorrupt(
            f"the checkpoint in {directory} can't be resumed: {exc}",
            hint="train into another --output, or begin anew with --restart",
        ) from exc
    return progress


def _fixed(model: nn.Module) -> dict[str, Tensor]:
    """What a model has besides what is trained: biases and tables that it began with."""
    trained = trainable(model)
    parameters = {n: p.detach() for n, p in model.named_parameters() if n not in trained}
    return {**parameters, **dict(model.named_buffers())}


def _check_states(label: str, optimiser: torch.optim.Optimizer) -> None:
    """See that states are of the parameters that have them: groups may have been others.

    Raises:
        ValueError: they aren't.
    """
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            for state in optimiser.state.get(parameter, {}).values():
                if torch.is_tensor(state) and state.dim() and state.shape != parameter.shape:
                    raise ValueError(
                        f"{label} is about other weights: the rates were grouped otherwise"
                    )


def has_checkpoint(directory: Path) -> bool:
    """Whether there is something to resume."""
    return directory.exists() or _predecessor(directory).exists()


def _predecessor(directory: Path) -> Path:
    return directory.with_name(directory.name + ".old")


def _random_states() -> dict[str, Tensor]:
    """States of the generators that dropout draws from."""
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _restore_random(tensors: Mapping[str, Tensor]) -> None:
    if "random/cpu" in tensors:
        torch.set_rng_state(tensors["random/cpu"])
    if "random/cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random/cuda"])
