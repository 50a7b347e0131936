"""The process that a configuration is measured in: it loads one system and carries out orders.

Orders come as lines of JSON on standard input, answers go out as such; see
:class:`mtpipe.pipeline.bench.process.Worker` for the other end. Everything that the libraries
print goes to standard error. Nothing heavy is imported before an order needs it, so that the time
of loading and the peak memory are those of the system alone.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any, Protocol

from mtpipe.errors import MtpipeError
from mtpipe.memory import peak_bytes
from mtpipe.types.choices import EngineName, Quantization

Record = dict[str, Any]

_THREADS = ("MTPIPE_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Subject(Protocol):
    """What is measured: input as JSON values is read, worked on (only this is timed), written."""

    @property
    def signature(self) -> str:
        """Of everything that the output depends on."""
        ...

    def read(self, data: Any) -> Any:
        """Turn JSON values into what :meth:`work` takes."""
        ...

    def work(self, given: Any) -> Any:
        """The job itself."""
        ...

    def write(self, given: Any, result: Any) -> Any:
        """Turn the result into JSON values."""
        ...


class Translation:
    """Lines to lines; ``data`` has ``direction`` and ``lines``."""

    def __init__(self, specification: Record) -> None:
        from mtpipe.engines.base import DecodingOptions  # noqa: PLC0415
        from mtpipe.engines.protection import Safeguards  # noqa: PLC0415
        from mtpipe.models.cards import find_installed  # noqa: PLC0415
        from mtpipe.pipeline.systems.loading import load_system  # noqa: PLC0415

        precision = specification["precision"]
        self._system = load_system(
            find_installed(specification["model"]),
            engine=EngineName(specification["engine"]),
            options=DecodingOptions(beam=specification["beam"]),
            quantization=Quantization(precision or Quantization.AUTO),
            device=specification["device"],
            threads=specification["threads"],
            safeguards=Safeguards.FLAG if specification["watch"] else Safeguards.NONE,
        )
        self.signature = self._system.signature

    def read(self, data: Any) -> Any:
        """See :class:`Subject`."""
        from mtpipe.types import Direction  # noqa: PLC0415

        return data["lines"], Direction.parse(data["direction"])

    def work(self, given: Any) -> Any:
        """See :class:`Subject`."""
        return self._system.translate(*given)

    def write(self, given: Any, result: Any) -> Any:  # noqa: ARG002
        """See :class:`Subject`."""
        return [[one.text, [flag.problem.value for flag in one.flags]] for one in result]


class Alignment:
    """Two documents to beads; ``data`` has ``source``, ``target`` and ``languages``."""

    def __init__(self, specification: Record) -> None:
        from mtpipe.pipeline.align import load_encoder  # noqa: PLC0415

        self._encoder = load_encoder(specification["model"])
        self.signature = specification["signature"]

    def read(self, data: Any) -> Any:
        """See :class:`Subject`."""
        from mtpipe.pipeline.align import side_of  # noqa: PLC0415
        from mtpipe.types import Language  # noqa: PLC0415

        return [
            side_of(data[side], language=Language(language), name=side)
            for side, language in zip(("source", "target"), data["languages"], strict=True)
        ]

    def work(self, given: Any) -> Any:
        """See :class:`Subject`."""
        from mtpipe.pipeline.align import align_documents  # noqa: PLC0415

        return align_documents(given[0], given[1], self._encoder)

    def write(self, given: Any, result: Any) -> Any:  # noqa: ARG002
        """See :class:`Subject`."""
        return [[list(bead.source), list(bead.target)] for bead in result.alignment.beads]


class Detection:
    """Pairs of texts to probabilities that the second is a machine's translation of the first."""

    def __init__(self, specification: Record) -> None:
        from mtpipe.pipeline.bench.detectors import load_detector  # noqa: PLC0415

        self._detector = load_detector(specification["model"])
        self.signature = specification["signature"]

    def read(self, data: Any) -> Any:
        """See :class:`Subject`."""
        from mtpipe.pipeline.bench.detectors import TextPair  # noqa: PLC0415
        from mtpipe.types import Direction  # noqa: PLC0415

        return [
            TextPair(Direction.parse(pair), tuple(source), tuple(candidate))
            for pair, source, candidate in data
        ]

    def work(self, given: Any) -> Any:
        """See :class:`Subject`."""
        return self._detector(given)

    def write(self, given: Any, result: Any) -> Any:
        """See :class:`Subject`."""
        probabilities = [float(probability) for probability in result]
        if len(probabilities) != len(given):
            raise MtpipeError(f"{len(probabilities)} probabilities came for {len(given)} pairs")
        return probabilities


