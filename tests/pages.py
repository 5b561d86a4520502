"""Runs the code of the tutorial and of the gallery, and keeps beside it what it gave.

`make notebooks` writes the outputs anew; `tests/test_pages.py` holds them to what the code gives.
A notebook is JSON, so that no other package is needed to run one in a test: a cell is a piece of
Python whose last expression is shown.
"""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
TUTORIAL: Final = ROOT / "docs" / "tutorial.ipynb"
GALLERY: Final = sorted((ROOT / "docs" / "gallery").glob("*.md"))

BLOCK: Final = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<text>.*?)^```\n)?"
    r"(?:\n!\[[^\]]*\]\((?P<picture>[^)]+)\)\n)?",
    re.MULTILINE | re.DOTALL,
)
"""A piece of code, what it prints, and the picture that it ends in."""


@dataclass(frozen=True)
class Given:
    """What a piece of code gave."""

    printed: str
    value: object

    @property
    def picture(self) -> bytes | None:
        """The picture that its last expression is."""
        draw = getattr(self.value, "_repr_png_", None)
        if draw is not None:
            shown: tuple[bytes, Any] = draw()
            return shown[0]
        if hasattr(self.value, "savefig"):
            with io.BytesIO() as stream:
                self.value.savefig(stream, format="png", dpi=120, bbox_inches="tight")
                return stream.getvalue()
        return None

    @property
    def text(self) -> str:
        """What a page shows: what it printed, then its last expression."""
        if self.value is None or self.picture is not None:
            return self.printed
        return f"{self.printed}{self.value!r}\n"

    def outputs(self) -> list[dict[str, Any]]:
        """Return what a notebook keeps."""
        found: list[dict[str, Any]] = []
        if self.printed:
            found.append({"name": "stdout", "output_type": "stream", "text": _lines(self.printed)})
        if self.value is None:
            return found
        data: dict[str, Any] = {}
        if (picture := self.picture) is not None:
            data["image/png"] = base64.b64encode(picture).decode()
            data["text/plain"] = ["a figure"]
        else:
            draw = getattr(self.value, "_repr_html_", None)
            if draw is not None:
                data["text/html"] = _lines(draw())
            data["text/plain"] = _lines(repr(self.value))
        result = {"data": data, "metadata": {}, "output_type": "display_data"}
        return [*found, result]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


@contextmanager
def elsewhere() -> Iterator[None]:
    """Work in an empty folder, as a reader would."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def run(code: str, names: dict[str, Any]) -> Given:
    """Run a piece of code; warnings are errors, since readers would see them."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with redirect_stdout(io.StringIO()) as printed, warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(tree, "<page>", "exec"), names)  # noqa: S102 - our own pages
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<page>", "eval"), names)  # noqa: S307
    return Given(printed.getvalue(), value)


def notebook(path: Path) -> dict[str, Any]:
    """Return a notebook with the outputs that its code gives now."""
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    with elsewhere():
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                count += 1
                cell["outputs"] = run("".join(cell["source"]), names).outputs()
                cell["execution_count"] = count
    return content


def page(path: Path) -> tuple[str, dict[Path, bytes]]:
    """Return a page with what its code gives now, and the pictures in it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    pictures: dict[Path, bytes] = {}

    def again(found: re.Match[str]) -> str:
        given = run(found["code"], names)
        text = f"\n```text\n{given.text}```\n" if given.text else ""
        picture = found[0].rpartition("\n![")
        if given.picture is not None and found["picture"] is not None:
            pictures[path.parent / found["picture"]] = given.picture
        assert (given.picture is None) == (found["picture"] is None), found["code"]
        return f"```python\n{found['code']}```\n{text}" + "".join(picture[1:]) * bool(picture[1])

    with elsewhere():
        return BLOCK.sub(again, path.read_text("utf-8")), pictures


def main() -> None:
    """Write all outputs anew."""
    content = json.dumps(notebook(TUTORIAL), indent=1, ensure_ascii=False, sort_keys=True)
    TUTORIAL.write_text(content + "\n", "utf-8")
    for path in GALLERY:
        text, pictures = page(path)
        path.write_text(text, "utf-8")
        for where, picture in pictures.items():
            where.write_bytes(picture)


if __name__ == "__main__":
    main()
