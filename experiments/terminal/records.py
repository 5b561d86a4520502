"""Tables of any number of columns: a row a line where that fits, else a row a block of lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from experiments.terminal.tables import console, grid
from scenarios.errors import printable


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
    from rich.cells import cell_len, set_cell_size

    out = console()
    table = grid()
    headings = [_plain(heading) for heading in headings]
    rows = [[_plain(cell) for cell in row] for row in rows]
    for heading, is_right in zip(headings, right, strict=True):
        table.add_column(heading, justify="right" if is_right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    endless = out.options.update(width=1 << 30)
    if out.measure(table, options=endless).maximum <= out.width:
        out.print(table)
        return
    width = max(cell_len(line) for heading in headings for line in heading.split("\n"))
    for number, row in enumerate(rows, 1):
        out.print(f"row {number}", soft_wrap=True)
        for heading, cell in zip(headings, row, strict=True):
            for name, line in zip_longest(heading.split("\n"), cell.split("\n"), fillvalue=""):
                out.print(f"  {set_cell_size(name, width)}  {line}".rstrip(), soft_wrap=True)


def _plain(text: str) -> str:
    """Return a text of which nothing but its lines reaches the terminal as it is."""
    return "\n".join(map(printable, text.splitlines()))
