"""Checks source files: the functions of the kernel language, and the constants that files repeat."""

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from host import ROOT
from host.lint import modules
from host.lint.finding import Finding
from host.lint.kernel_language import check_conductor, check_kernel
from host.lint.modules import Module

FOLDERS = ("firmware", "lib")


class Report(NamedTuple):
    kernels: int
    conductors: int
    findings: list[Finding]


def check(paths: list[Path], root: Path = ROOT) -> Report:
    """What is wrong at `paths`. All of the board's code is read, since constants must agree across files."""
    wanted = modules.sources(paths)
    whole = modules.sources(root / folder for folder in FOLDERS if (root / folder).is_dir())
    known = {path: modules.read(path, root) for path in sorted({*wanted, *whole})}
    findings = _disagreements(list(known.values()))
    by_name = {module.name: module for module in known.values()}
    for module in known.values():
        for kernel in module.kernels:
            findings += check_kernel(kernel, module)
        for conductor in module.conductors:
            findings += check_conductor(conductor, module, _callees(module, by_name))
    shown = [known[path] for path in wanted]
    files = {module.file for module in shown}
    return Report(
        sum(len(module.kernels) for module in shown),
        sum(len(module.conductors) for module in shown),
        sorted({finding for finding in findings if finding.file in files}),
    )


def _callees(module: Module, by_name: dict[str, Module]) -> set[str]:
    """The kernels and conductors that `module` defines or imports, by the names it gives them."""
    names = _defined(module)
    for here, origin, there in module.imported():
        if origin in by_name and there in _defined(by_name[origin]):
            names.add(here)
    return names


def _defined(module: Module) -> set[str]:
    return {function.name for function in module.kernels + module.conductors}


def _disagreements(checked: list[Module]) -> list[Finding]:
    # MicroPython folds only the constants of the file it compiles, so a layout is repeated in each
    # file that uses it; this is what keeps the copies alike.
    places = defaultdict(list)
    for module in checked:
        for name, constants in module.constants.items():
            places[name.lstrip("_")] += [(module.file, name, constant) for constant in constants]
    findings = []
    for (first_file, _, first), *others in places.values():
        for file, name, constant in others:
            alike = constant.value is not None and constant.value == first.value
            if not alike and constant.text != first.text:
                text = f"`{name}` is {constant.text} here and {first.text} in {first_file}:{first.line}; "
                text += "make them equal, or rename one"
                findings.append(Finding(file, constant.line, "same-name-same-value", text))
    return findings
