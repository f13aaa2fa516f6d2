"""Reads source files and says what of the kernel language is in them: constants, kernels, conductors."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from host.errors import UserError

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Constant:
    """`NAME = const(value)`, or a plain integer that stands for one; `value` None if it is no literal."""

    line: int
    value: object
    text: str
    folded: bool  # by MicroPython's compiler: only const() is


@dataclass
class Module:
    file: str  # as findings name it
    name: str  # as `import` names it
    tree: ast.Module
    constants: dict[str, list[Constant]]
    kernels: list[Function]
    conductors: list[Function]

    def imported(self) -> Iterator[tuple[str, str, str]]:
        """(name here, module, name there) of every `from module import name`."""
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield alias.asname or alias.name, node.module or "", alias.name


def sources(paths: Iterable[Path]) -> list[Path]:
    """The Python files at or below `paths`."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(path.rglob("*.py"))
        elif path.is_file():
            found.add(path)
        else:
            raise UserError(f"{path}: no such file or folder")
    return sorted(path.resolve() for path in found)


def read(path: Path, root: Path) -> Module:
    """The module at `path`, named as seen from `root` and its `lib`."""
    inside = path.is_relative_to(root)
    parts = (path.relative_to(root) if inside else Path(path.name)).with_suffix("").parts
    file = str(path.relative_to(root) if inside else path)
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise UserError(f"{file}:{error.lineno or 1}: syntax: {error.msg}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read: {error}") from None
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    return Module(
        file,
        ".".join(parts[1:] if parts[0] == "lib" else parts),
        tree,
        _constants(tree),
        [function for function in functions if _is_decorated(function, "viper")],
        [function for function in functions if _is_decorated(function, "native")],
    )


def _is_decorated(function: Function, emitter: str) -> bool:
    return any(
        ast.unparse(decorator) in (emitter, f"micropython.{emitter}")
        for decorator in function.decorator_list
    )


def _constants(tree: ast.Module) -> dict[str, list[Constant]]:
    found: dict[str, list[Constant]] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        value = node.value
        folded = isinstance(value, ast.Call) and ast.unparse(value.func) == "const"
        if isinstance(value, ast.Call) and folded and len(value.args) == 1:
            value = value.args[0]
        try:
            literal = ast.literal_eval(value)
        except ValueError:
            literal = None
        if folded or type(literal) is int:
            constant = Constant(node.lineno, literal, ast.unparse(value), folded)
            found.setdefault(node.targets[0].id, []).append(constant)
    return found
