"""How often workers began a shard and didn't end it: what ends every worker is left out at last.

Counted in a small file a shard, before work begins, within one run: what another run left
unfinished was interrupted. Not for failures of single articles, which the task knows of.
"""

import json
from contextlib import suppress
from dataclasses import dataclass

from mtpipe.errors import InputError, OutputError
from mtpipe.storage import Place

__all__ = ["FOLDER", "MOST", "Attempts", "begun", "broke", "forget", "refuse_other_run"]

FOLDER = "attempts"
"""Below the output of a run; gone when it is complete."""
MOST = 3
"""Attempts at a shard within a run."""
RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class Attempts:
    """What came of a shard so far.

    Attributes:
        number: of attempts that weren't ended, in this run.
        error: what the last one said; empty if it said nothing.
    """

    number: int = 0
    error: str = ""


def begun(output: Place, shard: str, run: str) -> Attempts:
    """Note that an attempt at a shard begins.

    Returns:
        The attempts before this one.

    Raises:
        OutputError: that can't be noted.
    """
    before = _read(output, shard, run)
    _write(output, shard, run, Attempts(before.number + 1, before.error))
    return before


def broke(output: Place, shard: str, run: str, error: str) -> None:
    """Note what an attempt came to."""
    with suppress(OutputError):
        _write(output, shard, run, Attempts(_read(output, shard, run).number, error))


def forget(output: Place, shard: str) -> None:
    """The shard is done."""
    _place(output, shard).delete()


def refuse_other_run(output: Place, run: str) -> None:
    """See that an output belongs to a run: the driver may be gone, and another one at work.

    Raises:
        OutputError: it belongs to another.
    """
    with suppress(InputError, OSError, ValueError, KeyError, TypeError):
        if json.loads((output / RUN_FILE).read())["run"] != run:
            raise OutputError(f"another run is writing to {output.name}")


def _read(output: Place, shard: str, run: str) -> Attempts:
    with suppress(InputError, OSError, ValueError, KeyError, TypeError):
        found = json.loads(_place(output, shard).read())
        if found["run"] == run:
            return Attempts(int(found["number"]), str(found["error"]))
    return Attempts()


def _write(output: Place, shard: str, run: str, attempts: Attempts) -> None:
    content = {"run": run, "number": attempts.number, "error": attempts.error}
    _place(output, shard).write(json.dumps(content).encode())


def _place(output: Place, shard: str) -> Place:
    return output / FOLDER / f"{shard}.json"
