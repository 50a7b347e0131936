"""Average the weights of models that were trained on from one another: better than any of them.

Runs that each begin where the one before ended lie in one valley, and the mean of their weights is nearer
to its bottom than their ends are (Izmailov et al. 2018, "Averaging weights leads to wider optima and
better generalization", arXiv:1803.05407; Wortsman et al. 2022, "Model soups", arXiv:2203.05482). Averaged
in float32, and written in the precision of the first.

    git show COMMIT:models/starter/model.safetensors > earlier.safetensors
    python data/benchmarks/average_weights.py earlier.safetensors DIR/model/model.safetensors -o mean.safetensors
    python data/benchmarks/average_weights.py A B C --shares .2 .4 .4 -o mean.safetensors
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

Weights = dict[str, NDArray[np.generic]]


def mean(models: Sequence[Weights], shares: Sequence[float]) -> Weights:
    """The weighted mean of the weights of models.

    Raises:
        SystemExit: they aren't of one architecture.
    """
    first, *others = models
    shapes = {name: weight.shape for name, weight in first.items()}
    if any({name: weight.shape for name, weight in each.items()} != shapes for each in others):
        raise SystemExit("these models aren't of one architecture")
    averaged: Weights = {}
    for name, weight in first.items():
        parts = [
            np.float32(share) * each[name].astype(np.float32)
            for share, each in zip(shares, models, strict=True)
        ]
        averaged[name] = np.add.reduce(parts).astype(weight.dtype)
    return averaged


def main() -> None:
    """Read, average, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("weights", type=Path, nargs="+", help="model.safetensors of each")
    parser.add_argument("--shares", type=float, nargs="+", help="of each in the mean; equal ones")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    shares = args.shares or [1 / len(args.weights)] * len(args.weights)
    if len(shares) != len(args.weights) or abs(sum(shares) - 1) > 1e-6:
        parser.error("--shares: one for each model, 1 together")
    save_file(
        mean([load_file(path) for path in args.weights], shares), args.output, {"format": "pt"}
    )
    print(f"{args.output}: the mean of {len(shares)}")


if __name__ == "__main__":
    main()
