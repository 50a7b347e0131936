"""Speed and memory of the aligner: encoder, articles, books.

    python data/benchmarks/align_speed.py ../shared/train/de-fr.tsv.xz

Joins the first pairs of a parallel file to one document a side; times include tokenising and
encoding, not reading the file. Every size runs in a process of its own, so that the peak memory
is its own; "floor" is the memory of a process that has only loaded the texts.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

from mtpipe.pipeline.align import align_documents, load_encoder, side_of
from mtpipe.training.corpus import read_pairs
from mtpipe.types import Direction

SIZES = (500, 5_000, 10_000, 20_000)


def peak_mb() -> float:
    """Peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(path: Path, size: int) -> dict[str, float]:
    """One size: seconds, memory, and the share of pairs found."""
    pairs = list(islice(read_pairs(path, Direction.parse(path.name.split(".")[0])), size))
    source = side_of([pair.source for pair in pairs])
    target = side_of([pair.target for pair in pairs])
    floor = peak_mb()
    start = time.perf_counter()
    encoder = load_encoder()
    loaded = time.perf_counter()
    bags = encoder.pieces(source.sentences)
    encoder.sums(bags)
    encoded = time.perf_counter()
    busy = time.process_time()
    beads = align_documents(source, target, encoder).alignment.beads
    done = time.perf_counter()
    found = sum(bead.source == bead.target and len(bead.source) == 1 for bead in beads)
    return {
        "sentences": size,
        "load_s": loaded - start,
        "encode_per_s": size / (encoded - loaded),
        "align_s": done - encoded,
        "align_cpu_s": time.process_time() - busy,
        "floor_mb": floor,
        "peak_mb": peak_mb(),
        "found": found / size,
    }


def main() -> None:
    """Measure every size, or, called by itself, one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--size", type=int)
    arguments = parser.parse_args()
    if arguments.size:
        print(json.dumps(measure(arguments.pairs, arguments.size)))
        return
    for size in SIZES:
        command = [sys.executable, __file__, str(arguments.pairs), "--size", str(size)]
        row = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        print(
            f"{size:>6} x {size:<6} load {row['load_s']:.3f} s  "
            f"encode {row['encode_per_s']:>9,.0f}/s  align {row['align_s']:.2f} s "
            f"(cpu {row['align_cpu_s']:.2f} s)  peak {row['peak_mb']:.0f} MB "
            f"(floor {row['floor_mb']:.0f} MB)  1-1 found {row['found']:.3f}"
        )


if __name__ == "__main__":
    main()
