"""Set a scenario beside history, as ``make validate`` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from experiments.validation import figure
from experiments.validation.history import compare, report, simulate

HISTORY: Final = "greece-2007"
REPLICATIONS: Final = 400
SEED: Final = 1


def main(folder: Path, replications: int = REPLICATIONS, seed: int = SEED) -> str:
    """Compare, print, and write the table and the picture into a folder."""
    from scenarios.reading import load_history

    history = load_history(HISTORY)
    values, beside = (
        simulate(history, policy, replications, seed) for policy in (history.policy, history.beside)
    )
    rows = compare(history, values, beside)
    text = report(history, rows, replications)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "validation-fire.md").write_text(text + "\n", encoding="utf-8")
    figure.save(rows, values, folder / "validation-fire.png")
    return text


if __name__ == "__main__":
    sys.stdout.write(main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/validation")) + "\n")
