"""The figures of a report, drawn, with the words that go with them."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from mixedfer.evidence import figures
from mixedfer.evidence.figures import style


@dataclass(frozen=True)
class Picture:
    """A drawn figure and its words."""

    name: str
    title: str
    caption: str
    alt: str
    svg: bytes
    png: bytes

    @property
    def uri(self) -> str:
        """The figure as a `data:` address, so that the page needs no other file."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg).decode()}"


def draw_all(results, summary: dict) -> list[Picture]:
    """Every figure of `figures/` that has something to show, in their order."""
    made = []
    for name, module in figures.discover().items():
        if getattr(module, "applies", lambda *_: True)(results, summary):
            words = module.TITLE, module.caption(results, summary), module.alt(results, summary)
            made.append(Picture(name, *words, *saved(module.draw(results, summary))))
    return made


def saved(figure) -> tuple[bytes, bytes]:
    """One figure as SVG and PNG."""
    with style.look():
        # The layout found for the first file is right for the second; finding it again takes most of the time.
        svg = style.save(figure, "svg")
        figure.set_layout_engine("none")
        return svg, style.save(figure, "png")
