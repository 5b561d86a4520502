"""How the packages hang together: imports, words, import time, public names, randomness, size."""

from __future__ import annotations

import ast
import importlib
import io
import json
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("sim", "scenarios", "agents", "experiments", "fivesteps")
"""From the bottom to the top; a package imports from those before it only."""

Source = dict[str, str]
"""Text of files by their path from the root."""


def sources(*packages: str) -> Source:
    """Return the text of every Python file of the packages."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for package in packages or LAYERS
        for path in sorted((ROOT / package).rglob("*.py"))
    }


@cache
def imported(text: str) -> tuple[tuple[int, str], ...]:
    """Lines and dotted names of all imports of a file, wherever they stand."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = "." * node.level + (node.module or "")
            found += ((node.lineno, f"{stem}.{alias.name}") for alias in node.names)
    return tuple(found)


def test_there_is_something_to_look_at() -> None:
    assert all(any(path.startswith(f"{layer}/") for path in sources()) for layer in LAYERS)
    assert len(sources("sim")) > 10


# Imports run downward ------------------------------------------------------------------------


def upward(files: Source) -> list[str]:
    """Return imports from the same place or a higher one that are not allowed."""
    found = []
    for path, text in files.items():
        here = LAYERS.index(path.split("/")[0])
        above = {*LAYERS[here + 1 :], "tests"}
        found += [
            f"{path}:{line} imports {name}"
            for line, name in imported(text)
            if name.split(".")[0] in above or name.startswith(".")
        ]
    return found


def test_imports_run_downward() -> None:
    assert upward(sources()) == []


@pytest.mark.parametrize(
    "line",
    [
        "import agents",
        "from experiments.cli import main",
        "def late():\n    from scenarios import load",
        "from .. import agents",
        "from tests.worlds import build",
    ],
)
def test_an_import_upward_is_noticed(line: str) -> None:
    assert upward({"sim/here.py": line})


def test_imports_downward_are_fine() -> None:
    text = "import numpy\nfrom sim.seam.port import Engine\nimport scenarios.reading.load as load"
    assert upward({"agents/here.py": text}) == []


# Rooms ---------------------------------------------------------------------------------------

LOOSE = {
    "sim": {"__init__"},
    "scenarios": {"__init__", "errors"},
    "agents": {"__init__"},
    "experiments": {"__init__", "cli", "errors"},
    "fivesteps": {
        "__init__",
        "asking",
        "errors",
        "html",
        "loading",
        "naming",
        "opening",
        "results",
        "showing",
    },
}
"""Files of a package that stand in no room."""

AGENTS = {
    "lane": set(),
    "mechanisms": {"lane"},
    "organisations": {"lane"},
    "casework": {"lane"},
    "procedures": {"lane"},
    "society": {"lane", "mechanisms", "organisations", "casework", "procedures"},
}
"""Which rooms of agents know which others; what acts on something knows it by its verbs only."""

Graph = dict[str, set[str]]


