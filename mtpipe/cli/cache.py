"""``mtpipe cache``."""

from contextlib import closing

import typer

from mtpipe.cli import console
from mtpipe.errors import OutputError

app = typer.Typer(
    help="The cache of translated sentences, which makes a second run fast.", no_args_is_help=True
)


@app.command("info")
def info() -> None:
    """Say where the cache is, and how full.

    Its size is limited; `MTPIPE_CACHE_MB` sets the limit, 1000 megabytes by default.

    Example:
    ```
    mtpipe cache info
    ```
    """
    from mtpipe.cache import SegmentCache  # noqa: PLC0415
    from mtpipe.config import cache_file, cache_limit_bytes  # noqa: PLC0415

    with closing(SegmentCache(cache_file(), limit_bytes=cache_limit_bytes())) as cache:
        state = cache.info()
    typer.echo(
        f"file:      {state.path}\n"
        f"sentences: {state.segments:,}\n"
        f"size:      {state.size_bytes / 1e6:.1f} of at most {state.limit_bytes / 1e6:,.0f} MB"
    )


@app.command("clear")
def clear() -> None:
    """Delete the cache.

    Example:
    ```
    mtpipe cache clear
    ```
    """
    from mtpipe.cache import SegmentCache  # noqa: PLC0415
    from mtpipe.config import cache_file, cache_limit_bytes  # noqa: PLC0415

    cache = SegmentCache(cache_file(), limit_bytes=cache_limit_bytes())
    segments = cache.info().segments
    try:
        cache.clear()
    except OSError as exc:
        raise OutputError(f"can't delete {cache_file()}: {exc.strerror}") from exc
    console.notice(f"{segments:,} sentences deleted")
