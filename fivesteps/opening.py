"""Reading a run directory, whoever made it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fivesteps.errors import told
from fivesteps.naming import Named

if TYPE_CHECKING:
    from fivesteps.results import Run


def read(directory: Named) -> Run:
    """Open a run directory, finished or not.

    Returns
    -------
    Run
        An `Assessment`, a `Sweep` if there are several settings, or else a `Comparison`.

    Raises
    ------
    Error
        If it is none, or damaged.
    """
    from experiments.designs import ASSESSMENT
    from experiments.store import open_for_reading
    from fivesteps.results import Assessment, Comparison, Sweep

    folder = Path(directory)
    with told():
        opened = open_for_reading(folder)
        if opened.design == ASSESSMENT:
            return Assessment.at(folder)
        if opened.manifest.settings > 1:
            return Sweep.at(folder)
        return Comparison.at(folder)
