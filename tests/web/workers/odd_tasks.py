"""Tasks that do what a worker must withstand, in place of the real ones."""

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from mtpipe import errors
from mtpipe.web.workers import tasks

START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from tests.web.workers.odd_tasks import register; register(); "
    "from mtpipe.web.workers.process import serve; serve()"
)
"""What a child is started by, to have these tasks."""


def register() -> None:
    here = __name__
    for name in (
        "prepare", "echo", "pid", "niceness", "fail", "bug", "no_memory", "odd_result", "tell",
        "wait", "stubborn", "spin", "die",
    ):  # fmt: skip
        tasks.TASKS[name] = f"{here}:{name}"


def prepare(tools: object, arguments: dict[str, Any], progress: Any) -> bool:
    return arguments["step"] < 1


def echo(tools: object, arguments: dict[str, Any], progress: Any) -> Any:
    return arguments


def pid(tools: object, arguments: dict[str, Any], progress: Any) -> int:
    return os.getpid()


def niceness(tools: object, arguments: dict[str, Any], progress: Any) -> int:
    return os.nice(0)


def fail(tools: object, arguments: dict[str, Any], progress: Any) -> None:
    if arguments["kind"] == "MalformedRecord":
        raise errors.MalformedRecord("rows.jsonl", 7, "no JSON")
    if arguments["kind"] == "PageTooCostly":
        from mtpipe.ingest.page_process import PageTooCostly

        raise PageTooCostly("too much", hint="less")
    raise getattr(errors, arguments["kind"])("so it is", hint="do that")


def bug(tools: object, arguments: dict[str, Any], progress: Any) -> None:
    raise ZeroDivisionError("secret of the house")


def no_memory(tools: object, arguments: dict[str, Any], progress: Any) -> None:
    raise MemoryError


def odd_result(tools: object, arguments: dict[str, Any], progress: Any) -> object:
    return object()


def tell(tools: object, arguments: dict[str, Any], progress: Any) -> str:
    progress(1, None, "one")
    progress(2, None, "too soon to be told")
    progress(3, 3, "three")
    return "told"


def wait(tools: object, arguments: dict[str, Any], progress: Any) -> str:
    try:
        if "sign" in arguments:
            Path(arguments["sign"]).touch()
        time.sleep(arguments.get("seconds", 60))
    finally:
        if "end" in arguments:
            Path(arguments["end"]).touch()
    return "waited"


def stubborn(tools: object, arguments: dict[str, Any], progress: Any) -> None:
    while True:
        try:
            Path(arguments["sign"]).touch()
            time.sleep(60)
        except KeyboardInterrupt:
            pass


def spin(tools: object, arguments: dict[str, Any], progress: Any) -> None:
    Path(arguments["sign"]).touch()
    re.match(r"(a+)+$", "a" * 60 + "b")  # no other thread of Python runs meanwhile


def die(tools: object, arguments: dict[str, Any], progress: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
