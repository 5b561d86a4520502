"""The page of commands, from the command line itself."""

from __future__ import annotations

from typing import Final

import typer

from docs.site.markdown import cell, code, plain, table
from experiments.cli import app

_HEAD: Final = """# Commands

As `fivesteps COMMAND --help` has them. What each is for stands in the
[README](../readme.md#commands).
"""


def page() -> str:
    """Return the page that describes every command with its arguments and options."""
    group = typer.main.get_command(app)
    above = typer.Context(group, info_name="fivesteps")
    commands = getattr(group, "commands")  # noqa: B009 - Typer does not tell that this is a group
    parts = [_HEAD]
    for name, command in commands.items():
        context = typer.Context(command, info_name=name, parent=above)
        usage = command.get_usage(context).removeprefix("Usage: ")
        rows = [
            (code(" ".join(names.split())), cell(told))
            for parameter in command.get_params(context)
            if (record := parameter.get_help_record(context)) is not None
            for names, told in [record]
        ]
        help_ = "\n\n".join(plain(part) for part in (command.help or "").split("\n\n"))
        parts.append(f"## `{name}`\n\n{help_}\n\n```text\n{' '.join(usage.split())}\n```\n")
        parts.append(table(("argument or option", "meaning"), rows))
    return "\n".join(parts)
