"""Lines on the terminal: whatever a file, a name or a directory says, it is shown, never obeyed."""

from __future__ import annotations

from contextlib import suppress


def visible(text: str) -> str:
    """Return text with the escapes of all characters that do not print; lines stay lines."""
    from scenarios.errors import printable

    return "\n".join(map(printable, text.split("\n")))


def echo(text: str, *, err: bool = False) -> None:
    """Write a line to standard output, or to standard error."""
    import typer

    typer.echo(visible(text), err=err)


def tell(text: str) -> None:
    """Tell the user how it goes, on standard error; nothing ends because nobody listens."""
    with suppress(BrokenPipeError):
        echo(text, err=True)
