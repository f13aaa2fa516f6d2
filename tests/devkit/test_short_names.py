"""Short names: the program does the same, line for line, and what others can see keeps its name."""

import ast
import io
import keyword
import re
import tokenize
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.boardmodel import bundle, flash_folder
from host.boardmodel.short_names import Shortener

# Each says in `said` what it does; every private name and every parameter in it begins with "long".
PROGRAMS = {
    "functions, variables and globals": '''
_long_count = 0
_long_first, _long_second = 1, 2


def _long_add(long_left, long_right):
    """_long_add is not renamed in texts."""
    global _long_count
    _long_count += 1
    return long_left + long_right * _long_second


def seen(long_value):
    _long_local = _long_add(long_value, long_right := 3)
    del long_value
    return [_long_local for _long_local in range(_long_local)], long_right


said.append((seen(2), _long_count, _long_add.__doc__, _long_first))
''',
    "classes that say the same names of themselves": """
class One:
    _long_in_class = 3

    def __init__(self, long_start):
        self._long_state = long_start
        self._long_only_one = [long_start]

    def _long_step(self):
        self._long_state += self._long_in_class
        return self._long_only_one

    def step(self):
        return self._long_step(), self._long_state

    def __eq__(self, long_other):
        return self._long_state == long_other._long_state


class Two:
    def __init__(self):
        self._long_state = self._long_only_two = "two"

    def step(self):
        return self._long_state + self._long_only_two


said.append((One(1).step(), Two().step(), One(4) == One(4), One(4) == One(5)))
""",
    "parents and children": """
class Parent:
    def __init__(self, long_value):
        self._long_of_parent = long_value

    def parents(self):
        return self._long_of_parent


class Child(Parent):
    def __init__(self):
        super().__init__(1)
        self._long_of_child = 2

    def both(self):
        return self._long_of_child, self.parents()


class _LongError(Exception):
    def __init__(self, long_why):
        self._long_why = long_why


class Grandchild(Child):
    def both(self):
        self._long_of_grandchild = 3
        return super().both() + (self._long_of_grandchild, self._long_of_parent)


try:
    raise _LongError("why")
except _LongError as _long_error:
    said.append(_long_error._long_why)
said.append((Child().both(), Grandchild().both()))
""",
    "parameters that are passed by name": """
def apart(long_named, long_placed):
    return long_named - long_placed


def outer(long_named):
    return apart(long_named=long_named, long_placed=1)


said.append((outer(5), apart(7, 2), apart(*[1, 2])))
""",
    "f-strings": """
_long_unit = "ms"
_long_other = "s"


def told(long_value, long_width):
    return f"{long_value:{long_width}d} {_long_unit}" + _long_other


said.append(told(5, 3))
""",
    "decorators, defaults and annotations": """
_long_value = 10


def _long_twice(long_function):
    def inside(long_value=_long_value):
        return long_function(long_value) * 2

    return inside


@_long_twice
def outer(long_value: _long_value = _long_value) -> _long_value:
    return long_value + 1


long_a = 5


def defaults(long_b, long_a=long_a):
    return long_b + long_a


said.append((outer(), outer(3), defaults(1), outer.__name__))
""",
    "nested functions and lambdas": """
def counter(long_start):
    _long_count = long_start

    def _long_next(long_step):
        nonlocal _long_count
        _long_count += long_step
        return _long_count

    return _long_next


_long_count = "of the module"
count = counter(3)
said.append((count(1), count(2), _long_count, list(map(lambda long_x: long_x + 1, [1]))))
""",
    "names bound in other ways": """
from math import floor as _long_floor


def caught(long_error, long_module):
    try:
        raise ValueError(long_error)
    except ValueError as long_error:
        _long_seen = long_error
    import math as long_module

    for long_error in [1]:
        pass
    with open("/dev/null") as long_error:
        pass
    return str(_long_seen), long_module.floor(1.5), _long_floor(2.5)


_long_seen = 1


def shadow(_long_seen):
    return _long_seen


_long_caught = 5
try:
    raise ValueError
except ValueError as _long_caught:
    said.append(repr(_long_caught))
said.append((caught("why", 0), shadow(4), _long_seen))
""",
    "names by texts": """
class Lookup:
    def __init__(self):
        self._long_by_text = 1


said.append(getattr(Lookup(), "_long_by_text"))
""",
    "unusual spelling": """
class  _LongSpaced:
    def  _long_method( self ,long_x ):
        return  self . _long_method2(long_x)
    def _long_method2(self, long_x): return long_x ; pass
_long_a = _long_b = 1
def change():
    global _long_a,  _long_b
    _long_a = _long_b = "\\u00e4\\u2028"
    é = "äöü"; return [é, _long_a, self_said(_long_b)]
def self_said(long_x):
    return long_x
said.append((_LongSpaced()._long_method(3), change(), _long_a))
""",
    "variable numbers of arguments": """
def many(long_first, *long_rest, long_key=1, **long_named):
    return long_first, long_rest, long_key, long_named


said.append(many(1, 2, long_key=3, long_other=4))
""",
}


def run(source):
    said = []
    exec(compile(source, "program", "exec"), {"said": said, "__name__": "program"})
    return said


def tokens(source):
    return list(tokenize.generate_tokens(io.StringIO(source).readline))


