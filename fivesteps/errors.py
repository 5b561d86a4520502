"""The one exception of the package."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from experiments.errors import StoppedError, WorkerLostError, user_errors, visible

_OPTION: Final = re.compile(
    r"(?<![\w-])--(policies|measures|programmes|baseline|replications|seed|outcomes|precision|most"
    r"|setting|out)(?![\w-])"
)
"""Options of the commands that are parameters here, under the same names."""
_SET: Final = re.compile(r"(?<![\w-])--set(?![\w-])")


class Error(Exception):
    """What was asked cannot be done; the text says where, which rule it breaks, and what to do.

    The exception that it comes from is its ``__cause__``.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the text alone, since the mistake is not in our code."""
        return [visible(f"fivesteps: {self}")]


@contextmanager
def told() -> Generator[None]:
    """Raise errors that are meant for the user as `Error`, in the words of this package.

    Raises
    ------
    Error
        In place of any of them.
    KeyboardInterrupt
        If the user stopped the work; its text says how to go on.
    """
    try:
        yield
    except StoppedError as error:
        raise KeyboardInterrupt(str(error)) from None
    except Exception as error:
        if isinstance(error, (WorkerLostError, *user_errors())):
            raise Error(_in_python(str(error))) from error
        raise


def _in_python(text: str) -> str:
    """Return a message with the names of parameters in place of those of options."""
    return _SET.sub("values", _OPTION.sub(r"\1", text))
