"""``mtpipe scale``: the same work on many processes or machines."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from mtpipe.cli import detect_options, scale_options
from mtpipe.cli.furniture import (
    DropSelector,
    DropText,
    Furniture,
    KeepSelector,
    KeepText,
    Wording,
)
from mtpipe.cli.options import ComputeDevice, From, Model, Weights
from mtpipe.cli.translate_options import Beam, Comet, Engine, RoundTrip, To
from mtpipe.scale import Form
from mtpipe.types.choices import Device, EngineName, Quantization

if TYPE_CHECKING:
    from mtpipe.scale import ScaleSummary

app = typer.Typer(
    help="Do the same for millions of articles, on all processors of a machine or on a cluster "
    "(Ray).\n\n"
    "Inputs are cut into shards; each becomes one file of the output, with a manifest that says "
    "what is in it. The same command resumes after an interruption or a crash, and does what is "
    "missing.\n\n"
    "Examples:\n```\nmtpipe scale translate pages/ --to en -o translated/\n"
    "mtpipe scale detect s3://bucket/crawl/ --archive originals/ -o verdicts/ --address auto\n"
    "mtpipe scale index articles.parquet -o originals/\n```",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command("translate")
def translate(
    to: To,
    inputs: scale_options.Articles,
    output: scale_options.Output,
    source: From = None,
    form: scale_options.Format = Form.JSONL,
    model: Model = "auto",
    engine: Engine = EngineName.CTRANSLATE2,
    beam: Beam = 4,
    quantization: Weights = Quantization.AUTO,
    device: ComputeDevice = Device.AUTO,
    cache: scale_options.Cache = False,
    round_trip: RoundTrip = False,
    comet: Comet = None,
    address: scale_options.Address = None,
    workers: scale_options.Workers = None,
    threads: scale_options.Threads = 1,
    gpus: scale_options.Gpus = 0.0,
    rows_per_shard: scale_options.RowsPerShard = 500,
    prices: scale_options.Prices = None,
    as_json: scale_options.Json = False,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Translate articles with many workers, each with the models loaded once.

    Rows are those of `mtpipe translate`. They are in OUTPUT/rows, a file a shard; OUTPUT/manifests
    says what is in each, OUTPUT/failures.jsonl what failed (exit code 6, or 3 if all failed to
    read), OUTPUT/report.html how fast it went and what a million articles would take.

    Ctrl-C stops; shards in hand are given up. The same command resumes.

    Examples:
    ```
    mtpipe scale translate pages/ --to en -o translated/
    mtpipe scale translate crawl.warc.gz --to fr -o fr/ --workers 4 --threads-per-worker 2
    mtpipe scale translate s3://bucket/in/ --to de -o s3://bucket/de --format parquet --address auto
    mtpipe scale translate pages/ --to en -o translated/ --price-per-hour 0.40 --json
    ```
    """
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    options: dict[str, Any] = {"source": source, "model": model, "engine": engine, "beam": beam}
    options |= {"quantization": quantization, "device": device, "cache": cache}
    options |= {"round_trip": round_trip, "comet": comet, "rules": furniture.rules, "form": form}
    options |= _resources(address, workers, threads, gpus, rows_per_shard)

    def start(**watched: Any) -> "ScaleSummary":
        from mtpipe.scale import translate  # noqa: PLC0415 - not on the way to --help

        return translate(inputs, output, to, **options, **watched)

    _run(start, "translating", prices, as_json=as_json)


