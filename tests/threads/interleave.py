"""Kernels as threads that hand over between any two accesses to a shared buffer, where the test says so."""

import ast
import inspect
import textwrap

from host.runtimes.kernel import Kernel


def source(kernel: Kernel) -> str:
    return textwrap.dedent(inspect.getsource(kernel.function))


def edited(text: str, *edits: tuple[str, str]) -> str:
    """The source of a kernel with a defect planted in it: those of the edits that there is a place for."""
    damaged = text
    for old, new in edits:
        damaged = damaged.replace(old, new)
    assert damaged != text or not edits
    return damaged


def steps(kernel: Kernel, shared: str, text: str | None = None):
    """The kernel as a generator that yields before every access to its buffer `shared`; `text` is another source."""
    tree = ast.parse(text or source(kernel))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list, function.returns = [], None
    for argument in function.args.args:
        argument.annotation = None
    tree = ast.fix_missing_locations(_Yields(shared).visit(tree))
    scope = dict(kernel.function.__globals__)
    exec(compile(tree, f"<{kernel.__name__}, one access at a time>", "exec"), scope)
    return scope[kernel.__name__]


class _Yields(ast.NodeTransformer):
    def __init__(self, shared: str) -> None:
        self._shared = shared

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        # Two accesses, a read and a write.
        old = ast.parse(ast.unparse(node.target), mode="eval").body
        value = ast.BinOp(old, node.op, node.value)
        return self.visit(ast.copy_location(ast.Assign([node.target], value), node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == self._shared:
            # buffer[((yield), index)[1]]: the access itself comes after the hand-over.
            pause = ast.Tuple([ast.Yield(None), node.slice], ast.Load())
            node.slice = ast.Subscript(pause, ast.Constant(1), ast.Load())
        return node


class Threads:
    """Two threads; who goes on, and for how many accesses, is drawn from `rng`."""

    # From one access to some publications in a row.
    _BURSTS = (1, 1, 2, 3, 5, 9, 30, 60, 120, 200, 400, 700)

    def __init__(self, rng, writer, reader):
        self.rng, self.threads = rng, (writer, reader)
        self.handovers = 0

    def run(self):
        """Until the writer has ended; then the reader, who may be within a reading, is left where it is."""
        choice = self.rng.choice
        turn = 0
        while True:
            thread = self.threads[turn]
            try:
                for _ in range(choice(self._BURSTS)):
                    next(thread)
            except StopIteration:
                return
            turn = 1 - turn
            self.handovers += 1
