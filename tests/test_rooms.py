"""The house: every import is one that CONTRIBUTING's table of rooms allows, and none runs in a circle."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The one import upwards, which CONTRIBUTING names.
UPWARDS = {("zoo/core", "export")}


def _table():
    """The rooms of CONTRIBUTING's table, in its order, and what each may import."""
    rooms, everything = {}, []
    for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| `([a-z/]+)/` \| .* \| (.*) \|$", line):
            room, allowed = match[1], match[2]
            named = re.findall(r"`([a-z/]+)`", allowed)
            rooms[room] = set(everything) if "all of these" in allowed else set(named)
            if "zoo" in named and not room.startswith("zoo"):
                rooms[room] |= {one for one in everything if one.startswith("zoo/")}
            everything.append(room)
    return rooms


ROOMS = _table()


def _room(module):
    """The room of a module, a tuple of the parts of its path from the root; None for the root's own files."""
    for length in (2, 1):
        if (name := "/".join(module[:length])) in ROOMS:
            return name
    return None


def _imports(path):
    """The modules of ours that a file imports, as tuples of parts."""
    here = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level] + tuple((node.module or "").split(".") if node.module else ())
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "unizoo":
            base = tuple(node.module.split(".")[1:])
        else:
            continue
        for name in node.names:
            whole = (*base, name.name)
            known = (ROOT.joinpath(*whole).with_suffix(".py"), ROOT.joinpath(*whole, "__init__.py"))
            yield whole if any(one.exists() for one in known) else base


FILES = sorted(path for room in ROOMS for path in ROOT.joinpath(room).rglob("*.py"))


def test_the_table_names_every_room():
    kept = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    folders = {Path(one).parts[0] for one in kept.split() if "/" in one} - {"tests"}
    assert folders <= {room.split("/")[0] for room in ROOMS}
    doors = {f"zoo/{path.parent.name}" for path in ROOT.glob("zoo/*/__init__.py")}
    assert doors == {room for room in ROOMS if room.startswith("zoo/")}


def test_every_import_is_allowed():
    wrong = []
    for path in set(FILES):
        room = _room(path.relative_to(ROOT).with_suffix("").parts)
        for module in _imports(path):
            other = _room(module)
            if other in (None, room) or other in ROOMS[room] or (room, other) in UPWARDS:
                continue
            wrong.append(f"{path.relative_to(ROOT)} imports {'.'.join(module)}: {room} may not import {other}")
    assert not wrong, "\n".join(sorted(wrong))


def test_no_rooms_import_one_another():
    edges = {
        (_room(path.relative_to(ROOT).with_suffix("").parts), _room(module))
        for path in FILES
        for module in _imports(path)
    }
    edges = {(one, other) for one, other in edges - UPWARDS if other is not None and one != other}
    assert not {(one, other) for one, other in edges if (other, one) in edges}


def test_the_zoo_shows_the_models_and_four_doors():
    files = {path.stem for path in ROOT.glob("zoo/*.py")} - {"__init__"}
    from unizoo.zoo.hub.models import MODELS

    assert files == {entry.module for entry in MODELS.values()}


def test_the_ground_floor_starts_no_tensorflow():
    code = (
        "import sys, unizoo.zoo.hub.registry, unizoo.zoo.hub.presets, unizoo.zoo.hub.recipes\n"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("former", "present"),
    [
        ("registry", "hub.registry"),
        ("presets", "hub.presets"),
        ("table", "hub.models"),
        ("divergence", "core.guard"),
        ("verification", "explain.verification"),
    ],
)
def test_a_module_that_moved_is_found_by_its_former_name(former, present):
    code = (
        "import importlib, warnings\n"
        "with warnings.catch_warnings(record=True) as said:\n"
        "    warnings.simplefilter('always')\n"
        f"    one = importlib.import_module('unizoo.zoo.{former}')\n"
        f"assert one is importlib.import_module('unizoo.zoo.{present}')\n"
        f"assert any('unizoo.zoo.{present}' in str(one.message) for one in said)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
