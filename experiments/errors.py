"""How a command speaks to its user, and what it can end with, apart from success."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
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


def command(*words: str | Path) -> str:
    """Return a command of this program that can be copied into a shell, whatever is in its words.

    Parameters
    ----------
    words
        What comes after ``fivesteps``; paths are written so that none is taken for an option.
    """
    return shell_line("fivesteps", *words)


def shell_line(*words: str | Path) -> str:
    """Return words as a line for the shell, each of which it takes as it is."""
    return " ".join(map(_word, words))


def _word(word: str | Path) -> str:
    text = str(word)
    if isinstance(word, Path) and text.startswith("-"):
        text = f"./{text}"
    if text.isprintable():
        return shlex.quote(text)
    shown = (chr(byte) if byte in _PLAIN else f"\\x{byte:02x}" for byte in os.fsencode(text))
    return f"$'{''.join(shown)}'"


_PLAIN: Final = frozenset(range(ord(" "), ord("~") + 1)) - frozenset(b"'\\")
"""Bytes that stand for themselves between ``$'`` and ``'``."""


def visible(text: str) -> str:
    """Return text with characters that do not print as their escapes; lines stay lines.

    Whatever a file, a name or a run directory says, a terminal shows it and does not obey it.
    """
    from scenarios.errors import printable

    return "\n".join(map(printable, text.split("\n")))


def echo(text: str, *, err: bool = False) -> None:
    """Write lines to standard output, or to standard error."""
    print(visible(text), file=sys.stderr if err else sys.stdout, flush=True)


def tell(text: str) -> None:
    """Tell the user how it goes, on standard error; nothing ends because nobody listens."""
    with suppress(BrokenPipeError):
        echo(text, err=True)


def complain(error: Exception | str) -> None:
    """Tell the user what went wrong."""
    echo(f"fivesteps: {error}", err=True)
