"""Gives private names and parameters other ones for the board, where every different name costs heap.

MicroPython keeps each name that a module mentions for ever: about 18 bytes, and 2 KB more where the
three hundredth makes the table double. What no other file can see may have any name, so here it
gets one that is in the chip's ROM already, or one of a few short ones that all modules share. Lines
stay what they are, so that a traceback on the serial line points at the source; only the names of
private functions in it are odd.
"""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from keyword import iskeyword
from string import ascii_lowercase
from typing import TypeGuard

# Names in the ROM of every MicroPython, as py/makeqstrdata.py lists them for .mpy files: those of
# Python's own that mean nothing special as a variable, a parameter or an attribute, also of what
# inherits from an exception or a stream.
_ROM = (
    "abs all any append bytearray bytecode bytes callable chr classmethod clear copy count dict"
    " dir divmod end endswith eval exec extend find format from_bytes get getattr globals hasattr"
    " hash id index insert isalpha isdigit isinstance islower isspace issubclass isupper items iter"
    " join key keys len list little locals lower lstrip map open ord pop popitem pow print"
    " remove repr replace reverse rfind rindex round rsplit rstrip sep set setattr"
    " setdefault sort sorted split start startswith staticmethod step stop str strip sum to_bytes"
    " tuple type update upper values zip"
)