@pytest.mark.parametrize("what", PROGRAMS)
def test_the_program_does_the_same_line_for_line(what):
    source = PROGRAMS[what]
    short = Shortener(PROGRAMS.values()).shorten(source)
    assert run(short) == run(source) != []
    before, after = tokens(source), tokens(short)
    for old, new in zip(before, after, strict=True):
        assert (old.type, old.start[0]) == (new.type, new.start[0])
        assert old.type == tokenize.NAME or old.string == new.string
        assert not keyword.iskeyword(old.string) or old.string == new.string


@pytest.mark.parametrize(
    ("what", "gone"),
    [
        ("functions, variables and globals", {"_long_add", "_long_count", "long_value"}),
        ("classes that say the same names of themselves", {"_long_only_one", "_long_step"}),
        ("parents and children", {"_long_of_child", "_LongError", "long_why"}),
        ("nested functions and lambdas", {"_long_next", "long_step"}),
    ],
)
def test_private_names_are_gone(what, gone):
    source = PROGRAMS[what]
    short = Shortener([source]).shorten(source)
    assert not gone & {token.string for token in tokens(short) if token.type == tokenize.NAME}


def test_classes_share_short_names_and_parent_and_child_do_not():
    text = "class {}:\n    def __init__(self):\n        self._{} = self._{} = 1\n"
    apart = text.format("A", "first", "second") + text.format("B", "third", "fourth")
    related = apart.replace("class B", "class B(A)")
    for source, count in ((apart, 2), (related, 4)):
        before = {token.string for token in tokens(source)}
        after = {token.string for token in tokens(Shortener([source]).shorten(source))}
        assert len(before - after) == 4 and len(after - before) == count


def _shortened(*sources):
    shortener = Shortener(sources)
    return [shortener.shorten(source) for source in sources]


@pytest.mark.parametrize(
    ("ours", "others"),
    [
        ("def _name():\n    pass\n", "from ours import _name\n"),
        ("def _name():\n    pass\n", "import ours\nours._name()\n"),
        ("class A:\n    def go(self):\n        self._name = 1\n", "print(A()._name)\n"),
        ("class A:\n    def go(self):\n        self._name = 1\n", "getattr(a, '_name')\n"),
        (
            "class A:\n    def go(self):\n        self._name = 1\n",
            "class B(A):\n    def stop(self):\n        self._name = 2\n",
        ),
        (
            "class A:\n    def go(self):\n        self._name = 1\n",
            "class C:\n    def stop(self, a):\n        self._name = a._name\n",
        ),
        ("def go(_name):\n    return _name\n", "go(_name=1)\n"),
    ],
)
def test_what_another_module_speaks_of_stays_in_both(ours, others):
    assert _shortened(ours, others)[0] == ours
    assert "_name" in _shortened(ours, others)[1]
    assert _shortened(ours)[0] != ours


_NAMES = [f"_{first}{second}" for first, second in product("ab", "xyz")]
_STATEMENTS = st.sampled_from(
    [
        "{0} = 1",
        "def {0}(n):\n    global {2}\n    {2} = {1}(n)",
        "class {0}:\n    def {1}(self):\n        self.{2} = self.{1}",
        "print({0}, a.{1})",
        "from other import {0}",
        "import other\nother.{0}({1})",
    ]
)
_MODULES = st.lists(
    st.builds(lambda text, names: text.format(*names), _STATEMENTS, st.permutations(_NAMES)),
    min_size=1,
    max_size=5,
).map("\n".join)


@given(st.lists(_MODULES, min_size=2, max_size=3))
def test_every_name_that_is_another_modules_is_as_often_in_each_as_before(modules):
    said = re.findall(r"import (_\w+)|other\.(_\w+)", "\n".join(modules))
    others = {name for names in said for name in names if name}
    for before, after in zip(modules, _shortened(*modules), strict=True):
        old, new = (re.findall(r"\w+|\n", text) for text in (before, after))
        assert len(old) == len(new)
        for one, other in zip(old, new, strict=True):
            assert one == other or one not in others
        # And two names stay two, one stays one, as far as they can meet: outside of classes.
        if "class" not in before and "def" not in before:
            assert len(set(zip(old, new, strict=True))) == len(set(old)) == len(set(new))


def _public(tree):
    """What a module defines that does not say that it is private."""
    defined = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    stored = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    return {name for name in defined | stored if not name.startswith("_")}


def test_the_boards_modules_keep_what_others_see():
    """Independently: of every module, all that is public, and all that others import from it."""
    sources = flash_folder.checkout()
    members = bundle.present(sources)
    inside = {bundle.path_of(member) for member in members}
    texts = {
        path: bundle.redirected(text, members, path)
        for path, text in sources.items()
        if path not in inside
    }
    texts[bundle.PATH] = bundle.linked(sources)[0]
    shortener = Shortener(texts.values())
    trees = {path: ast.parse(shortener.shorten(text)) for path, text in texts.items()}
    for path, text in texts.items():
        assert _public(trees[path]) >= _public(ast.parse(text)), path
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                there = f"{(node.module or '').replace('.', '/')}.py"
                target = trees.get(there) or trees.get(f"lib/{there}")
                if target is not None:
                    names = _global_names(target)
                    assert {alias.name for alias in node.names} <= names, path


def _global_names(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(alias.asname or alias.name for alias in node.names)
    return names
