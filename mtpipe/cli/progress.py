"""Progress of a call that says what it does, how much is done and how much there is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mtpipe.cells import one_line
from mtpipe.cli import console


@contextmanager
def counted(unit: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show the progress of a call on a terminal.

    Args:
        unit: what is counted.

    Yields:
        What the call has to call: with a description, the number that is done, and the total.
    """
    with console.progress(unit=unit) as progress:
        task = progress.add_task("", total=None, note="")

        def show(what: str, done: int, total: int) -> None:
            progress.update(task, description=one_line(what), completed=done, total=total)

        yield show
