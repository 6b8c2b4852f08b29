"""The figures of a report, drawn, with the words that go with them."""

from __future__ import annotations

import base64
import importlib
import pkgutil
from dataclasses import dataclass
from types import ModuleType

from mixedfer.evidence import figures
from mixedfer.evidence.figures import style


@dataclass(frozen=True)
class Picture:
    """A drawn figure and its words, the section of the report that it stands in, and the table to stand below it."""

    name: str
    section: str
    title: str
    caption: str
    alt: str
    svg: bytes
    png: bytes
    numbers: str = ""

    @property
    def uri(self) -> str:
        """The figure as a `data:` address, so that the page needs no other file."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg).decode()}"

    def contents(self) -> dict[str, bytes]:
        """The files that a report writes of it."""
        return {f"figures/{self.name}.svg": self.svg, f"figures/{self.name}.png": self.png}


def discover(folder: ModuleType) -> dict[str, ModuleType]:
    """Every figure of a folder by file name, in their order; helpers without an ORDER are left out."""
    modules = {info.name: importlib.import_module(f"{folder.__name__}.{info.name}")
               for info in pkgutil.iter_modules(folder.__path__)}
    drawn = {name: module for name, module in modules.items() if hasattr(module, "ORDER")}
    return dict(sorted(drawn.items(), key=lambda item: (item[1].ORDER, item[0])))


def draw_all(results, summary: dict) -> list[Picture]:
    """Every figure of `figures/` that has something to show, in their order."""
    made = []
    for name, module in discover(figures).items():
        if getattr(module, "applies", lambda *_: True)(results, summary):
            words = module.TITLE, module.caption(results, summary), module.alt(results, summary)
            made.append(Picture(name, module.SECTION, *words, *saved(module.draw(results, summary)),
                                numbers=getattr(module, "NUMBERS", "")))
    return made


def saved(figure) -> tuple[bytes, bytes]:
    """One figure as SVG and PNG."""
    with style.look():
        # The layout found for the first file is right for the second; finding it again, or drawing to find it, takes time.
        svg = style.save(figure, "svg")
        figure.set_layout_engine(None)
        return svg, style.save(figure, "png")
