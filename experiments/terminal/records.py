"""Tables of any number of columns: a row a line where that fits, else a row a block of lines."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.terminal.tables import console, grid


def print_records(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[bool]
) -> None:
    """Print a table without ever cutting a cell.

    What is wider than the terminal is turned: each row becomes a block with a line for each column,
    its name and then its value.

    Parameters
    ----------
    right
        Which columns are written to the right, as numbers are.
    """
    out = console()
    table = grid()
    for heading, is_right in zip(headings, right, strict=True):
        table.add_column(heading, justify="right" if is_right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    endless = out.options.update(width=1 << 30)
    if out.measure(table, options=endless).maximum <= out.width:
        out.print(table)
        return
    width = max(map(len, headings))
    for number, row in enumerate(rows, 1):
        out.print(f"row {number}", soft_wrap=True)
        for heading, cell in zip(headings, row, strict=True):
            lines = cell.splitlines() or [""]
            for name, line in zip((heading, *[""] * len(lines)), lines, strict=False):
                out.print(f"  {name:{width}}  {line}".rstrip(), soft_wrap=True)
