"""Inputs through workers to an output: the loop of a run, in the driver.

Not for what a worker does with a shard: see :mod:`mtpipe.scale.worker`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from mtpipe.scale.output import Form
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources, Task

__all__ = ["run"]


def run(
    inputs: str | Path | Iterable[str | Path],
    output: str | Path,
    task: Task,
    resources: Resources,
    *,
    form: Form = Form.JSONL,
    on_progress: Callable[[ScaleSummary], None] = lambda _: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> ScaleSummary:
    """Do a task with all articles that inputs lead to.

    Args:
        inputs: paths, glob patterns, folders, addresses; also ``s3://`` and ``gs://``.
        output: a folder, local or ``s3://`` and ``gs://``.
        task: what is done.
        resources: by how many workers, and where.
        form: of the rows.
        on_progress: gets the summary so far when the workers stand, and after each shard.
        is_stopped: asked several times a second; once it is true, shards in hand are given up.
    """
    raise NotImplementedError
