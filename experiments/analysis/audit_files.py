"""What an audit leaves in a run directory: every effect as a table, and all of it as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.store import write_text

if TYPE_CHECKING:
    from experiments.analysis.audit import AuditFound

TABLE: Final = "audit.csv"
WHOLE: Final = "audit.json"


def write_audit(folder: Path, found: AuditFound) -> None:
    """Write ``audit.csv``, a row for each effect, and ``audit.json``; what cannot be said is empty.

    Parameters
    ----------
    folder
        Run directory of the audit.
    """
    import pandas as pd

    parts = {part.name: part for part in found.parts}
    rows = []
    for effect in found.effects:
        part = parts[effect.part]
        told = {"part": part.name, "kind": part.kind, "verdict": part.verdict}
        rows.append({**told, **effect.document()})
    table = pd.DataFrame(rows, dtype=object)
    write_text(folder / TABLE, table.to_csv(index=False, lineterminator="\n"))
    text = json.dumps(found.document(), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(folder / WHOLE, text + "\n")