def module_of(path: str) -> str:
    """Return the dotted name of a file."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(module: str) -> str:
    """Return the folder that a module stands in, or the module itself if it stands loose."""
    return ".".join(module.split(".")[:2])


def imports_of(files: Source) -> Graph:
    """Return which module imports which, also where it is only for the types."""
    names = {module_of(path) for path in files}
    graph: Graph = {}
    for path, text in files.items():
        here = module_of(path)
        found = (name for _, name in imported(text))
        known = ({name, name.rpartition(".")[0]} & names for name in found)
        graph[here] = {max(targets, key=len) for targets in known if targets} - {here}
    return graph


def circles(graph: Graph) -> list[list[str]]:
    """Return groups of nodes that reach each other."""
    import networkx as nx

    whole = nx.DiGraph(graph)
    return sorted(sorted(part) for part in nx.strongly_connected_components(whole) if len(part) > 1)


def between_rooms(graph: Graph) -> Graph:
    """Return which room imports from which."""
    found: Graph = {}
    for here, targets in graph.items():
        others = {room_of(target) for target in targets} - {room_of(here)}
        found.setdefault(room_of(here), set()).update(others)
    return found


def past_the_door(files: Source) -> list[str]:
    """Return imports of what lies in a room from elsewhere than its ``__init__``."""
    rooms = {room_of(module_of(path)) for path in files if path.count("/") > 1}
    found = []
    for path, text in files.items():
        for line, name in imported(text):
            room = room_of(name)
            if room in rooms and room != room_of(module_of(path)) and name.count(".") > 2:
                found.append(f"{path}:{line} imports {name}")
    return found


def test_files_stand_in_rooms() -> None:
    for package, loose in LOOSE.items():
        assert {path.stem for path in (ROOT / package).glob("*.py")} == loose


@pytest.mark.parametrize("level", ["modules", "rooms"])
def test_no_circle_of_imports(level: str) -> None:
    graph = imports_of(sources())
    assert circles(graph if level == "modules" else between_rooms(graph)) == []


def test_a_circle_is_noticed() -> None:
    types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sim.b import B\n"
    files = {"sim/a.py": types, "sim/b.py": "import sim.c", "sim/c.py": "from sim import a"}
    assert circles(imports_of(files)) == [["sim.a", "sim.b", "sim.c"]]
    assert circles(imports_of(files | {"sim/c.py": "from sim.d import a"})) == []
    rooms = {"sim/x/a.py": "from sim.y import b", "sim/y/b.py": "", "sim/y/c.py": "import sim.x.a"}
    assert circles(imports_of(rooms)) == []
    assert circles(between_rooms(imports_of(rooms))) == [["sim.x", "sim.y"]]


def strangers(graph: Graph) -> list[str]:
    """Return which room of agents imports from one that it does not know."""
    found = []
    for room, others in between_rooms(graph).items():
        package, _, name = room.partition(".")
        if package == "agents" and name:
            known = {f"agents.{other}" for other in AGENTS[name]}
            agents = {other for other in others if other.split(".")[0] == "agents"}
            found += [f"{room} knows {other}" for other in sorted(agents - known)]
    return found


def test_who_acts_and_what_is_acted_on_do_not_know_each_other() -> None:
    assert {path.name for path in (ROOT / "agents").iterdir() if path.is_dir()} - {
        "__pycache__"
    } == set(AGENTS)
    assert strangers(imports_of(sources("agents"))) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("agents/lane/a.py", "from agents.mechanisms import Threat"),
        ("agents/mechanisms/network/a.py", "from agents.organisations import Europol"),
        ("agents/organisations/a.py", "from agents.casework import Investigation"),
        ("agents/casework/a.py", "def late():\n    from agents.society import Society"),
        (
            "agents/casework/a.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import agents",
        ),
    ],
)
def test_a_stranger_is_noticed(path: str, line: str) -> None:
    assert strangers(imports_of(sources("agents") | {path: line}))


@pytest.mark.parametrize(
    "line", ["from agents.society.society import Society", "import agents.casework"]
)
def test_a_circle_among_agents_is_noticed(line: str) -> None:
    files = sources()
    files["agents/lane/lane.py"] += f"\n{line}\n"
    assert circles(imports_of(files))
    assert circles(between_rooms(imports_of(files)))


def test_rooms_are_entered_by_the_door() -> None:
    assert past_the_door(sources()) == []


def test_a_way_past_the_door_is_noticed() -> None:
    files = {"sim/x/__init__.py": "from sim.x.a import A", "sim/x/a.py": "A = 1"}
    line = "from sim.x.a import A"
    assert past_the_door(files | {"sim/y/b.py": line}) == ["sim/y/b.py:1 imports sim.x.a.A"]
    assert past_the_door(files | {"sim/y/b.py": "from sim.x import A", "sim/x/b.py": line}) == []


# The mechanism knows no field of use ---------------------------------------------------------

COUNTRIES = """
austria austrian belgium belgian bulgaria croatia cyprus czechia czech denmark danish estonia
finland finnish france french germany german greece greek hungary ireland irish italy italian
latvia lithuania luxembourg malta netherlands dutch poland polish portugal romania slovakia
slovenia spain spanish sweden swedish iceland norway switzerland britain british
"""
BODIES = """
eu europe european brussels union commission council europol frontex eurojust enisa interpol
cepol eeas intcen sitcen siena schengen sis vis eurodac eurosur prüm pruem prum cecis eisas
erncip ecurie cert certs csirt echa cirefca swiat
"""
TRADES = """
police policing customs border borders crime criminal criminals crimes terror terrorism
terrorist prosecutor prosecutors judge court malware ransomware hacker smuggling smuggler
trafficking drug drugs migrant migrants migration vessel flood earthquake disaster arrest
arrests suspect suspects passport visa warrant intelligence security agency agencies ministry
"""
FIELD_WORDS = frozenset(f"{COUNTRIES} {BODIES} {TRADES}".split())


def words(text: str) -> Iterator[tuple[int, str]]:
    """Lines and words of names, strings and comments; ``camelCase`` and ``snake_case`` split."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in {tokenize.NAME, tokenize.STRING, tokenize.COMMENT}:
            for number, line in enumerate(token.string.splitlines()):
                for run in re.findall(r"[^\W\d_]+", line):
                    parts = re.findall(r"[A-Z]?[^\WA-Z\d_]+|[A-Z]+", run)
                    for part in {run, *parts}:
                        yield token.start[0] + number, part.lower()


