"""Are mtpipe's scores the figures of the ``sacrebleu`` command, to the last of ten digits?

For every test set: BLEU, chrF, chrF++ and TER with signature and confidence interval, on all lines;
p-values and intervals of both paired tests, on the first lines. Hypotheses are the reference with
words dropped and swapped (with --translate, a translation by the starter instead) and, in the
paired tests, the source as it is.

    python data/benchmarks/score_agreement.py FOLDER -o data/results/score-agreement.json

FOLDER holds files of "source TAB reference" (*.tsv), and flores-dev.{de,en,fr}.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import permutations
from pathlib import Path

# Calls of sacrebleu, which can't do chrF and chrF++ in one, with mtpipe's names in its order.
CALLS = {
    ("bleu", "chrf", "ter"): ["-m", "bleu", "chrf", "ter"],
    ("chrf++",): ["-m", "chrf", "--chrf-word-order", "2"],
}
CELL = re.compile(r"(-?[\d.]+)(?: \((-?[\d.]+) ± ([\d.]+)\))?(?: \(p = ([\d.]+)\)\*?)?")
Figures = dict[str, object]


def main() -> None:
    """Compare, print a line for each set, and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="is added to")
    parser.add_argument("--only", default="", help="sets whose name contains this")
    parser.add_argument("--lines", type=int, default=10_000, help="of each set, for the scores")
    parser.add_argument("--translate", action="store_true", help="score a real translation")
    parser.add_argument("--paired-lines", type=int, default=100)
    parser.add_argument("--samples", type=int, default=1_000, help="of both paired tests")
    arguments = parser.parse_args()
    results = json.loads(output.read_text()) if (output := arguments.output).exists() else {}
    sets = results.setdefault("sets", {})
    results |= {
        "sacrebleu": version("sacrebleu"),
        "paired_lines": arguments.paired_lines,
        "samples": arguments.samples,
    }
    for name, *sides in test_sets(arguments.folder):
        title = f"{name}, translated" if arguments.translate else name
        if arguments.only not in name or title in sets:
            continue
        start = time.perf_counter()
        source, reference = (side[: arguments.lines] for side in sides)
        direction = name.rsplit(".", 1)[1] if arguments.translate else None
        compared, different = compare(source, reference, direction, arguments)
        sets[title] = {
            "segments": len(source),
            "figures_compared": compared,
            "different": different,
        }
        print(f"{title}: {compared} figures, {len(different)} differ, "
              f"{time.perf_counter() - start:.0f} s", flush=True)  # fmt: skip
        output.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(any(entry["different"] for entry in sets.values()))


