"""How processes of Python are started on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SAFE_PATH: Final = "PYTHONSAFEPATH"
"""What keeps a Python from looking for modules in the folder that it is started in."""


@contextmanager
def strangers_left_out() -> Iterator[None]:
    """Have processes that are started meanwhile import nothing from the working folder.

    Otherwise a `types.py` that lies there takes the place of the library's.
    """
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before
