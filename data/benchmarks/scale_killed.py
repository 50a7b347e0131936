"""Runs that lose a machine, a worker or the driver leave the same as one that nothing disturbed.

    python data/benchmarks/scale_killed.py --train ../shared/train --folder /tmp/killed

Articles are made of twelve lines each and translated three times: in peace; on three nodes
(``ray.cluster_utils.Cluster``: raylets of their own on this machine), of which one is removed in
the middle and a worker of another killed with SIGKILL; and by a command that is killed with
SIGKILL in the middle and then repeated. Files are compared byte by byte.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from scale_articles import write_articles

from mtpipe.scale import Resources, ScaleSummary, translate
from mtpipe.scale.manifest import read_manifests
from mtpipe.storage import Place

LINES, INPUTS, ROWS = 12, 4, 5
LATE_S = 15


def make_inputs(folder: Path, train: Path, count: int) -> None:
    """As many articles in each of some files."""
    (folder / "in").mkdir(parents=True)
    write_articles(folder / "all.jsonl", train, count, lines=LINES)
    lines = (folder / "all.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    for number in range(INPUTS):
        path = folder / "in" / f"part{number}.jsonl"
        path.write_text("".join(lines[number::INPUTS]), encoding="utf-8")


def run(folder: Path, name: str, workers: int, **options: Any) -> ScaleSummary:
    """Translate the inputs."""
    resources = Resources(workers=workers, rows_per_shard=ROWS)
    return translate(
        [str(path) for path in sorted((folder / "in").glob("*"))],
        folder / name,
        "en",
        source="de",
        model="starter",
        beam=1,
        resources=resources,
        **options,
    )


class Killer:
    """Removes a node and kills a worker of another one, once a third of the shards is done."""

    def __init__(self, cluster: Any, lost: Any, shards: int) -> None:
        self._cluster = cluster
        self._lost = lost
        self._after = shards // 3
        self.done: list[str] = []

    def __call__(self, summary: ScaleSummary) -> None:
        """Look how far it is."""
        if summary.shards_done < self._after or self.done:
            return
        lost = self._lost
        kept = [
            worker.name
            for worker in summary.figures().by_worker
            if f"-{lost.node_id[:6]}/" not in worker.name
        ]
        self._cluster.remove_node(lost, allow_graceful=False)
        self.done.append(f"node {lost.node_id[:6]} after {summary.shards_done} shards")
        if kept:
            os.kill(int(kept[0].rpartition("/")[2]), signal.SIGKILL)
            self.done.append(f"worker {kept[0]}")


def on_nodes(folder: Path, shards: int) -> dict[str, Any]:
    """A run on three nodes, of which one is lost."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    lost, _ = (cluster.add_node(num_cpus=1, object_store_memory=150 * 2**20) for _ in range(2))
    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
    killer = Killer(cluster, lost, shards)
    try:
        summary = run(folder, "nodes", 3, on_progress=killer)
    finally:
        ray.shutdown()
        cluster.shutdown()
    return {"killed": killer.done, **described(summary)}


def with_driver_killed(folder: Path, shards: int) -> dict[str, Any]:
    """A command that is killed, and repeated."""
    command = [sys.executable, __file__, "--folder", str(folder), "--drive", "driver"]
    driver = subprocess.Popen(command)
    manifests = folder / "driver" / "manifests"
    while len(list(manifests.glob("*.json"))) < shards // 3:
        if driver.poll() is not None:
            raise SystemExit("the driver ended before it was killed")
        time.sleep(0.1)
    theirs = descendants(driver.pid)
    driver.kill()
    driver.wait()
    killed = time.monotonic()
    late: list[str] = []
    while there := list(filter(is_alive, theirs)):
        time.sleep(0.1)
        if time.monotonic() > killed + LATE_S and not late:
            late = [name_of(pid) for pid in there]
        if time.monotonic() > killed + 10 * LATE_S:
            raise SystemExit(f"processes of the killed run are still there: {late}")
    gone = time.monotonic() - killed
    before = {path.name: path.stat().st_mtime_ns for path in manifests.glob("*.json")}
    subprocess.run(command, check=True)
    kept = sum(
        path.stat().st_mtime_ns == before.get(path.name) for path in manifests.glob("*.json")
    )
    return {
        "processes": len(theirs),
        "gone_after_s": round(gone, 1),
        "late": late,
        "shards_kept": kept,
    }


def is_alive(pid: int) -> bool:
    """Whether a process is there, and not only waiting for someone to ask what came of it."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def name_of(pid: int) -> str:
    """How a process is called."""
    with contextlib.suppress(OSError):
        words = Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
        return b" ".join(words)[:60].decode(errors="replace")
    return str(pid)


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            found.append((int(path.parent.name), parent))
    below = {pid}
    while new := {child for child, parent in found if parent in below} - below:
        below |= new
    return sorted(below - {pid})


def described(summary: ScaleSummary) -> dict[str, Any]:
    """Figures of a run."""
    return {
        "shards": summary.shards_done + summary.shards_skipped,
        "rows": summary.output_rows,
        "failures": summary.failures,
        "setup_s": round(summary.setup_seconds, 1),
        "seconds": round(summary.seconds, 1),
    }


def left(output: Path) -> dict[str, Any]:
    """What a run leaves that has to be the same."""
    files = {path.name: path.read_bytes() for path in sorted(output.glob("rows/*"))}
    listed = output / "failures.jsonl"
    files["failures"] = listed.read_bytes() if listed.exists() else b""
    manifests = [manifest.comparable for manifest in read_manifests(Place.of(output))]
    return {"manifests": manifests, **files}


def twice(output: Path) -> int:
    """Articles that are there more than once."""
    ids = Counter(
        json.loads(line)["id"]
        for path in output.glob("rows/*")
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    return sum(count > 1 for count in ids.values())


def main() -> None:
    """Run all three, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, help="folder with de-en.tsv.xz")
    parser.add_argument("--articles", type=int, default=240)
    parser.add_argument("--folder", type=Path, required=True, help="a new one")
    parser.add_argument("--drive", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.drive:
        run(given.folder, given.drive, 2)
        return
    make_inputs(given.folder, given.train, given.articles)
    figures: dict[str, Any] = {"articles": given.articles}
    figures["quiet"] = described(run(given.folder, "quiet", 2))
    print(json.dumps(figures, indent=1), flush=True)
    shards = figures["quiet"]["shards"]
    figures["nodes"] = on_nodes(given.folder, shards)
    figures["driver"] = with_driver_killed(given.folder, shards)
    expected = left(given.folder / "quiet")
    for name in ("nodes", "driver"):
        figures[name]["files"] = len(expected)
        figures[name]["is_equal"] = left(given.folder / name) == expected
        figures[name]["articles_twice"] = twice(given.folder / name)
    print(json.dumps(figures, indent=1))
    if not all(figures[name]["is_equal"] for name in ("nodes", "driver")):
        raise SystemExit("not the same")


if __name__ == "__main__":
    main()
