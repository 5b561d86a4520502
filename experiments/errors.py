"""What a command can end with, apart from success."""

from __future__ import annotations

import sys
from typing import Final

EXIT_LOST: Final = 1
"""Something outside the user's hands broke off the work (a worker was killed)."""
EXIT_USER: Final = 2
"""The user's input cannot be used; the message says why and what to write instead."""
EXIT_STOPPED: Final = 130
"""Stopped by Ctrl-C; what was finished stays."""
EXIT_UNHEARD: Final = 141
"""Whoever read what was written has gone, such as `head`; as a shell says it of SIGPIPE."""


class UserError(Exception):
    """Input that cannot be used.

    Parameters
    ----------
    what
        Where it is and the value found.
    rule
        The rule that the value breaks.
    remedy
        What to write or do instead.
    """

    def __init__(self, what: str, rule: str, remedy: str) -> None:
        super().__init__(what, rule, remedy)
        self.what = what
        self.rule = rule
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n  rule:   {self.rule}\n  remedy: {self.remedy}"


class InUseError(UserError):
    """A directory that another process writes into."""


class StoppedError(Exception):
    """The user stopped the work; the message says how to go on."""


class WorkerLostError(Exception):
    """A worker process died; the message says what is finished and how to go on."""


def user_errors() -> tuple[type[Exception], ...]:
    """Return the errors whose text is for the user; looked up only when something failed."""
    from scenarios import SpecError

    return UserError, SpecError


def complain(error: Exception | str) -> None:
    """Tell the user what went wrong."""
    print(f"fivesteps: {error}", file=sys.stderr)  # noqa: T201 - a command speaks to its user