@app.command("detect")
def detect(
    inputs: scale_options.Articles,
    output: scale_options.Output,
    archive: detect_options.Archive = None,
    spoken: From = None,
    form: scale_options.Format = Form.JSONL,
    within_days: detect_options.WithinDays = None,
    prior: detect_options.Prior = None,
    model: detect_options.Model = "auto",
    engine: detect_options.Engine = True,
    rules: detect_options.Rules = None,
    card: detect_options.Card = None,
    duplicates: scale_options.Duplicates = True,
    broadcast_sentences: scale_options.BroadcastSentences = None,
    fail_on: detect_options.FailOns = None,
    address: scale_options.Address = None,
    workers: scale_options.Workers = None,
    threads: scale_options.Threads = 1,
    gpus: scale_options.Gpus = 0.0,
    rows_per_shard: scale_options.RowsPerShard = 500,
    prices: scale_options.Prices = None,
    as_json: scale_options.Json = False,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Examine candidates with many workers, against the originals of an archive.

    Rows are those of `mtpipe detect`. Near-duplicates are found first: one of a wire report's
    thousand copies is examined; of the others only the page is, and their rows name it as
    `duplicate_of`. Without --archive, only pages are examined.

    The output is laid out as by `scale translate`; OUTPUT/report.html has verdicts by site and
    language, and the clusters.

    Examples:
    ```
    mtpipe scale detect pages/ --archive originals/ -o verdicts/
    mtpipe scale detect crawl.warc.gz --archive originals/ -o verdicts/ --no-duplicates
    mtpipe scale detect s3://bucket/crawl/ --archive s3://bucket/originals -o s3://bucket/verdicts
    ```
    """
    if not archive and (within_days is not None or broadcast_sentences is not None):
        raise typer.BadParameter("--within and --broadcast-sentences go with --archive")
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    options: dict[str, Any] = {"archive": archive, "language": spoken, "form": form}
    options |= {"within_days": within_days, "prior": prior, "model": model, "engine": engine}
    options |= {"detection_rules": rules or (), "card": card, "rules": furniture.rules}
    options |= {"duplicates": duplicates, "broadcast_sentences": broadcast_sentences}
    options |= _resources(address, workers, threads, gpus, rows_per_shard)

    def start(**watched: Any) -> "ScaleSummary":
        from mtpipe.scale import detect  # noqa: PLC0415 - not on the way to --help

        return detect(inputs, output, **options, **watched)

    _run(start, "examining", prices, fail_on=fail_on or [], as_json=as_json)


@app.command("index")
def index(
    inputs: scale_options.Articles,
    output: scale_options.OutputArchive,
    spoken: From = None,
    shards: scale_options.Shards = None,
    address: scale_options.Address = None,
    workers: scale_options.Workers = None,
    threads: scale_options.Threads = 1,
    gpus: scale_options.Gpus = 0.0,
    rows_per_shard: scale_options.RowsPerShard = 500,
    prices: scale_options.Prices = None,
    as_json: scale_options.Json = False,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Add originals to an archive with many workers, and build its index in parallel.

    The archive is one of several parts (shards). `archive` and `detect --archive` read it as any
    other; articles are added once, whatever their names, as `archive add` has it.

    Examples:
    ```
    mtpipe scale index articles/ -o originals/
    mtpipe scale index s3://bucket/articles/ -o s3://bucket/originals --shards 8 --address auto
    ```
    """
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    options: dict[str, Any] = {"language": spoken, "shards": shards, "rules": furniture.rules}
    options |= _resources(address, workers, threads, gpus, rows_per_shard)

    def start(**watched: Any) -> "ScaleSummary":
        from mtpipe.scale import index  # noqa: PLC0415 - not on the way to --help

        return index(inputs, output, **options, **watched)

    _run(start, "adding", prices, as_json=as_json)


def _resources(
    address: str | None, workers: int | None, threads: int, gpus: float, rows: int
) -> dict[str, Any]:
    from mtpipe.scale import Resources  # noqa: PLC0415 - not on the way to --help

    return {
        "resources": Resources(
            address=address,
            workers=workers,
            threads_per_worker=threads,
            gpus_per_worker=gpus,
            rows_per_shard=rows,
        )
    }


def _run(
    start: Callable[..., "ScaleSummary"],
    what: str,
    prices: list[float] | None,
    **shown: Any,
) -> None:
    """Run, show how far it is, and what came of it."""
    from mtpipe.cli import scale_output  # noqa: PLC0415 - not on the way to --help

    with scale_output.watched(what) as callbacks:
        summary = start(**callbacks)
    scale_output.finish(summary, prices or [], **shown)