def field_words(files: Source) -> list[str]:
    """Return where a word of the field stands."""
    return sorted(
        {
            f"{path}:{line} says {word!r}"
            for path, text in files.items()
            for line, word in words(text)
            if word in FIELD_WORDS
        }
    )


def test_the_mechanism_has_no_word_of_the_field() -> None:
    assert field_words(sources("sim")) == []


@pytest.mark.parametrize(
    "line",
    [
        "def ask_europol(): ...",
        "class PoliceDesk: ...",
        "# as Frontex does",
        'name = "a border"',
        '"""The desk of\n\na customs office."""',
        "EU_WIDE = 3",
        'f"{name} of the Union"',
    ],
)
def test_a_word_of_the_field_is_noticed(line: str) -> None:
    assert field_words({"sim/here.py": line})


def test_words_that_only_contain_one_are_fine() -> None:
    text = "certain = neuron = 'unions'  # reunion, concerts, visible"
    assert field_words({"sim/here.py": text}) == []


# Importing does nothing ----------------------------------------------------------------------

PROBE = """
import json, multiprocessing, os, pathlib, random, sys, tempfile, threading
import mesa, numpy, pandas, pydantic, ruamel.yaml, scipy.special, simpy
try:
    import numba
except ImportError:
    pass

def state():
    return {
        "draws": repr((random.getstate(), numpy.random.get_state())),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "start method": multiprocessing.get_start_method(),
        "children": len(multiprocessing.active_children()),
        "folder": os.getcwd(),
        "files": sorted(os.listdir()),
        "environment": dict(os.environ),
        "pyplot": "matplotlib.pyplot" in sys.modules,
    }

def look(name):
    os.chdir(tempfile.mkdtemp(dir="."))
    before = state()
    __import__(name)
    after = state()
    return [key for key in before if before[key] != after[key]]

for names in sys.argv[1:]:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        for name in names.split(","):
            try:
                print(json.dumps([name, look(name)]), flush=True)
            except BaseException as error:
                print(json.dumps([name, [repr(error)]]), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""
"""Imports each group of modules in a fresh copy of an interpreter, each in an empty folder.