_SUBJECTS: dict[str, Callable[[Record], Subject]] = {
    "translate": Translation,
    "align": Alignment,
    "detect": Detection,
}


class Bench:
    """Carries out orders."""

    def __init__(self) -> None:
        self._subject: Subject | None = None

    def load(self, task: str, specification: Record) -> Record:
        """Load the system; the time is from nothing imported to ready."""
        if task != "translate" and specification.get("threads"):
            # Read by numpy and mtpipe when they are first asked, which is later.
            os.environ.update(dict.fromkeys(_THREADS, str(specification["threads"])))
        started = time.perf_counter()
        subject = self._subject = _SUBJECTS[task](specification)
        return {"seconds": time.perf_counter() - started, "signature": subject.signature}

    def prepare(self, specification: Record) -> Record:
        """Make the files that the system is loaded from, and say how large they are."""
        from mtpipe.models.cards import WEIGHTS, find_installed  # noqa: PLC0415
        from mtpipe.models.convert import converted  # noqa: PLC0415

        model = find_installed(specification["model"])
        names = ["source.spm", "target.spm", "vocab.json"]
        files = [model.directory / name for name in names]
        if specification["engine"] == "transformers":
            files += [model.directory / name for name in ("config.json", WEIGHTS)]
        else:
            files += converted(model, Quantization(specification["precision"])).iterdir()
        return {"size_bytes": sum(path.stat().st_size for path in files if path.is_file())}

    def run(self, data: Any) -> Record:
        """Do the job and give its result."""
        subject = self._loaded()
        given = subject.read(data)
        return {"output": subject.write(given, subject.work(given))}

    def time(self, data: Any, warm_up: Any, singles: Sequence[Any]) -> Record:
        """Time the job, many at a time and one at a time.

        Args:
            data: what is timed as a whole.
            warm_up: done once before, untimed.
            singles: each timed alone.
        """
        subject = self._loaded()
        subject.work(subject.read(warm_up))
        [seconds] = _timed(subject, [data])
        latencies = sorted(_timed(subject, singles))
        return {"seconds": seconds, "latencies": latencies}

    def peak(self) -> Record:
        """The peak memory so far."""
        return {"bytes": peak_bytes()}

    def _loaded(self) -> Subject:
        if self._subject is None:
            raise MtpipeError("nothing is loaded yet")
        return self._subject


def _timed(subject: Subject, many: Iterable[Any]) -> list[float]:
    seconds = []
    for data in many:
        given = subject.read(data)
        started = time.perf_counter()
        list(subject.work(given)) if isinstance(subject, Detection) else subject.work(given)
        seconds.append(time.perf_counter() - started)
    return seconds


def serve(orders: Iterable[str], answers: IO[str]) -> None:
    """Carry out orders until there are no more."""
    bench = Bench()
    for line in orders:
        order = json.loads(line)
        try:
            answer = getattr(bench, order.pop("do"))(**order)
        except MtpipeError as exc:
            answer = {"error": type(exc).__name__, "message": exc.message, "hint": exc.hint}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    """Serve the process that started this one."""
    # Ctrl-C is for the process that gives the orders; it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
