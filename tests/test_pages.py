"""The tutorial and the gallery: their code runs, and gives what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.pages import BLOCK, GALLERY, TUTORIAL, notebook, page, run


def words(content: dict[str, Any]) -> list[Any]:
    """Return the outputs of a notebook without the pixels of its pictures."""
    found = []
    for cell in content["cells"]:
        for output in cell.get("outputs", ()):
            data = dict(output.get("data", {}))
            if "image/png" in data:
                data["image/png"] = "a picture"
            found.append((cell["id"], output.get("text"), data))
    return found


@pytest.mark.whole
def test_the_tutorial_gives_what_stands_in_it() -> None:
    """If it gives something else since the model has changed, `make notebooks` writes it anew."""
    assert words(notebook(TUTORIAL)) == words(json.loads(TUTORIAL.read_text("utf-8")))


@pytest.mark.whole
@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_page_of_the_gallery_gives_what_stands_in_it(path: Path) -> None:
    text, pictures = page(path)
    assert text == path.read_text("utf-8")
    assert [where.resolve().exists() for where in pictures] == [True]


def test_there_are_two_pages_with_code() -> None:
    assert len(GALLERY) >= 2
    for path in GALLERY:
        assert len(BLOCK.findall(path.read_text("utf-8"))) > 2


def test_the_tutorial_is_a_notebook() -> None:
    content = json.loads(TUTORIAL.read_text("utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in content["cells"]]
    assert len(set(names)) == len(names) > 20
    for cell in content["cells"]:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | code


def test_what_a_piece_of_code_gives_is_found() -> None:
    names: dict[str, Any] = {}
    given = run("x = 2\nprint('said')\nx + 1", names)
    assert (given.printed, given.value, given.text) == ("said\n", 3, "said\n3\n")
    assert run("y = x", names).value is None
    with pytest.raises(DeprecationWarning):
        run("import warnings\nwarnings.warn('old', DeprecationWarning)", names)


def test_a_page_that_says_something_else_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("```python\nprint(2)\n```\n\n```text\n3\n```\n\nwords\n", "utf-8")
    text, _ = page(path)
    assert text == "```python\nprint(2)\n```\n\n```text\n2\n```\n\nwords\n"
