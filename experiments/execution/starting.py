"""How processes of Python are started on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
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


@contextmanager
def main_left_out() -> Iterator[None]:
    """Have processes that are started meanwhile not run again what this one was started with.

    It may be a script that starts such processes itself, whenever it is run.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
