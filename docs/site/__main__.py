"""Write all pages of the site into a folder, for Sphinx: ``python -m docs.site FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.site import stage

if __name__ == "__main__":
    stage(Path(__file__).parents[2], Path(sys.argv[1]))
