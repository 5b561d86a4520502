"""Make the generated blocks of pages anew: ``python -m experiments.odd docs/odd.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from experiments.odd.blocks import BlockError, generated, rewritten
from experiments.odd.streams import UnnamedError
from scenarios import SpecError


def main(files: list[str]) -> None:
    """Rewrite pages in place; what cannot be made is said in one message."""
    try:
        blocks = generated()
        for path in map(Path, files):
            page = rewritten(path.read_text(encoding="utf-8"), blocks)
            path.write_text(page, encoding="utf-8")
    except (BlockError, UnnamedError, SpecError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