def test_sets(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Name, sources and references of each."""
    for path in sorted(folder.glob("*.tsv")):
        rows = [
            line.split("\t")[:2] for line in path.read_text(encoding="utf-8").split("\n") if line
        ]
        yield path.stem, [row[0] for row in rows], [row[1] for row in rows]
    flores = {
        language: (folder / f"flores-dev.{language}").read_text(encoding="utf-8").rstrip("\n")
        for language in ("de", "en", "fr")
        if (folder / f"flores-dev.{language}").exists()
    }
    for one, other in permutations(flores, 2):
        yield f"flores-dev.{one}-{other}", flores[one].split("\n"), flores[other].split("\n")


def compare(
    source: list[str], reference: list[str], direction: str | None, arguments: argparse.Namespace
) -> tuple[int, list[str]]:
    """How many figures were compared on a test set, and which of them differ."""
    rng = random.Random(len(source))  # noqa: S311 - no secret
    systems = {
        "a": translate(source, direction)
        if direction
        else [disturb(text, 0.10, rng) for text in reference],
        "b": [disturb(text, 0.11, rng) for text in reference],
        "c": source,
    }
    compared, different = 0, []
    paired_lines = arguments.paired_lines
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write(place, "ref", reference)
        for name, texts in systems.items():
            write(place, name, texts)
        checks = [("score", single(place, "a"))]
        write(place, "ref", reference[:paired_lines])
        for name, texts in systems.items():
            write(place, name, texts[:paired_lines])
        checks += [
            (method, paired(place, method, arguments.samples))
            for method in ("bootstrap", "randomisation")
        ]
        for title, (theirs, ours) in checks:
            compared += len(theirs)
            different += [
                f"{title} {key}: {theirs.get(key)} | {ours.get(key)}"
                for key in sorted(theirs.keys() | ours.keys())
                if theirs.get(key) != ours.get(key)
            ]
    return compared, different


def translate(source: list[str], direction: str) -> list[str]:
    """By the starter."""
    one, other = direction.split("-")
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "in", source)
        options = ("-q", "translate", "--lines", "--from", one, "--to", other, "--model", "starter")
        return run(Path(folder), "mtpipe", *options, "in").removesuffix("\n").split("\n")


def disturb(text: str, share: float, rng: random.Random) -> str:
    """Drop and swap some words."""
    words = [word for word in text.split() if rng.random() >= share]
    for i in range(len(words) - 1):
        if rng.random() < share:
            words[i : i + 2] = reversed(words[i : i + 2])
    return " ".join(words)


def write(place: Path, name: str, texts: list[str]) -> None:
    """One segment a line."""
    (place / name).write_bytes("".join(f"{text}\n" for text in texts).encode())


def single(place: Path, system: str) -> tuple[Figures, Figures]:
    """Score, interval and signature of one system by every metric: sacrebleu's, mtpipe's."""
    theirs: Figures = {}
    for metrics, options in CALLS.items():
        out = sacrebleu(place, "ref", "-i", system, "-w", "10", "--confidence", *options)
        entries = json.loads(out)
        for metric, entry in zip(
            metrics, entries if isinstance(entries, list) else [entries], strict=True
        ):
            theirs |= {
                f"{metric} score": entry["score"],
                f"{metric} mean": entry["confidence_mean"],
                f"{metric} interval": entry["confidence_var"],
                f"{metric} signature": f"{entry['name']}|{entry['signature']}",
            }
    report = mtpipe(place, system, "--confidence")
    ours: Figures = {}
    for entry in report["metrics"]:
        cell = report["systems"][0]["scores"][entry["metric"]]
        ours |= {
            f"{entry['metric']} score": float(f"{cell['score']:.10f}"),
            f"{entry['metric']} mean": float(f"{cell['mean']:.10f}"),
            f"{entry['metric']} interval": float(f"{cell['ci']:.10f}"),
            f"{entry['metric']} signature": f"{entry['name']}|{entry['signature']}",
        }
    return theirs, ours


def paired(place: Path, method: str, samples: int) -> tuple[Figures, Figures]:
    """Scores, intervals and p-values of three systems: sacrebleu's, mtpipe's.

    As LaTeX, since sacrebleu 2.6 can't write float32, which chrF and TER come out in, as JSON.
    """
    option = "--paired-bs" if method == "bootstrap" else "--paired-ar"
    test = [option, f"{option}-n", str(samples)]
    theirs: Figures = {}
    for metrics, options in CALLS.items():
        out = sacrebleu(
            place, "ref", "-i", "a", "b", "c", "-w", "10", *test, "-f", "latex", "-nc", *options
        )
        rows = [line for line in out.splitlines() if line.rstrip().endswith(r"\\")][1:]
        for system, row in zip("abc", rows, strict=True):
            for metric, cell in zip(metrics, row.split("&")[1:], strict=True):
                if match := CELL.search(cell.replace("$", "")):
                    theirs |= figures(f"{metric} {system}", *match.groups())
        signatures = [line for line in out.splitlines() if line.startswith(" - ") and "|" in line]
        for metric, line in zip(metrics, signatures, strict=True):
            theirs[f"{metric} signature"] = line.split()[-1]
    report = mtpipe(place, "a", "b", "c", "--paired", method, "--samples", str(samples))
    ours: Figures = {
        f"{entry['metric']} signature": entry["signature"] for entry in report["metrics"]
    }
    for row in report["systems"]:
        for metric, cell in row["scores"].items():
            shown = [cell["score"], cell.get("mean"), cell.get("ci"), cell.get("p_value")]
            texts = [
                None if value is None else f"{value:.{width}f}"
                for value, width in zip(shown, (10, 10, 10, 4), strict=True)
            ]
            ours |= figures(f"{metric} {row['system']}", *texts)
    return theirs, ours


def figures(name: str, score: object, mean: object, interval: object, p_value: object) -> Figures:
    """Those that there are, by name."""
    named = {"score": score, "mean": mean, "interval": interval, "p": p_value}
    return {f"{name} {key}": value for key, value in named.items() if value is not None}


def sacrebleu(place: Path, *arguments: str) -> str:
    """What the command prints."""
    return run(place, "sacrebleu", *arguments)


def mtpipe(place: Path, *arguments: str) -> dict[str, list[dict[str, object]]]:
    """What ``mtpipe score`` writes as JSON, by all metrics."""
    metrics = [part for names in CALLS for metric in names for part in ("-m", metric)]
    out = run(place, "mtpipe", "score", *arguments, "-r", "ref", *metrics, "-f", "json")
    return json.loads(out)


def run(place: Path, module: str, *arguments: str) -> str:
    """Run a module of this environment in a folder."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout


if __name__ == "__main__":
    main()
