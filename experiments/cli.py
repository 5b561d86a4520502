"""The command line: which commands there are, and how they end."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from experiments.commands import (
    analysing,
    assessing,
    auditing,
    catalogue,
    cluster,
    comparing,
    deciding,
    explaining,
    reading,
    reporting,
    sweeping,
)
from experiments.errors import (
    EXIT_LOST,
    EXIT_STOPPED,
    EXIT_UNHEARD,
    EXIT_USER,
    StoppedError,
    UserError,
    WorkerLostError,
    complain,
    echo,
    user_errors,
    visible,
)

app = typer.Typer(
    name="fivesteps",
    help="Simulate how security agencies share information, and compare policies of sharing.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from experiments.store import version

        echo(f"fivesteps {version() or '(not installed)'}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    del version


app.command("list")(catalogue.list_)
for _command in (
    catalogue.validate,
    comparing.run,
    comparing.compare,
    sweeping.sweep,
    sweeping.extend,
    reading.status,
    reading.verify,
    reading.bundle,
    deciding.rank,
    analysing.sensitivity,
    auditing.audit,
    assessing.assess,
    analysing.discover,
    analysing.weigh,
    reading.query,
    reading.export,
    cluster.slurm_script,
    comparing.plot,
    reporting.report,
    explaining.show,
    explaining.trace,
    explaining.history,
    catalogue.sources,
    catalogue.schema,
):
    app.command(_command.__name__.replace("_", "-"))(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; mistakes of the user's give a message and no traceback."""
    _open_what_is_closed()
    _forget_backend()
    _escape_what_cannot_be_shown()
    warnings.formatwarning = _visible_warning
    try:
        try:
            _obey(arguments)
        finally:
            sys.stdout.flush()  # here, since nobody hears of what goes wrong at the very end
    except BrokenPipeError:
        _leave_unheard()
    except SystemExit as end:
        # That is how Typer and Rich end the program then, with a code that means something else.
        if isinstance(end.__context__, BrokenPipeError):
            _leave_unheard()
        raise


_plain_warning: Final = warnings.formatwarning


def _visible_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """Return a warning of a library, which may have a label in it, as text that steers nothing."""
    return visible(_plain_warning(message, category, filename, lineno, line))


def _open_what_is_closed() -> None:
    """Write to nowhere what was started without an output (`>&-`)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - till the end


def _forget_backend() -> None:
    """Drop the window that figures are to be shown in: ours are files, whatever a notebook says.

    Matplotlib looks it up when it is imported, also by libraries that we use for other things,
    and ends the program if there is none of that name.
    """
    for name in ("MPLBACKEND", "MATPLOTLIBRC"):
        os.environ.pop(name, None)


def _obey(arguments: Sequence[str] | None) -> None:
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        _refuse_other_text(given)
        app(given, prog_name="fivesteps")
    except StoppedError as error:
        _fail(error, EXIT_STOPPED)
    except WorkerLostError as error:
        _fail(error, EXIT_LOST)
    except MemoryError:
        _fail("out of memory; a smaller --batch or fewer --workers need less", EXIT_LOST)
    except BrokenPipeError:
        raise
    except OSError as error:
        _fail(_not_granted(error), EXIT_USER)
    except Exception as error:
        if isinstance(error, _too_many()):
            _fail(UserError("--batch", str(error), "write a smaller one"), EXIT_USER)
        if not isinstance(error, user_errors()):
            raise
        _fail(error, EXIT_USER)


def _refuse_other_text(arguments: Sequence[str]) -> None:
    """Refuse what is no UTF-8: it could not be written into the files that name it.

    Raises
    ------
    UserError
        If an argument is none.
    """
    for text in arguments:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UserError(
                repr(text),
                "paths and names are UTF-8, as are the files that they are written to",
                "rename it, or write it in UTF-8 (where the system does not: PYTHONUTF8=1)",
            ) from None


def _leave_unheard() -> NoReturn:
    """End without a word, since nobody listens; what is left to be written goes nowhere."""
    if sys.__stdout__ is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())
    sys.exit(EXIT_UNHEARD)


def _not_granted(error: OSError) -> UserError:
    """Make the message about a file that the system does not let us read or write."""
    return UserError(
        str(error),
        "the system must grant what is read and written",
        "check path, permissions and free space, then give the same command again; "
        "what was finished before is kept",
    )


def _escape_what_cannot_be_shown() -> None:
    """Let names that the terminal's encoding lacks be escaped instead of ending the program."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _too_many() -> type[Exception]:
    """Return the error of a batch that is too large to be told apart; looked up as above."""
    from sim.kernel import TooManyError

    return TooManyError


def _fail(error: Exception | str, code: int) -> None:
    complain(error)
    sys.exit(code)


if __name__ == "__main__":
    main()