Place = tuple[int, int]
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Shortener:
    """Knows all modules of the board, since what one of them says of another's names must stay.

    `core` is one of them from which nobody else imports, so that what no other says is private.
    """

    def __init__(self, sources: Iterable[str], core: str | None = None) -> None:
        self._core = core
        trees = [ast.parse(source) for source in sources]
        nodes = [node for tree in trees for node in ast.walk(tree)]
        self._keywords = {node.arg for node in nodes if isinstance(node, ast.keyword)}
        self._shared = set().union(*map(_foreign, trees)) | _ambiguous(trees)
        # getattr(.., "_name") and the like
        self._shared |= {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
        self._spoken = {node.attr for node in nodes if isinstance(node, ast.Attribute)}

    def shorten(self, source: str) -> str:
        """`source` with short names, line for line."""
        tree = ast.parse(source)
        public = _defined(tree) - self._spoken if source == self._core else set()
        renamed = dict(self._private(tree, public))
        taken = {new for _, new in renamed.values()}
        for function in ast.walk(tree):
            if isinstance(function, Function):
                renamed.update(self._parameters(function, taken))
        lines = [bytearray(line) for line in source.encode().splitlines(keepends=True)]
        # Written in another way than the formatter would, so that a place is not where it is looked for.
        missed = {
            old
            for (line, column), (old, _) in renamed.items()
            if lines[line - 1][column : column + len(old)] != old.encode()
        }
        for (line, column), (old, new) in sorted(renamed.items(), reverse=True):
            if old not in missed:
                lines[line - 1][column : column + len(old)] = new.encode()
        return b"".join(lines).decode()

    def _private(
        self, tree: ast.Module, public: set[str]
    ) -> Iterator[tuple[Place, tuple[str, str]]]:
        """Attributes, functions, classes and variables: those that begin with one underscore, and `public` ones."""
        owned = _owned(tree) | public
        names = owned - self._shared - _said_otherwise(tree) - _in_texts(tree)
        taken = _words(tree)
        pool = [name for name, _ in zip(_unused("_", taken), names, strict=False)]
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        # What only one class says, and only of itself, another class may say, too: not its parent.
        family = {base for each in classes for base in _bases(each)}
        alone = [each for each in classes if not _bases(each) and each.name not in family]
        by_class = {
            each: names & _own_attributes(each) - _said_besides(tree, each) for each in alone
        }
        common = names - set().union(*by_class.values())
        # A variable and an attribute may share a name, if neither of them is both.
        attributes, variables = common & _attributes(tree), common & _variables(tree)
        both = sorted(attributes & variables)
        for those in (attributes, variables):
            new = dict(zip([*both, *sorted(those.difference(both))], pool, strict=False))
            yield from _renamed(tree, new)
        for each, own in by_class.items():
            new = dict(zip(sorted(own), pool[len(attributes) :], strict=False))
            yield from _renamed(each, new)

    def _parameters(
        self, function: Function, taken: set[str]
    ) -> Iterator[tuple[Place, tuple[str, str]]]:
        """The parameters of a function that nobody passes by name; `taken` is what the module has given away."""
        arguments = function.args
        if arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
            return
        kept = self._keywords | _in_texts(function) | _said_otherwise(function, ast.arg) | {"self"}
        names = [argument.arg for argument in arguments.args if argument.arg not in kept]
        if any(isinstance(node, (*_SCOPES, ast.Lambda)) for node in _body(function)):
            return
        new = dict(zip(names, _unused("", _words(function) | taken), strict=False))
        for argument in arguments.args:
            if argument.arg in new:
                yield (argument.lineno, argument.col_offset), (argument.arg, new[argument.arg])
        for node in _body(function):  # decorators, annotations and defaults are not in its scope
            if isinstance(node, ast.Name) and node.id in new:
                yield (node.lineno, node.col_offset), (node.id, new[node.id])


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _renamed(tree: ast.AST, new: dict[str, str]) -> Iterator[tuple[Place, tuple[str, str]]]:
    for node in ast.walk(tree):
        for name, place in _mentions(node):
            if name in new:
                yield place, (name, new[name])


def _own_attributes(definition: ast.ClassDef) -> set[str]:
    """Private methods of a class, and what its methods say of `self`."""
    methods = {node.name for node in definition.body if isinstance(node, _SCOPES)}
    return {name for name in methods | set(_said_of_self(definition)) if _is_private(name)}


def _bases(definition: ast.ClassDef) -> list[str]:
    """What it inherits from that may have attributes of ours."""
    bases = [ast.unparse(base) for base in definition.bases]
    return [base for base in bases if not hasattr(builtins, base)]


def _is_of_self(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


def _defined(tree: ast.Module) -> set[str]:
    """Public functions and classes of the module."""
    return {node.name for node in tree.body if isinstance(node, _SCOPES)}


def _attributes(tree: ast.Module) -> set[str]:
    """Names that are attributes somewhere, or are looked up in the body of a class."""
    nodes = list(ast.walk(tree))
    said = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for statement, looked_up in _class_bodies(nodes):
        if isinstance(statement, _SCOPES):
            said.add(statement.name)
        said.update(name for node in looked_up for name, _ in _mentions(node))
    return said


def _class_bodies(nodes: list[ast.AST]) -> Iterator[tuple[ast.stmt, list[ast.AST]]]:
    """The statements in the bodies of classes, and what of each is done at once."""
    for definition in (node for node in nodes if isinstance(node, ast.ClassDef)):
        for statement in definition.body:
            now = getattr(statement, "decorator_list", [statement])
            yield statement, [inner for each in now for inner in ast.walk(each)]


def _variables(tree: ast.Module) -> set[str]:
    """Names that are more than attributes and methods."""
    nodes = list(ast.walk(tree))
    others = [node for node in nodes if not isinstance(node, ast.Attribute)]
    said = Counter(name for node in others for name, _ in _mentions(node))
    said.subtract(each.name for each, _ in _class_bodies(nodes) if isinstance(each, _SCOPES))
    return {name for name, count in said.items() if count > 0}


def _said_of_self(tree: ast.AST) -> list[str]:
    return [node.attr for node in ast.walk(tree) if _is_of_self(node)]


def _said_besides(tree: ast.Module, definition: ast.ClassDef) -> set[str]:
    """Private names that stand in the module otherwise than as what this class says of itself."""
    said = Counter(name for node in ast.walk(tree) for name, _ in _mentions(node))
    said.subtract(_said_of_self(definition))
    said.subtract(node.name for node in definition.body if isinstance(node, _SCOPES))
    return {name for name, count in said.items() if count}


def _body(function: Function) -> Iterator[ast.AST]:
    for statement in function.body:
        yield from ast.walk(statement)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and len(name) > 1


def _owned(tree: ast.Module) -> set[str]:
    """Private names that this module defines; not constants, which the compiler folds away."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, _SCOPES):
            found.add(node.name)
        elif _is_of_self(node) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if not (targets and _is_folded(statement)):
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if _is_private(name)}


def _is_folded(statement: ast.Assign) -> bool:
    value = statement.value
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "const"


def _foreign(tree: ast.Module) -> set[str]:
    """Private names of others that this module speaks of."""
    nodes = list(ast.walk(tree))
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    here = {each.name for each in classes}
    # Which of its attributes are its parent's, only the parent's module knows.
    heirs = [each for each in classes if set(_bases(each)) - here]
    spoken = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    aliases = [
        alias
        for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]
    modules = {alias.asname or alias.name for alias in aliases}
    of_modules = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules
    }
    imported = {alias.name for alias in aliases} | of_modules
    return (spoken - _owned(tree)) | imported | set().union(*map(_own_attributes, heirs))


def _ambiguous(trees: list[ast.Module]) -> set[str]:
    """Attributes of several modules, said of something that may be of any of them."""
    owners = Counter(name for tree in trees for name in _owned(tree))
    spoken = {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and not _is_of_self(node)
    }
    return {name for name in spoken if owners[name] > 1}


def _said_otherwise(tree: ast.AST, besides: type[ast.AST] = ast.AST) -> set[str]:
    """Names in places that `_mentions` does not tell."""
    said: set[str | None] = set()
    for node in ast.walk(tree):
        if isinstance(node, besides) and besides is not ast.AST:
            continue
        if isinstance(node, ast.alias):
            said.add(node.asname or node.name)
        elif isinstance(node, (ast.arg, ast.keyword)):
            said.add(node.arg)
        elif isinstance(node, ast.ExceptHandler):
            said.add(node.name)
        elif isinstance(node, ast.Nonlocal):
            said.update(node.names)
    return {name for name in said if name}


def _in_texts(tree: ast.AST) -> set[str]:
    """Names inside f-strings, whose places CPython does not tell before 3.12."""
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    return {name for text in texts for node in ast.walk(text) for name, _ in _mentions(node)}


def _mentions(node: ast.AST) -> Iterator[tuple[str, Place]]:
    """Names that a node says, and where."""
    if isinstance(node, ast.Name):
        yield node.id, (node.lineno, node.col_offset)
    elif isinstance(node, ast.Attribute):
        assert node.end_lineno and node.end_col_offset
        yield node.attr, (node.end_lineno, node.end_col_offset - len(node.attr))
    elif isinstance(node, _SCOPES):
        before = {ast.ClassDef: "class ", ast.FunctionDef: "def "}.get(type(node), "async def ")
        yield node.name, (node.lineno, node.col_offset + len(before))
    elif isinstance(node, ast.Global):
        at = node.col_offset + len("global ")
        for name in node.names:
            yield name, (node.lineno, at)
            at += len(name) + len(", ")


def _words(tree: ast.AST) -> set[str]:
    """Every name in a piece of source."""
    return set(re.findall(r"[A-Za-z_]\w*", ast.unparse(tree)))


def _unused(prefix: str, taken: set[str]) -> Iterator[str]:
    """Names that are not `taken`: those that cost nothing, then short ones that begin with `prefix`."""
    yield from (name for name in _ROM.split() if name not in taken)
    for length in (1, 2):
        for letters in product(ascii_lowercase, repeat=length):
            name = prefix + "".join(letters)
            if name not in taken and not iskeyword(name):
                yield name