What other packages do when they are imported does not count: Mesa sets a start method. They are
there before the copies.
"""

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the probe copies an interpreter")


def what_imports_do(
    groups: list[list[str]], folder: Path, path: Path = ROOT
) -> dict[str, list[str]]:
    """Return what the import of each module changed; what it prints is an error."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *map(",".join, groups)],
        cwd=folder,
        env={
            "PYTHONPATH": str(path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(folder),
            "MPLCONFIGDIR": str(folder),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(json.loads(line) for line in done.stdout.splitlines())
    assert sorted(found) == sorted(name for names in groups for name in names)
    return found


def in_order() -> list[str]:
    """Return all modules, what each imports before it, as far as there is no circle."""
    import networkx as nx

    parts = nx.condensation(nx.DiGraph(imports_of(sources())))
    names = (sorted(parts.nodes[part]["members"]) for part in nx.topological_sort(parts))
    return [name for group in list(names)[::-1] for name in group]


@pytest.mark.long
@forks
def test_importing_a_module_does_nothing(tmp_path: Path) -> None:
    found = what_imports_do([in_order()], tmp_path)
    assert {name: what for name, what in found.items() if what} == {}


BUSY = {
    "seeds": ("import random; random.seed(1)", "draws"),
    "seeds_arrays": ("import numpy; numpy.random.seed(1)", "draws"),
    "starts_thread": (
        "import threading, time; threading.Thread(target=time.sleep, args=(1,)).start()",
        "threads",
    ),
    "sets_start_method": (
        "from multiprocessing import *; set_start_method('fork', force=True)",
        "start method",
    ),
    "writes_file": ("open('left.txt', 'w').close()", "files"),
    "sets_variable": ("import os; os.environ['LEFT'] = '1'", "environment"),
    "plots": ("import matplotlib.pyplot", "pyplot"),
    "moves": ("import os; os.chdir('/')", "folder"),
    "fails": ("raise ValueError", "ValueError()"),
    "is_idle": ("import json", ""),
}


@pytest.mark.long
@forks
def test_what_an_import_does_is_noticed(tmp_path: Path) -> None:
    code, empty = tmp_path / "code", tmp_path / "empty"
    code.mkdir()
    empty.mkdir()
    for name, (line, _) in BUSY.items():
        (code / f"{name}.py").write_text(line, encoding="utf-8")
    found = what_imports_do([[name] for name in BUSY], empty, code)
    for name, (_, what) in BUSY.items():
        assert (what in found[name]) if what else found[name] == []


# Public names --------------------------------------------------------------------------------


def doors() -> list[str]:
    """Return the packages and rooms that say what others may use."""
    return [module_of(path) for path in sources() if path.endswith("/__init__.py")]


@pytest.mark.parametrize("package", [name for name in doors() if name.count(".") < 2])
def test_a_door_lists_its_public_names(package: str) -> None:
    """Every name that a door brings in is listed, exists, and is in order."""
    module = importlib.import_module(package)
    text = (ROOT / package.replace(".", "/") / "__init__.py").read_text("utf-8")
    brought = {name.split(".")[-1] for _, name in imported(text)} - {"annotations", "TYPE_CHECKING"}
    listed = getattr(module, "__all__", [])
    assert module.__doc__
    assert len(set(listed)) == len(listed)
    assert [name for name in listed if not hasattr(module, name)] == []
    assert sorted(listed, key=_isort) == listed
    assert {name for name in brought if not name.startswith("_")} <= set(listed)


def _isort(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order that the linter keeps."""
    if name.isupper():
        return (0, name)
    return (1 if name[:1].isupper() else 2, name)


# Randomness ----------------------------------------------------------------------------------


def banned_draws(files: Source) -> list[str]:
    """Return where code draws from anything but the named streams."""
    found = []
    for path, text in files.items():
        found += [
            f"{path}:{line} imports {name}"
            for line, name in imported(text)
            if name.split(".")[0] == "random" or name.startswith("numpy.random")
        ]
        found += [
            f"{path}:{node.lineno} uses .{node.attr}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Attribute) and node.attr in {"random", "rng", "shuffle_do"}
        ]
    return found


def test_all_draws_come_from_named_streams() -> None:
    assert banned_draws(sources()) == []


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from random import choice",
        "import numpy.random",
        "from numpy import random",
        "import numpy as np\nnp.random.default_rng()",
        "def step(self):\n    return self.random.choice([1])",
        "def step(model):\n    return model.random.random()",
        "agents.shuffle_do('step')",
    ],
)
def test_a_draw_from_elsewhere_is_noticed(line: str) -> None:
    assert banned_draws({"agents/here.py": line})


# Size ----------------------------------------------------------------------------------------

MOST_LINES = 450
LONG_FILES = {
    "sim/kernel/engine.py": "the order of a tick is read top to bottom in one place",
    "sim/reference/rules.py": "the rules in plain loops are checked by eye in one place",
    "sim/seam/world.py": "every array of a world stands beside the rules that it keeps",
}
"""Files that may be longer, and why."""


def long_files(files: Source) -> list[str]:
    return sorted(path for path, text in files.items() if len(text.splitlines()) > MOST_LINES)


def test_files_have_one_subject_and_are_short() -> None:
    assert [path for path in long_files(sources()) if path not in LONG_FILES] == []


def test_every_reason_for_a_long_file_belongs_to_a_file() -> None:
    assert [path for path in LONG_FILES if not (ROOT / path).exists()] == []
    assert all(LONG_FILES.values())


def test_a_long_file_is_noticed() -> None:
    assert long_files({"sim/here.py": "x = 1\n" * (MOST_LINES + 1)}) == ["sim/here.py"]
    assert long_files({"sim/here.py": "x = 1\n" * MOST_LINES}) == []
