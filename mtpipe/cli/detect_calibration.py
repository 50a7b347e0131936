"""``mtpipe detect --calibrate``: the card of the verdict, from labelled pairs."""

import json
import sys
from pathlib import Path

from mtpipe.cli import console
from mtpipe.files import refuse_same
from mtpipe.types import Failure

__all__ = ["calibrate_card"]


def calibrate_card(labelled: Path, output: Path, *, engine: bool) -> None:
    """Learn the verdict, write its card and print its figures.

    Args:
        labelled: a file of pairs.
        output: the card's file.
        engine: learn with a translation model as well.
    """
    refuse_same([labelled], [output])
    from mtpipe import calibrate, read_pairs  # noqa: PLC0415 - not on the way to --help

    read = list(read_pairs(labelled))
    rows = [row for row in read if not isinstance(row, Failure)]
    console.notice_some(
        [f"left out: {row.article_id}: {row.error}" for row in read if isinstance(row, Failure)],
        "rows",
    )
    with console.progress(unit="pairs") as progress:
        total = 3 * len(rows)
        task = progress.add_task("measuring", total=total, note="")

        def on_progress(done: int) -> None:
            stage = "measuring" if done < total else "fitting"
            progress.update(task, completed=done, description=stage)

        figures = calibrate(rows, output, engine=engine, progress=on_progress)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    console.notice(f"the card is in {output}; use it with: mtpipe detect --card {output}")
