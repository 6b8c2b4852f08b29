"""The report as a page and as Markdown: the same sections, laid out by two templates."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import jinja2

from mixedfer.evidence import escaping, gallery, partitions, wording
from mixedfer.evidence.banners import banners
from mixedfer.evidence.pictures import Picture
from mixedfer.evidence.sections import sections
from mixedfer.evidence.table import Table

_TEMPLATES = Path(__file__).parent / "templates"


def pages(results, summary: dict, drawn: list[Picture], tables: list[Table]) -> dict[str, bytes]:
    """`index.html` and `report.md`."""
    return render({"summary": summary, "design": design(results, summary), "banners": banners(results, summary),
                   "sections": sections(results, summary, drawn, tables, gallery.make(results))},
                  "figures.js", "faces.js", "gallery.js")


def render(values: dict, *scripts: str) -> dict[str, bytes]:
    """Both files from `summary`, `design`, `banners` and `sections`, the page with these scripts of `templates/`."""
    script = "\n".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in scripts)
    values = {**values, "script": script,
              "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}
    options = {"loader": jinja2.FileSystemLoader(_TEMPLATES), "undefined": jinja2.StrictUndefined,
               "trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    html = jinja2.Environment(autoescape=True, **options)
    html.filters["uri"] = _uri
    html.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    # Markdown has no autoescape of its own: every value that a template prints goes through `markdown`.
    text = jinja2.Environment(autoescape=False, finalize=escaping.markdown, **options)
    text.filters |= {"raw": escaping.Raw, "fenced": fenced}
    return {"index.html": html.get_template("index.html.j2").render(values).encode(),
            "report.md": text.get_template("report.md.j2").render(values).encode()}


def design(results, summary: dict) -> str:
    """The study's size in one line."""
    made = summary["design"]
    sizes = {name: int(rows.sum()) for name, rows in partitions.of(results).items()}
    images = f"{made['test_images']:,} test images in {made['folds']} folds" if made["folds"] > 1 else " / ".join(
        f"{size:,} {name}" for name, size in sizes.items()) + " images"
    when = "changed after the runs" if wording.moved_margin(summary) else "set beforehand"
    return ", ".join([
        f"{len(summary['arms'])} arms", f"{made['replicates']} replicate{'s' * (made['replicates'] > 1)} each", images,
        f"{len(made['test_images_by_class'])} classes",
        f"margin {wording.unit(summary['margin'], summary['metric'])}, {when}"])


def fenced(text: str) -> escaping.Raw:
    """Text as a block of code in Markdown, with a fence that nothing in it can close.

    >>> fenced("a ``` b").splitlines()
    ['````', 'a ``` b', '````']
    """
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return escaping.Raw(f"{fence}\n{text}\n{fence}")


def _uri(text: str, kind: str) -> str:
    """A file as a `data:` address, so that the page can hand it out wherever it lies."""
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"
