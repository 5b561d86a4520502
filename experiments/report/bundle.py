"""Vega, Vega-Lite and what draws with them: the bundle in the page, and pictures without a browser.

This is the only file that knows `vl_convert`.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Final, Literal

from experiments.report.content import Spec

Form = Literal["png", "svg", "pdf"]
FORMS: Final[tuple[Form, ...]] = ("png", "svg", "pdf")

SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"
SCALE: Final = 2.0


@cache
def bundle() -> str:
    """Return the libraries as one script that asks for nothing else."""
    import vl_convert

    return vl_convert.javascript_bundle(SNIPPET)


def picture(spec: Spec, form: Form) -> bytes:
    """Return a chart as a file of some form; the network is never asked."""
    import vl_convert

    text = json.dumps(spec, allow_nan=False)
    nothing: list[str] = []
    if form == "svg":
        return vl_convert.vegalite_to_svg(text, allowed_base_urls=nothing).encode()
    if form == "png":
        return vl_convert.vegalite_to_png(text, scale=SCALE, allowed_base_urls=nothing)
    return vl_convert.vegalite_to_pdf(text, allowed_base_urls=nothing)
