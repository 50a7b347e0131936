"""A small application behind the real guards, so that these tests need no other room."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.staticfiles import StaticFiles
from fastapi.testclient import TestClient
from pydantic import BaseModel

from mtpipe.web import guard, health, problems
from mtpipe.web.guard import connections
from mtpipe.web.guard.access import Caller, Scope, needs, with_key
from mtpipe.web.guard.headers import attachment, report_headers
from mtpipe.web.guard.keys import KeyStore
from mtpipe.web.guard.limits import RateLimits
from mtpipe.web.guard.sessions import sign_in, sign_out
from mtpipe.web.services import Services, services
from mtpipe.web.settings import ServeSettings
from tests.web.fakes import FakePool


@dataclass
class FakeJobs:
    """As many jobs as it is told."""

    states: dict[str, int] = field(default_factory=dict)
    problem: Exception | None = None

    def counts(self) -> dict[str, int]:
        if self.problem:
            raise self.problem
        return self.states


class Order(BaseModel):
    texts: list[str]
    beam: int = 4
    token: str = ""


def small_app(settings: ServeSettings) -> FastAPI:
    """Routes that say who asked, what came, or raise ``app.state.raised``."""
    app = FastAPI(docs_url=None, redoc_url=None)
    static = settings.home / "static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "page.css").write_text("p {}")
    (settings.home / "secret.txt").write_text("the secret")
    app.state.services = Services(
        settings=settings,
        pool=FakePool(),
        translations=None,
        jobs=FakeJobs(),
        keys=KeyStore(settings.home / "keys.sqlite"),
        limits=RateLimits(settings),
        metrics=health.Metrics(),
    )
    problems.install(app)
    guard.install(app, settings)
    app.include_router(health.router)
    app.mount("/ui/static", StaticFiles(directory=static))
    _add_routes(app)
    return app


def _add_routes(app: FastAPI) -> None:
    @app.api_route("/api/v1/me", methods=["GET", "POST", "DELETE"])
    def me(caller: Annotated[Caller, Depends(needs(Scope.TRANSLATE))]) -> dict[str, Any]:
        return {"name": caller.name, "owner": caller.owner, "has_key": caller.has_key}

    @app.post("/api/v1/length")
    async def length(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.post("/api/v1/unread")
    async def unread() -> dict[str, str]:
        return {"body": "not looked at"}

    @app.post("/api/v1/order")
    def order(order: Order) -> Order:
        return order

    @app.get("/api/v1/jobs/{job_id}")
    @app.get("/ui/jobs/{job_id}")
    def job(job_id: str) -> dict[str, str]:
        return {"id": job_id}

    @app.get("/api/v1/raised")
    @app.get("/ui/raised")
    @app.get("/languages")
    def raised(request: Request) -> None:
        raise request.app.state.raised

    @app.get("/api/v1/broken")
    def broken() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield "half of"
            raise RuntimeError("the rest")

        return StreamingResponse(parts())

    @app.post("/api/v1/characters/{count}")
    def characters(
        request: Request, count: int, caller: Annotated[Caller, Depends(needs(Scope.TRANSLATE))]
    ) -> None:
        services(request).limits.characters(caller, count)

    @app.post("/api/v1/archive")
    def archive(caller: Annotated[Caller, Depends(needs(Scope.ARCHIVE_WRITE))]) -> None:
        """Change it."""

    @app.post("/translate")
    async def translate(request: Request) -> dict[str, str]:
        async with request.form() as form:
            caller = with_key(request, str(form.get("api_key") or ""), Scope.TRANSLATE)
        return {"name": caller.name}

    @app.get("/ui/report")
    def report() -> StreamingResponse:
        return StreamingResponse(iter(["<p>"]), headers=report_headers(), media_type="text/html")

    @app.get("/ui/file")
    def file(request: Request) -> StreamingResponse:
        return StreamingResponse(iter([b""]), headers=attachment(request.app.state.name))

    @app.post("/ui/sign-in")
    async def signing_in(request: Request) -> Any:
        async with request.form() as form:
            return sign_in(request, str(form["key"]))

    @app.get("/ui/sign-in")
    def sign_in_page() -> str:
        return "a form"

    @app.post("/ui/sign-out")
    def signing_out(request: Request) -> Any:
        return sign_out(request)


def client_of(
    app: FastAPI, *, host: str = "localhost:8000", address: str = "127.0.0.1", **options: Any
) -> TestClient:
    """A client at an address; it follows no redirects."""
    return TestClient(
        app,
        base_url=f"http://{host}",
        client=(address, 50_000),
        follow_redirects=False,
        raise_server_exceptions=False,
        **options,
    )


def for_others(home: Path, **options: Any) -> ServeSettings:
    """Settings of a server that other machines reach, so that keys are needed."""
    return ServeSettings(host="192.0.2.1", home=home, **options)


@contextmanager
def served(app: FastAPI, settings: ServeSettings, **of_protocol: Any) -> Iterator[int]:
    """The application by the real server, at a port of its own."""
    config = uvicorn.Config(
        app,
        port=0,
        http=connections.protocol(settings, **of_protocol),
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
