"""The local server's page: one file that brings all that it needs and loads nothing."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import jinja2

from mixedfer import geometry
from mixedfer.use import wire

SUMMARY = "What trained arms say of the faces in a picture"
SCRIPTS = ("faces.js", "picture.js", "camera.js")


def write(about: wire.About, private: bool) -> tuple[str, str]:
    """The page as HTML, and its Content-Security-Policy; `private` says that only this machine can ask."""
    here = Path(__file__).parent
    script = "\n".join((here / name).read_text(encoding="utf-8") for name in SCRIPTS)
    style = (here / "page.css").read_text(encoding="utf-8")
    outlines = [[part.start, part.stop, closed] for part, closed in geometry.OUTLINES]
    data = {"bundles": [{"name": one.name, "classes": one.classes} for one in about.bundles], "largest": about.limits.bytes,
            "outlines": outlines}
    made = jinja2.Environment(autoescape=True, loader=jinja2.FileSystemLoader(here), undefined=jinja2.StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    written = made.get_template("index.html.j2").render(
        bundles=about.bundles, data=data, private=private,
        script=script, style=style)
    return written, (f"default-src 'none'; img-src blob: data:; connect-src 'self'; script-src '{_hash(script)}'; "
                     f"style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
