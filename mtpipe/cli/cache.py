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
    """Say where the cache is, and how full; and what converted models take.

    The size of the cache is limited; `MTPIPE_CACHE_MB` sets the limit, 1000 megabytes by default. Of
    converted models, `mtpipe models prune` deletes those that nothing needs.

    Example:
    ```
    mtpipe cache info
    ```
    """
    from mtpipe.cache import SegmentCache  # noqa: PLC0415
    from mtpipe.config import cache_file, cache_limit_bytes  # noqa: PLC0415
    from mtpipe.models.conversions import kept_conversions  # noqa: PLC0415

    conversions = kept_conversions()
    size_bytes = sum(one.size_bytes for one in conversions)
    unneeded_bytes = sum(one.size_bytes for one in conversions if not one.is_needed)
    with closing(SegmentCache(cache_file(), limit_bytes=cache_limit_bytes())) as cache:
        state = cache.info()
    typer.echo(
        f"file:      {state.path}\n"
        f"sentences: {state.segments:,}\n"
        f"size:      {state.size_bytes / 1e6:.1f} of at most {state.limit_bytes / 1e6:,.0f} MB\n"
        f"converted: {size_bytes / 1e6:,.1f} MB of models, {unneeded_bytes / 1e6:,.1f} MB of them unneeded"
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
