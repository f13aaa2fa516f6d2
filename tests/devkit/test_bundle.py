"""The core: every line knows where it is from, a name means one thing, and the program does the same."""

import ast
import builtins
import sys
from itertools import count
from types import ModuleType

import pytest

from host.boardmodel import bundle, flash_folder
from host.errors import UserError

MEMBERS = ("firmware.kernels.book", "ring", "firmware.health", "firmware.app")
CHECKOUT = {
    "firmware/kernels/book.py": '''
"""The book."""

import time
from micropython import const

_DEPTH = const(10)
_BOTH = const(2)


@decorated
@decorated
def apply(
    book,
    depth=_DEPTH,
):
    return [book, depth * _BOTH, time is not None]
''',
    "lib/ring.py": '''
"""A ring."""

from micropython import const
from random import (
    choice as pick,  # here, too
    random,
)

_BOTH = const(2)

try:
    from nowhere import Ring
except ImportError:  # CPython
    Ring = None

if Ring is None:

    def put(thing):
        return ["ring", thing, pick([_BOTH])]

else:

    def put(thing):
        return ["other ring", thing, random()]
''',
    "firmware/health.py": '''
"""Health."""

import ring as of_ring
import time, ring
from firmware.kernels import book, other
from firmware.kernels.book import (
    apply,
    apply as apply_book,
)
from firmware.kernels.other import far; here = [far]


class Health:
    """Many lines."""

    def look(self):
        from ring import put

        return [put(1), ring.put(2), of_ring.put(3), book.apply(4), apply(5), apply_book(6), here]
''',
    "firmware/app.py": '''
from firmware.health import Health
from firmware.kernels.other import far, told


def run():
    return [Health().look(), far, told()]
''',
    "firmware/kernels/other.py": '''
far = "far"


def told():
    from firmware import app
    import firmware.kernels.other, ring as circle

    return [circle.put(7), app.run is not None, app.Health is not None]
''',
    "main.py": "from firmware.app import run\n\nfound = run()\n",
}  # fmt: skip


@pytest.fixture
def members(monkeypatch):
    monkeypatch.setattr(bundle, "MEMBERS", MEMBERS)
    return MEMBERS


def run(sources, board):
    """What main.py finds; `board`: only the core is there, and what is in no core."""
    sources = dict(sources)
    if board:
        members = bundle.present(sources)
        inside = {bundle.path_of(member) for member in members}
        core, _ = bundle.linked(sources)
        sources = {
            path: bundle.redirected(text, members, path)
            for path, text in sources.items()
            if path not in inside
        }
        sources[bundle.PATH] = core
    const = ModuleType("micropython")
    const.const = lambda value: value

    class Finder:
        def find_spec(self, name, path, target=None):
            from importlib.machinery import ModuleSpec

            paths = [name.replace(".", "/") + ".py", f"lib/{name}.py"]
            found = next((each for each in paths if each in sources), None)
            folder = any(each.startswith(name.replace(".", "/") + "/") for each in sources)
            if found is None and not folder and name not in ("ring",):
                return None
            if found is None and not folder:
                raise ModuleNotFoundError(name)
            spec = ModuleSpec(name, self, is_package=found is None)
            spec.loader_state = sources.get(found, "")
            return spec

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            space = module.__dict__
            space["decorated"] = lambda function: function
            exec(module.__spec__.loader_state, space)

    before = dict(sys.modules)
    for name in before:
        if name.split(".")[0] in ("firmware", "ring", "micropython"):
            del sys.modules[name]
    sys.modules["micropython"] = const
    sys.meta_path.insert(0, finder := Finder())
    try:
        space = {}
        exec(sources["main.py"], space)
        return space["found"], {name for name in sys.modules if name.startswith("firmware")}
    finally:
        sys.meta_path.remove(finder)
        sys.modules.clear()
        sys.modules.update(before)


def test_the_program_does_the_same(members):
    there, loaded = run(CHECKOUT, board=False)
    found, on_board = run(CHECKOUT, board=True)
    assert found == there
    assert there[0][5] == [6, 20, True] and there[2] == [["ring", 7, 2], True, True]
    assert "firmware.health" in loaded
    assert on_board == {"firmware", "firmware.core", "firmware.kernels", "firmware.kernels.other"}


def test_lines_of_what_is_not_inside_stay(members):
    for path in ("firmware/kernels/other.py", "main.py"):
        text = CHECKOUT[path]
        redirected = bundle.redirected(text, members, path)
        for old, new in zip(text.splitlines(), redirected.splitlines(), strict=True):
            assert old == new or "import" in old


def _definitions(tree):
    return {
        (node.name, node.lineno, node.end_lineno)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }


