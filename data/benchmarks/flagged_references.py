"""Count what the checks of safe decoding find wrong with human translations: false alarms.

Every line of a test set is taken for the output of a system. Thresholds are set on some sets; the
others show whether they hold.

    python data/benchmarks/flagged_references.py ../shared/eval/translate --show 20
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mtpipe.engines.safety import problems
from mtpipe.ingest.language import identify
from mtpipe.types import Direction


def pairs(folder: Path) -> Iterator[tuple[str, Direction, str, str]]:
    """Set, direction, source and reference of every line."""
    for path in sorted(folder.glob("*.tsv")):
        name, direction, _ = path.name.split(".")
        for line in path.read_text(encoding="utf-8").splitlines():
            source, reference = line.split("\t")[:2]
            yield name, Direction.parse(direction), source, reference


def main() -> None:
    """Print a table, and examples."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="examples of each problem")
    arguments = parser.parse_args()
    lines = Counter[str]()
    found = Counter[tuple[str, str]]()
    examples: dict[str, list[str]] = {}
    for name, direction, source, reference in pairs(arguments.folder):
        key = f"{name} {direction}"
        lines[key] += 1
        flagged = problems(source, reference, direction=direction, identify=identify)
        found[key, "any"] += bool(flagged)
        for problem in flagged:
            found[key, problem.value] += 1
            examples.setdefault(problem.value, []).append(f"{direction}\n  {source}\n  {reference}")
    names = ["any", *sorted(examples)]
    print(f"{'per mille of the lines':26}", "lines", *(f"{name:>10}" for name in names))
    for key, count in [*lines.items(), ("all", lines.total())]:
        counts = [found[key, n] for n in names]
        if key == "all":
            counts = [sum(found[k, n] for k in lines) for n in names]
        print(f"{key:26} {count:5}", *(f"{1000 * c / count:10.2f}" for c in counts))
    for problem, texts in examples.items():
        for text in texts[: arguments.show]:
            print(problem, text)


if __name__ == "__main__":
    main()
