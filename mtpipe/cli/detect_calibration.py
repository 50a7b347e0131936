"""``mtpipe detect --calibrate``: the card of the verdict, from labelled pairs."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mtpipe.cli import console
from mtpipe.files import refuse_same
from mtpipe.types import Failure

__all__ = ["calibrate_card"]


def calibrate_card(labelled: Sequence[Path], output: Path, *, engine: bool) -> None:
    """Learn the verdict, write its card and print its figures.

    What is measured is kept beside the card, as ``CARD.measures.jsonl``: the same command goes on
    where it was stopped.

    Args:
        labelled: files of pairs.
        output: the card's file.
        engine: learn with a translation model as well.
    """
    measures = output.with_name(f"{output.name}.measures.jsonl")
    refuse_same(labelled, [output, measures])
    from mtpipe import calibrate, read_pairs  # noqa: PLC0415 - not on the way to --help

    read = [row for path in labelled for row in read_pairs(path)]
    rows = [row for row in read if not isinstance(row, Failure)]
    console.failures_some(
        [f"left out: {row.article_id}: {row.error}" for row in read if isinstance(row, Failure)],
        "rows",
    )
    with console.progress(unit="pairs") as progress:
        task = progress.add_task("measuring", total=None, note="")

        def on_progress(done: int, total: int) -> None:
            stage = "measuring" if done < total else "fitting"
            progress.update(task, completed=done, total=total, description=stage)

        figures = calibrate(rows, output, engine=engine, measures=measures, progress=on_progress)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    console.notice(f"the card is in {output}; use it with: mtpipe detect --card {output}")
