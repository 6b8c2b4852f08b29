"""A service that is sent a picture and answers in JSON, such as what followed Microsoft's retired emotion API.

A question is a POST of a PNG file's bytes. A service that wants it otherwise is asked by a script of one's own, see `command`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import email.utils
import http.client
import itertools
import math
import re
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import mixedfer
from mixedfer.checked import Checked, require
from mixedfer.errors import BadInput, Fault, Unreadable
from mixedfer.use.teachers import Ask, Told, _address
from mixedfer.use.teachers._reading import Reading, read

#: Answers that mean "later", and those after which no other question would fare better.
LATER, NEVER = {408, 425, 429}, {401, 403, 404, 405, 410}
LONGEST_WAIT = 600  # seconds that a service may ask for
LARGEST = 1 << 24  # bytes of an answer


@dataclass(frozen=True)
class Teacher(Checked):
    """`key` names the environment variable that holds the key; it is sent as the `header`, and appears nowhere else.

    At most `rate` questions are sent per second. One that fails is sent again up to `retries` times, after `pause` seconds,
    twice as many, and so on, or after as many as the service asks for (Retry-After). `timeout` is in seconds, for one try.

    >>> Teacher("https://example.org/emotion", key="EMOTION_KEY").name
    'http:https://example.org/emotion'
    """

    RANGES = {"rate": (1e-6, 10**6), "retries": (0, 100), "pause": (0, 600), "timeout": (0.01, 3600)}
    url: str
    _: dataclasses.KW_ONLY
    key: str = ""
    header: str = "Ocp-Apim-Subscription-Key"
    content: str = "application/octet-stream"
    rate: float = 1.0
    retries: int = 5
    pause: float = 1.0
    timeout: float = 60.0
    reading: Reading = field(default_factory=Reading)

    def __post_init__(self):
        super().__post_init__()
        require(re.fullmatch(r"[\w-]+", self.header, re.ASCII) is not None, f"header={self.header!r}: not a header's name")
        require(re.fullmatch(r"[!-~ ]+", self.content) is not None, f"content={self.content!r}: not a type of content")

    @property
    def name(self) -> str:
        return f"http:{self.url} {self.reading}".strip()

    def start(self) -> Ask:
        """Raises BadInput for an address or a key that cannot be used, see `_address`."""
        _address.check(self.url, bool(self.key))
        return _Line(self, _address.secret(self.key)).ask


class _Line:
    """A teacher that is being asked: when it was asked last, and its key, which is taken out of all that it says."""

    def __init__(self, teacher: Teacher, key: str):
        self._teacher, self._key, self._next = teacher, key, -math.inf
        self._opener = urllib.request.build_opener(_Stay)

    def ask(self, paths: Sequence[Path]) -> list[Told]:
        return [self._ask(path.read_bytes()) for path in paths]

    def _ask(self, body: bytes) -> Told:
        for attempt in itertools.count():
            try:
                return read(self._send(body), self._teacher.reading)
            except _Later as later:
                wait = self._teacher.pause * 2.0**attempt if later.after is None else later.after
                if attempt == self._teacher.retries or wait > LONGEST_WAIT:
                    asks = f", which asks to wait for {wait:,.0f} s" if wait > LONGEST_WAIT else ""
                    raise Fault(f"{self._teacher.name}{asks}: {later} ({attempt + 1} tries)") from None
                time.sleep(wait)

    def _send(self, body: bytes) -> str:
        """The text of an answer; `_Later` where there is none."""
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + 1 / self._teacher.rate
        headers = {"Content-Type": self._teacher.content, "Accept": "application/json",
                   "User-Agent": f"mixedfer/{mixedfer.__version__}"}
        if self._key:
            headers[self._teacher.header] = self._key
        request = urllib.request.Request(self._teacher.url, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=self._teacher.timeout) as answer:
                return self._hidden(_all(answer, time.monotonic() + self._teacher.timeout))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            what = getattr(error, "reason", None) or error
            raise _Later(self._hidden(str(what).encode(errors="replace")) or type(error).__name__) from None

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        said = b""
        with contextlib.suppress(OSError, http.client.HTTPException):
            said = error.read1(1000)
        words = " ".join(self._hidden(said).split())[:200]
        what = f"HTTP {error.code}{f', {words}' if words else ''}"
        if error.code >= 500 or error.code in LATER:
            return _Later(what, _seconds(error.headers.get("Retry-After")))
        if error.code < 400 or error.code in NEVER:
            return BadInput(f"{self._teacher.name}: {what}", remedy="Is the address right, and the key (--set key=NAME)? "
                            "An address that has moved is not followed.")
        return Unreadable(f"{self._teacher.name}: {what}")

    def _hidden(self, said: bytes) -> str:
        """Text without the key, for some services repeat it."""
        text = said.decode("utf-8", "replace")
        return text.replace(self._key, "(key)") if self._key else text


class _Later(Exception):
    """No answer this time; `after` is how many seconds the service asks to wait."""

    def __init__(self, what: str, after: float | None = None):
        super().__init__(what)
        self.after = after


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: it would carry the key to another host."""

    def redirect_request(self, *_):
        return None


def _all(answer: http.client.HTTPResponse, end: float) -> bytes:
    """The body. A time limit for each piece alone would let a service drip for ever."""
    pieces, size = [], 0
    while piece := answer.read1(1 << 16):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise Unreadable(f"the answer is larger than {LARGEST:,} bytes")
        if time.monotonic() > end:
            raise TimeoutError("timed out")
    if answer.length:
        raise ConnectionError("the answer was cut off")
    return b"".join(pieces)


def _seconds(retry_after: str | None) -> float | None:
    """Seconds or a date (RFC 9110, section 10.2.3); None where there is neither.

    >>> _seconds("2"), _seconds("soon")
    (2.0, None)
    """
    with contextlib.suppress(ValueError):
        wait = float(retry_after or "")
        return max(0.0, wait) if math.isfinite(wait) else None
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    return None
