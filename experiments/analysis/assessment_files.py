"""What an assessment leaves in a run directory: tables of effects, and all of it as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.outcomes import plain
from experiments.store import write_text

if TYPE_CHECKING:
    from experiments.analysis.assessment import Assessed

EFFECTS: Final = "measures.csv"
BY_YEAR: Final = "measures_by_year.csv"
TOGETHER: Final = "measures_together.csv"
SHARES: Final = "measures_shares.csv"
WHOLE: Final = "assessment.json"


def write_assessment(folder: Path, found: Assessed) -> None:
    """Write a table each for effects, years, joint effects and shares, and ``assessment.json``.

    Parameters
    ----------
    folder
        Run directory of the assessment.
    """
    _write(folder / EFFECTS, effect_rows(found))
    _write(folder / BY_YEAR, [plain(one) for one in found.by_year])
    _write(
        folder / TOGETHER,
        [{**one.document(), "measures": " + ".join(one.measures)} for one in found.joints],
    )
    _write(folder / SHARES, [one.document() for one in found.shares])
    document = {**found.document(), "prices": [plain(one) for one in found.prices]}
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(folder / WHOLE, text + "\n")


def effect_rows(found: Assessed) -> list[dict[str, Any]]:
    """Return a row for each effect, with what is told of its measure."""
    told = {
        one.name: {
            "file": one.file,
            "objective": one.objective,
            "guidelines": ", ".join(one.guidelines),
        }
        for one in found.measures
    }
    return [{**one.document(), **told.get(one.measure, {})} for one in found.effects]


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write a table, or leave none where there are no rows; what cannot be said is empty."""
    import pandas as pd

    if not rows:
        path.unlink(missing_ok=True)
    else:
        table = pd.DataFrame(rows, dtype=object)
        write_text(path, table.to_csv(index=False, lineterminator="\n"))
