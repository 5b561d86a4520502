"""What a command can end with, apart from success."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

EXIT_LOST: Final = 1
"""Something outside the user's hands broke off the work (a worker was killed)."""
EXIT_USER: Final = 2
"""The user's input cannot be used; the message says why and what to write instead."""
EXIT_STOPPED: Final = 130
"""Stopped by Ctrl-C; what was finished stays."""


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
        """Return the message: what was found, the rule, the remedy."""
        return f"{self.what}: {self.rule}; {self.remedy}"


class StoppedError(Exception):
    """The user stopped the work; the message says how to go on."""


class WorkerLostError(Exception):
    """A worker process died; the message says what is finished and how to go on."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Return the error for a name that is not among `known`, with the nearest one that is."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "choose one of these"
    return UserError(f"{kind} {name!r}", f"not known (known: {', '.join(names)})", hint)
