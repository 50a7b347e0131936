"""A task that gives texts back; some texts do something to the worker."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe.errors import EngineError, MalformedRecord, ModelNotFound, OutputError
from mtpipe.ingest.raw import RawPage
from mtpipe.scale.shards import Shard
from mtpipe.scale.tasks import Processed
from mtpipe.types import Failure


@dataclass(frozen=True)
class EchoTask:
    """See :class:`mtpipe.scale.tasks.Task`.

    Attributes:
        signature: of its processor.
        marks: a folder for what happened once.
        seconds: that a text takes.
        fails: why it can't be loaded.
        columns: of the Parquet schema.
    """

    signature: str = "echo 1"
    marks: str = ""
    seconds: float = 0.0
    fails: str = ""
    columns: tuple[str, ...] = ("id", "text")
    name: str = "echo"

    def check(self) -> None:
        """Nothing to see."""

    def load(self) -> "EchoProcessor":
        """The processor, unless it fails."""
        if self.fails == "bug":
            raise KeyError("no such thing")
        if self.fails == "malformed":
            raise MalformedRecord("rules.toml", 3, "no rule")
        if self.fails:
            raise ModelNotFound(self.fails, hint="fetch it")
        return EchoProcessor(self)

    def schema(self) -> Any:
        """Strings."""
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.columns])


class EchoProcessor:
    """Gives texts back."""

    def __init__(self, task: EchoTask) -> None:
        self._task = task
        self.signature = task.signature

    def process(self, shard: Shard) -> Processed:
        """The texts of a shard; what couldn't be read is a failure."""
        rows, failures = [], []
        for item in shard.items:
            if isinstance(item.content, Failure):
                failures.append(item.content)
                continue
            page = item.content
            text = page.data.decode() if isinstance(page, RawPage) else str(page["text"])
            self._happen(text)
            time.sleep(self._task.seconds)
            rows.append({"id": item.id, "text": text})
        return Processed(rows, failures, {"totals": {"chars": sum(len(r["text"]) for r in rows)}})

    def _happen(self, text: str) -> None:
        if text == "device lost":
            raise EngineError(text)
        if text == "disk full":
            raise OutputError(text)
        if text == "bug":
            raise KeyError(text)
        once = Path(self._task.marks, "died")
        if text == "deadly" or (text == "deadly once" and not once.exists()):
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
