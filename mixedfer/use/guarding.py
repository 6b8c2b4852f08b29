"""What stands between a local page and the web: who may ask a server on this machine, and how its answers may be used.

Any web site that a user visits can make the browser ask addresses of this machine. It must not get at the server by a name of
its own that it lets point here (DNS rebinding), nor send it pictures; and nothing may be kept, framed or loaded from elsewhere.
"""

from __future__ import annotations

import ipaddress
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: A host as a browser names it, with or without a port.
HOST = r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]+)?"
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
           "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
           "Cross-Origin-Opener-Policy": "same-origin",
           "Permissions-Policy": "camera=(self), microphone=(), geolocation=()"}
#: For all answers but the page, which brings its own.
NOTHING = "default-src 'none'; frame-ancestors 'none'"


class Guard:
    """An application that answers only who names it as `host`, or as this machine, and sends from no other site's page.

    Where `host` stands for all addresses of the machine, as 0.0.0.0 does, any address will do: it is names that can be rebound.
    """

    def __init__(self, app: ASGIApp, host: str):
        self.app, self.host = app, host.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Content-Security-Policy", NOTHING)
            await send(message)

        refused = self._refusal(scope["method"], Headers(scope=scope))
        await (refused or self.app)(scope, receive, sealed)

    def _refusal(self, method: str, headers: Headers) -> JSONResponse | None:
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if not self._named(host):
            return problem(421, "this server does not go by that name", "Use the address that `mixedfer serve` printed.")
        if method not in ("GET", "HEAD") and (
                origin not in (None, f"http://{host}", f"https://{host}")
                or headers.get("sec-fetch-site") not in (None, "same-origin", "none")):
            return problem(403, "only this server's own page may send pictures, and programs that are no pages")
        return None

    def _named(self, host: str) -> bool:
        match = re.fullmatch(HOST, host)
        name = (match[1] or match[2]).removesuffix(".") if match else ""
        return bool(name) and (name in (*LOOPBACK, self.host) or (everywhere(self.host) and _is_address(name)))


def problem(status: int, what: str, remedy: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer that says what is wrong, and what to do."""
    return JSONResponse({"error": what, "remedy": remedy}, status, headers)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can ask.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("192.168.0.7")
    (True, True, False)
    """
    return host.lower() == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def everywhere(host: str) -> bool:
    """Whether a host stands for all addresses of this machine, as 0.0.0.0 does."""
    return _is_address(host) and ipaddress.ip_address(host).is_unspecified


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