@pytest.mark.parametrize("real", [False, True])
def test_every_function_knows_the_file_and_lines_it_comes_from(real, monkeypatch):
    if not real:
        monkeypatch.setattr(bundle, "MEMBERS", MEMBERS)
    sources = flash_folder.checkout() if real else CHECKOUT
    core, origins = bundle.linked(sources)
    assert len(core.splitlines()) == len(origins)
    here = set()
    for name, first, last in _definitions(ast.parse(core)):
        (file, line), end = origins[first - 1], origins[last - 1]
        assert end[0] == file
        here.add((file, name, line, end[1]))
    there = {
        (bundle.path_of(member), *definition)
        for member in bundle.MEMBERS
        for definition in _definitions(ast.parse(sources[bundle.path_of(member)]))
    }
    assert here == there != set()


def test_constants_and_imports_stand_there_once(members):
    core, _ = bundle.linked(CHECKOUT)
    assert core.count("_BOTH = const(2)") == core.count("from micropython import const") == 1
    assert f"from {bundle.MODULE}" not in core.replace("        from", "")


def test_a_member_that_is_not_there_is_imported_as_ever(members):
    sources = {path: text for path, text in CHECKOUT.items() if path != "lib/ring.py"}
    core, _ = bundle.linked(sources)
    assert "import ring as of_ring" in core and "import time, ring" in core
    assert "from ring import put" in core


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("firmware/app.py", "\n\ndef put(x):\n    pass\n", "put"),
        ("firmware/app.py", "\n\nclass Health:\n    pass\n", "Health"),
        ("firmware/app.py", "\nfrom utime import time\n", "time"),
        ("firmware/app.py", "\nfrom other import choice as pick\n", "pick"),
        ("firmware/app.py", "\n_BOTH = const(3)\n", "_BOTH"),
        ("firmware/app.py", "\n_DEPTH, x = 1, 2\n", "_DEPTH"),
        ("firmware/app.py", "\nhere: int = 1\n", "here"),
        ("firmware/app.py", "\nif x:\n    here = 1\n", "here"),
        ("firmware/app.py", "\nfor here in (): pass\n", "here"),
        # What the variables of two modules would share, and only seem to be the same:
        ("firmware/app.py", "\nhere = [far]\n", "here"),
        # A member that is spoken of by its name.
        ("firmware/app.py", "\nring = 1\n", "ring"),
        ("firmware/app.py", "\nsys = 1\n", "sys"),
        # Python's own to one, and another's function.
        ("lib/ring.py", "\nprint(max(1, 2))\n", "max"),
    ],
)
def test_a_name_of_two_meanings_is_one_line(members, path, text, name):
    sources = CHECKOUT | {path: CHECKOUT[path] + text}
    if name == "max":
        sources["firmware/app.py"] += "\n\ndef max(a, b):\n    pass\n"
    with pytest.raises(UserError) as error:
        bundle.linked(sources)
    said = str(error.value)
    assert f": {name} is something else in " in said and "\n" not in said
    place = said.split(": ")[0]
    file, line = place.split(":")
    assert file in sources and name in sources[file].splitlines()[int(line) - 1]


def test_what_cannot_be_redirected_is_one_line(members):
    with pytest.raises(UserError, match=r"^main\.py:2: import firmware\.app: for the board say"):
        bundle.redirected("import sys\nimport firmware.app\n", members, "main.py")
    assert "core import app as it" in bundle.redirected(
        "import firmware.app as it\n", members, "main.py"
    )


def test_who_imports_stands_behind_what_he_imports():
    """Or a class would be asked for before it is there."""
    places = dict(zip(bundle.MEMBERS, count(), strict=False))
    sources = flash_folder.checkout()
    for member, place in places.items():
        for node in ast.parse(sources[bundle.path_of(member)]).body:
            names = [alias.name for alias in node.names] if hasattr(node, "names") else []
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for name in [start.removesuffix("."), *(start + name for name in names)]:
                assert places.get(name, -1) < place, f"{member} imports {name}"


def test_nobody_lends_a_member():
    """`borrow` is told by texts, which nothing redirects."""
    for path, text in flash_folder.checkout().items():
        for node in ast.walk(ast.parse(text)):
            called = isinstance(node, ast.Call) and ast.unparse(node.func)
            if called in ("borrow", "give_back") and isinstance(node.args[1], ast.Constant):
                package, name = (ast.literal_eval(each) for each in node.args)
                lent = f"{package}.{name}" if package else name
                assert lent not in bundle.MEMBERS, f"{path}:{node.lineno}"


def test_every_member_is_there_and_its_names_are_free():
    assert bundle.present(flash_folder.checkout()) == list(bundle.MEMBERS)
    assert bundle.PATH not in flash_folder.checkout()
    assert not {member.rpartition(".")[2] for member in bundle.MEMBERS} & set(dir(builtins))
