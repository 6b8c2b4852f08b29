"""A local page and an address for programs: a picture goes in, what one or two bundles say of its faces comes out.

    GET  /               the page
    GET  /about          the bundles: classes, measured accuracy, model cards; and what is taken
    POST /predict        a picture as the body -> rows as of `mixedfer predict`
    GET  /openapi.json   all that, for programs (OpenAPI)
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from mixedfer import __version__
from mixedfer.errors import BadInput, MixedferError
from mixedfer.use import guarding, page, upload, wire
from mixedfer.use.guarding import problem
from mixedfer.use.side_by_side import SideBySide

#: Bytes of a picture, seconds that it may take to arrive, and pictures that may wait for their turn.
LARGEST, PATIENCE, WAITING = 20_000_000, 60, 8
ENDING = 3  # seconds that a picture may still take when the server is stopped
TYPES = "image/* or application/octet-stream"
#: FastAPI from 0.16x on can report requests to a collector that environment variables name; nothing may leave the machine.
SILENT = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


class Refused(MixedferError):
    """A request that is not answered, and its HTTP `status`."""

    def __init__(self, status: int, what: str, remedy: str = ""):
        super().__init__(what, remedy=remedy)
        self.status = status


def application(arms: SideBySide, host: str = "127.0.0.1") -> guarding.Guard:
    """The ASGI application, for who calls this machine `host`."""
    app = FastAPI(title="mixedfer", version=__version__, docs_url=None, redoc_url=None, summary=page.SUMMARY, telemetry=SILENT,
                  description="Pictures stay on the machine that serves; one is answered at a time.")
    app.state.arms, app.state.waiting = arms, 0
    # The networks are asked from one thread: Keras' models are not made for several.
    app.state.worker = ThreadPoolExecutor(1, "mixedfer")
    about = wire.described(arms, LARGEST)
    written, policy = page.write(about, guarding.is_loopback(host))

    @app.get("/", include_in_schema=False)
    async def show() -> Response:
        return HTMLResponse(written, headers={"Content-Security-Policy": policy})

    @app.get("/about", summary="The bundles, and what is taken")
    async def tell() -> wire.About:
        return about

    app.post("/predict", summary="What each bundle says of each face in a picture", openapi_extra=wire.PICTURE,
             responses=wire.PROBLEMS, response_model_exclude_unset=True)(_predict)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return guarding.Guard(app, host)


async def _predict(request: Request, source: Annotated[str, Query(max_length=255, description="What rows call the picture.")]
                   = "picture") -> wire.Answer:
    state = request.app.state
    if not request.headers.get("content-type", "").lower().startswith(("image/", "application/octet-stream")):
        raise Refused(415, f"a picture comes as {TYPES}", "Set the Content-Type, as in curl --data-binary @photo.jpg "
                      "-H 'Content-Type: image/jpeg'.")
    if state.waiting >= WAITING:
        raise Refused(503, "too many pictures are waiting", "Try again in a few seconds.")
    state.waiting += 1
    try:
        raw = await _body(request)
        answers = await asyncio.get_running_loop().run_in_executor(state.worker, state.arms, raw, source)
    except asyncio.CancelledError:
        raise Refused(503, "the server is stopping") from None
    finally:
        state.waiting -= 1
    return wire.answer(answers)


async def _body(request: Request) -> bytes:
    """The body, no more of which is read than is taken."""
    too_large = Refused(413, f"more than {LARGEST:,} bytes", "Make the picture smaller.")
    if int(request.headers.get("content-length", 0)) > LARGEST:
        raise too_large
    raw = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > LARGEST:
                    raise too_large
    except TimeoutError:
        raise Refused(408, f"the picture did not arrive within {PATIENCE} seconds") from None
    return bytes(raw)


async def _refused(_: Request, error: Refused) -> Response:
    return problem(error.status, error.what, error.remedy, {"Retry-After": "2"} if error.status == 503 else None)


async def _unusable(_: Request, error: MixedferError) -> Response:
    return problem(413 if isinstance(error, upload.TooLarge) else 415, error.what, error.remedy)


async def _astray(_: Request, error: HTTPException) -> Response:
    return problem(error.status_code, str(error.detail), "GET /openapi.json says what there is.", error.headers)


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    return problem(422, "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()))


async def _gone(_: Request, __: ClientDisconnect) -> Response:
    return problem(400, "the picture did not arrive")  # which nobody hears


async def _failed(_: Request, __: Exception) -> Response:
    return problem(500, "the server failed", "The terminal in which it runs says how.")


_HANDLERS: dict[Any, Callable] = {Refused: _refused, BadInput: _unusable, HTTPException: _astray,
                                  RequestValidationError: _invalid, ClientDisconnect: _gone, Exception: _failed}


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes calls. Raises BadInput where there is no such host, or the port is taken."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise BadInput(f"--host {host} --port {port}: {error.strerror}",
                       remedy="Choose another port, or 0 for any that is free.") from error


def address(taken: socket.socket, host: str) -> str:
    """Where a browser finds the page."""
    name = "localhost" if guarding.everywhere(host) else host
    return f"http://{f'[{name}]' if ':' in name else name}:{taken.getsockname()[1]}/"


def run(arms: SideBySide, taken: socket.socket, host: str) -> None:
    """Answer until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        server(arms, host).run([taken])


def server(arms: SideBySide, host: str) -> uvicorn.Server:
    """The server, ready to be run; it logs nothing but faults."""
    return uvicorn.Server(uvicorn.Config(
        application(arms, host), http="h11", ws="none", loop="asyncio", log_level="error", access_log=False,
        proxy_headers=False, server_header=False, timeout_graceful_shutdown=ENDING))
