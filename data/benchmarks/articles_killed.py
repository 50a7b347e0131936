"""Kill ``mtpipe translate`` at ten random moments, rerun it each time, and count what is done twice.

The articles are those of ``translate_articles.py``. The output of the last run is compared with that
of a run that nothing disturbed, with a cache of its own. Every sentence that the engine is given is
written down, and again when its translation comes back, so that it shows after each kill

* how many sentences were translated twice: their translation had come back before the kill, and
  was lost all the same;
* how many were in the engine when the process died, a batch a thread at work and two that wait.
  Those can't be saved.

    python data/benchmarks/articles_killed.py ../shared/eval/translate --articles 200
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from translate_articles import write_articles

COMMAND = """
import os, sys
from mtpipe.engines.ctranslate import CTranslateEngine
submit = CTranslateEngine.submit
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
class Logged:
    def __init__(self, pending, rows):
        self.pending, self.rows = pending, rows
        self.write("given")
    def write(self, what):
        os.write(log, "".join(f"{what}\\t{row}\\n" for row in self.rows).encode())
    def result(self):
        decoded = self.pending.result()
        self.write("translated")
        return decoded
def logged(self, batch, options):
    return Logged(submit(self, batch, options), [f"{options} {' '.join(row)}" for row in batch])
CTranslateEngine.submit = logged
from mtpipe.cli import main
sys.exit(main(sys.argv[2:]))
"""


def start(
    log: Path, source: Path, output: Path, home: Path, *options: str
) -> "subprocess.Popen[bytes]":
    """Start a run."""
    command = [
        *(sys.executable, "-c", COMMAND, str(log), "--quiet", "translate", str(source)),
        *("-o", str(output), "--to", "en", "--model", "starter", "--device", "cpu", *options),
    ]
    return subprocess.Popen(command, env={**os.environ, "MTPIPE_HOME": str(home)})


def logged(log: Path, what: str) -> list[str]:
    """What the engine was ``given``, or had ``translated``."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [row for kind, row in (line.split("\t", 1) for line in lines) if kind == what]


def main() -> None:
    """Run it all and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--beam", default="4")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)  # noqa: S311 - not for secrets
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home, source = folder / "home", folder / "in.jsonl"
        home.mkdir()
        write_articles(arguments.folder, source, arguments.articles, ["de", "fr"])
        beam = ("--beam", arguments.beam)
        whole, killed = folder / "whole.jsonl", folder / "killed.jsonl"
        started = time.monotonic()
        own = folder / "own"
        own.mkdir()
        if start(folder / "whole.log", source, whole, own, *beam).wait():
            raise SystemExit("the run without a disturbance failed")
        seconds = time.monotonic() - started
        log = folder / "killed.log"
        twice: list[int] = []
        in_the_engine: list[int] = []
        kills = 0
        while True:
            before = Counter(logged(log, "translated"))
            lost = Counter(logged(log, "given")) - before
            count = len(logged(log, "given"))
            process = start(log, source, killed, home, *beam)
            try:
                # Runs get a tenth of the whole time on average, after a second to start.
                limit = 1 + rng.uniform(0, 2 * seconds / arguments.kills)
                code = process.wait(None if kills == arguments.kills else limit)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills, code = kills + 1, None
            again = Counter(logged(log, "given")[count:])
            twice.append((again & before).total())
            in_the_engine.append((again & lost).total())
            if code is not None:
                break
        report = {
            "articles": arguments.articles,
            "seconds_undisturbed": round(seconds, 1),
            "kills": kills,
            "output_is_equal": killed.read_bytes() == whole.read_bytes(),
            "sentences_given_to_the_engine": len(logged(folder / "whole.log", "given")),
            "translated_twice_after_each_kill": twice[1:],
            "were_in_the_engine_at_each_kill": in_the_engine[1:],
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
