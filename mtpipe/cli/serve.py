"""``mtpipe serve``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtpipe.cells import one_line
from mtpipe.cli import console
from mtpipe.cli.options import complete_model
from mtpipe.errors import InputError

if TYPE_CHECKING:
    from mtpipe.web.settings import ServeSettings

_MODULES = ("fastapi", "uvicorn", "python_multipart", "prometheus_client")

Archive = Annotated[
    str | None,
    typer.Option(
        "--archive", "-a", metavar="URI", help="Look for originals here (`mtpipe archive add`)."
    ),
]
Host = Annotated[
    str | None,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        help="Listen here; by default 127.0.0.1, which only this machine reaches.",
    ),
]
Port = Annotated[
    int | None,
    typer.Option("--port", "-p", min=0, max=65_535, help="By default 8000; 0: any free one."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="Processes that answer, each with its models; by default 1. One more does the jobs.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="CPU threads of each; by default one per core."),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        autocompletion=complete_model,
        help="An installed model, a folder, or auto: the best one installed.",
    ),
]
Keys = Annotated[bool | None, typer.Option("--keys", help="Let in whoever has a key.")]
Open = Annotated[
    bool,
    typer.Option("--open", help="Let everybody in, though other machines reach the server."),
]
AllowFetch = Annotated[
    bool,
    typer.Option("--allow-fetch", help="Read pages by their addresses, too; never internal ones."),
]
RootPath = Annotated[
    str | None,
    typer.Option("--root-path", metavar="PATH", help="What a proxy in front strips from paths."),
]
Home = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Keep jobs and keys here.", file_okay=False),
]
NewKey = Annotated[
    str | None,
    typer.Option("--new-key", metavar="NAME", help="Make a key, print it, and exit."),
]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="What the new key is good for; may be repeated, by default all: translate, detect, "
        "align, score, archive-read, archive-write, models, jobs.",
    ),
]
RequestsPerMinute = Annotated[
    int | None,
    typer.Option(
        "--requests-per-minute", min=1, metavar="N", help="That the new key may make; or else 120."
    ),
]
CharactersPerDay = Annotated[
    int | None,
    typer.Option(
        "--characters-per-day", min=1, metavar="N", help="Of text that the new key may give."
    ),
]
ListKeys = Annotated[bool, typer.Option("--list-keys", help="List the keys, and exit.")]
RevokeKey = Annotated[
    str | None,
    typer.Option("--revoke-key", metavar="NAME", help="Revoke a key, and exit."),
]


def serve(
    archive: Archive = None,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    threads: Threads = None,
    model: Model = None,
    keys: Keys = False,
    is_open: Open = False,
    allow_fetch: AllowFetch = False,
    root_path: RootPath = None,
    home: Home = None,
    new_key: NewKey = None,
    scopes: Scopes = None,
    requests_per_minute: RequestsPerMinute = None,
    characters_per_day: CharactersPerDay = None,
    list_keys: ListKeys = False,
    revoke_key: RevokeKey = None,
) -> None:
    """Serve pages for the browser, and a REST API.

    Detect, translate, align, score and search the archive at http://127.0.0.1:8000/. Programs
    use `/api/v1`; clients of LibreTranslate use it as one of its servers. Long work becomes a job,
    which goes on where it was after a restart. Ctrl-C stops it.

    Only this machine reaches it, unless `--host` says otherwise; then choose `--keys` or `--open`.
    Each option, and further settings, can stand in `MTPIPE_SERVE_...` or under `[serve]` in
    `mtpipe.toml`.

    Examples:
    ```
    mtpipe serve
    mtpipe serve --archive originals --port 8080
    mtpipe serve --new-key newsroom --scope translate --scope detect
    mtpipe serve --host 0.0.0.0 --keys
    ```
    """
    wishes = [wish for wish in (new_key, list_keys or None, revoke_key) if wish is not None]
    if len(wishes) > 1:
        raise typer.BadParameter("--new-key, --list-keys and --revoke-key exclude each other")
    if (scopes or requests_per_minute or characters_per_day) and new_key is None:
        raise typer.BadParameter("scopes and limits of a key go with --new-key")
    from mtpipe._optional import require  # noqa: PLC0415 - not on the way to --help

    for module in _MODULES:
        require(module, extra="web")
    from mtpipe.web.settings import serve_settings  # noqa: PLC0415

    settings = serve_settings(
        archive=archive,
        host=host,
        port=port,
        workers=workers,
        threads=threads,
        model=model,
        needs_keys=keys or None,
        is_open=is_open or None,
        allow_fetch=allow_fetch or None,
        root_path=root_path,
        home=home,
    )
    if new_key is not None:
        _make_key(settings, new_key, scopes or ["all"], requests_per_minute, characters_per_day)
    elif list_keys:
        _list_keys(settings)
    elif revoke_key is not None:
        _revoke_key(settings, revoke_key)
    else:
        from mtpipe.web.server import run  # noqa: PLC0415

        run(settings, tell=console.notice)


def _make_key(
    settings: "ServeSettings",
    name: str,
    scopes: list[str],
    requests_per_minute: int | None,
    characters_per_day: int | None,
) -> None:
    from mtpipe.web.guard.callers import KeyLimits, Scope  # noqa: PLC0415
    from mtpipe.web.guard.keys import KeyStore  # noqa: PLC0415

    if unknown := sorted(set(scopes) - set(Scope)):
        raise typer.BadParameter(f"there is no scope {unknown[0]!r}; it can be {', '.join(Scope)}")
    limits = KeyLimits(requests_per_minute, characters_per_day)
    store = KeyStore(settings.home / "keys.sqlite")
    typer.echo(store.new(name, [*map(Scope, scopes)], limits))
    console.notice(
        "this is shown once; it goes into Authorization: Bearer KEY, or the sign-in page"
    )


def _list_keys(settings: "ServeSettings") -> None:
    from mtpipe.web.guard.keys import KeyStore  # noqa: PLC0415

    for key in KeyStore(settings.home / "keys.sqlite").listed():
        facts = [" ".join(sorted(key.scopes)), f"made {key.created}"]
        facts.append(f"last used {key.last_used}" if key.last_used else "never used")
        if key.limits.requests_per_minute:
            facts.append(f"{key.limits.requests_per_minute} requests a minute")
        if key.limits.characters_per_day:
            facts.append(f"{key.limits.characters_per_day} characters a day")
        typer.echo(f"{one_line(key.name)}  {key.id}  {', '.join(facts)}")


def _revoke_key(settings: "ServeSettings", name: str) -> None:
    from mtpipe.web.guard.keys import KeyStore  # noqa: PLC0415

    if not KeyStore(settings.home / "keys.sqlite").revoke(name):
        raise InputError(f"there is no key named {name!r}", hint="mtpipe serve --list-keys")
    console.notice(f"the key of {name} is good for nothing from now on")
