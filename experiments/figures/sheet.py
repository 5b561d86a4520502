"""A figure that a notebook shows as it is saved, whatever the notebook's own settings are."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine

SHOWN_DPI: Final = 96
"""Pixels an inch at which a page is shown."""


class Sheet(Figure):
    """A page of ours.

    Parameters
    ----------
    within
        Gives the settings that it is drawn in.
    saved_dpi
        Pixels an inch at which it is saved.
    """

    def __init__(
        self,
        size_in: tuple[float, float],
        layout: LayoutEngine,
        within: Callable[[], AbstractContextManager[None]],
        saved_dpi: int,
    ) -> None:
        super().__init__(figsize=size_in, layout=layout)
        self._within = within
        self._saved_dpi = saved_dpi

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        """Return it as a notebook takes it, with the width to show it in."""
        with io.BytesIO() as stream:
            with self._within():
                self.savefig(stream, format="png", dpi=self._saved_dpi)
            return stream.getvalue(), {"width": round(self.get_figwidth() * SHOWN_DPI)}
