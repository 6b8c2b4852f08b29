"""Where a service is, and the key that it wants: checked before anything is sent."""

from __future__ import annotations

import ipaddress
import os
import urllib.parse

from mixedfer.errors import BadInput

SHORTEST_KEY = 8
#: Words in the names of an address's parameters that say that something secret follows, and such names as a whole.
SECRET, SECRETS = ("key", "token", "secret", "passw", "signature", "credential"), {"sig", "code", "pwd", "auth"}


def check(url: str, with_key: bool) -> None:
    """Raise BadInput for what is no address, for one that holds a password, and where a key would be sent in the clear."""
    try:
        parts = urllib.parse.urlsplit(url)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong or not url.isascii() or not url.isprintable() or " " in url:
        raise BadInput("--teacher http: not the address of a service", remedy="Write http:https://HOST/PATH.")
    named = [name.lower() for name, _ in urllib.parse.parse_qsl(parts.query, keep_blank_values=True)]
    if parts.username or parts.password or SECRETS.intersection(named) or any(word in " ".join(named) for word in SECRET):
        raise BadInput("--teacher http: the address holds a key, a name or a password", remedy="Put what is secret into an "
                       "environment variable, and give that one's name with --set key=NAME; it is sent as a header.")
    if with_key and parts.scheme == "http" and not _is_here(parts.hostname):
        raise BadInput(f"--teacher http: the key would be sent to {parts.hostname} for anybody to read", remedy="Use https.")


def secret(name: str) -> str:
    """The key in this environment variable. Raises BadInput, which never shows it, where there is none, or no key in it."""
    if not name:
        return ""
    key = os.environ.get(name, "").strip()
    if not key:
        # What was given is not repeated: it may be the key itself.
        raise BadInput("the environment has no variable of the name that is given with --set key=NAME", remedy="Set that "
                       "variable to the key. The key itself belongs on no command line.")
    if len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable():
        raise BadInput(f"what the environment has as {name!r} is no key: expected {SHORTEST_KEY} ASCII characters or more")
    return key


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
