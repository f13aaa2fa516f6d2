"""The kernel language of design.md, section 3: finds what a kernel or a conductor may not contain."""

import ast

from host.lint.finding import Finding
from host.lint.modules import Function, Module
from host.lint.refused import REFUSED

_LITERAL_END = (
    2**30
)  # of MicroPython's small integers on a 32-bit chip; beyond it a literal is an object
_POINTERS = ("ptr8", "ptr32")
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
_BIT_OPERATORS = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def check_kernel(function: Function, module: Module) -> list[Finding]:
    """Every place where a viper function leaves the kernel language."""
    return _Kernel(function, module).findings


def check_conductor(function: Function, module: Module, callees: set[str]) -> list[Finding]:
    """Every place where a native function does what could allocate; `callees` are its kernels."""
    return _Conductor(function, module, callees).findings


class _Language(ast.NodeVisitor):
    """What kernels and conductors share. Visits in the order of execution, so that names are known in time."""

    def __init__(self, function: Function, module: Module) -> None:
        self.findings: list[Finding] = []
        self._module = module
        names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        self._locals = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        self._assigned = {argument.arg for argument in function.args.args}
        self._check_signature(function)
        body = function.body
        if ast.get_docstring(function, clean=False) is not None:
            body = body[1:]
        for statement in body:
            self.visit(statement)
        if not _always_returns(body):
            self._refuse(function, "return", "not every path ends with `return`; write `return 0`")

    def _refuse(self, node: ast.AST, rule: str, text: str) -> None:
        self.findings.append(Finding(self._module.file, getattr(node, "lineno", 1), rule, text))

    def _check_signature(self, function: Function) -> None:
        arguments = function.args
        if isinstance(function, ast.AsyncFunctionDef) or function not in self._module.tree.body:
            self._refuse(function, "nested", "write it as a plain function of the module")
        if len(function.decorator_list) > 1:
            self._refuse(function, "signature", "remove the other decorator")
        if arguments.defaults or any(arguments.kw_defaults):
            self._refuse(function, "signature", "let the caller pass what is the default now")
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            self._refuse(function, "signature", "write plain arguments, without `*` and `/`")

    def generic_visit(self, node: ast.AST) -> None:
        kind = type(node)
        rule, text = REFUSED.get(kind, ("statement", "it is not in the kernel language"))
        self._refuse(node, rule, f"`{_short(node)}`: {text}")

    # Statements.

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._operator(node, node.op)
        if isinstance(node.target, ast.Name):
            self._read(node.target)
        self.visit(node.value)
        self.visit(node.target)

    def visit_If(self, node: ast.If) -> None:
        self._visit_all([node.test, *node.body, *node.orelse])

    def visit_While(self, node: ast.While) -> None:
        forever = [] if _is_true(node.test) else [node.test]
        self._visit_all([*forever, *node.body, *node.orelse])

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            self._refuse(node, "return", "return an int: write `return 0`")
        else:
            self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            self._refuse(node, "statement", f"`{_short(node)}`: it does nothing; write a comment")
        else:
            self.visit(node.value)

    def visit_Pass(self, node: ast.Pass) -> None: ...
    def visit_Break(self, node: ast.Break) -> None: ...
    def visit_Continue(self, node: ast.Continue) -> None: ...

    # Expressions.

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._operator(node, node.op)
        self._visit_all([node.left, node.right])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._visit_all(node.values)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._visit_all([node.test, node.body, node.orelse])

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) > 1:
            self._refuse(node, "comparison", f"`{_short(node)}`: write two comparisons and `and`")
        elif not isinstance(node.ops[0], _COMPARISONS):
            self._refuse(node, "comparison", f"`{_short(node)}`: compare integers with == or !=")
        self._visit_all([node.left, *node.comparators])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        operand = node.operand
        zero_minus = ast.BinOp(ast.Constant(0), ast.Sub(), operand)
        flipped = ast.BinOp(operand, ast.BitXor(), ast.Constant(-1))
        if isinstance(node.op, ast.USub) and not _is_int(operand):
            # Up to MicroPython 1.28 viper changes the operand itself; so does `~`.
            self._refuse(node, "unary-minus", f"write `{_short(zero_minus)}`")
        elif isinstance(node.op, ast.Invert):
            self._refuse(node, "invert", f"write `{_short(flipped)}`")
        elif isinstance(node.op, ast.UAdd):
            self._refuse(node, "operator", f"write `{_short(operand)}`")
        self.visit(operand)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, (bool, type(None))):
            self._refuse(node, "value", f"`{node.value}`: write 1, 0 or a code of your own")
        elif isinstance(node.value, (float, complex)):
            self._refuse(node, "float", f"`{_short(node)}`: scale it to an integer")
        elif not isinstance(node.value, int):
            self._refuse(node, "text", f"`{_short(node)}`: write the numbers of its characters")
        elif node.value >= _LITERAL_END:
            self._refuse(node, "literal", f"{node.value} is 2**30 or more; write it in two parts")

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node)
            return
        self._assigned.add(node.id)
        if node.id in self._module.constants:
            self._refuse(node, "name", f"`{node.id}` is a constant; give the local its own name")

    def _visit_all(self, nodes: list) -> None:
        for node in nodes:
            self.visit(node)

    def _operator(self, node: ast.AST, operator: ast.operator) -> None:
        if isinstance(operator, ast.Div):
            self._refuse(node, "operator", f"`{_short(node)}`: write `//`")
        elif isinstance(operator, ast.Pow):
            self._refuse(node, "operator", f"`{_short(node)}`: multiply, or shift")
        elif not isinstance(operator, _OPERATORS + _BIT_OPERATORS):
            self._refuse(node, "operator", f"`{_short(node)}`: multiply and add")

    def _read(self, node: ast.Name) -> None:
        name = node.id
        if name in self._assigned:
            return
        if name in self._locals:
            self._refuse(node, "unassigned", f"`{name}` has no value yet; assign it further up")
            return
        if name not in self._module.constants:
            self._refuse(
                node, "name", f"`{name}` is neither argument, local nor `{name} = const(...)` here"
            )
            return
        constant = self._module.constants[name][-1]
        if not constant.folded or type(constant.value) is not int:
            self._refuse(node, "constant", f"write `{name} = const(...)` with a number in it")
        elif abs(constant.value) >= _LITERAL_END:
            self._refuse(node, "literal", f"`{name}` is 2**30 or more; write it in two parts")


class _Kernel(_Language):
    def _check_signature(self, function: Function) -> None:
        super()._check_signature(function)
        self._pointers = set()
        for argument in function.args.args:
            kind = ast.unparse(argument.annotation) if argument.annotation else ""
            if kind in _POINTERS:
                self._pointers.add(argument.arg)
            elif kind != "int":
                self._refuse(
                    argument, "signature", f"annotate `{argument.arg}` with ptr8, ptr32 or int"
                )
        if function.returns is None or ast.unparse(function.returns) != "int":
            self._refuse(function, "signature", f"write `def {function.name}(...) -> int`")

    def visit_Call(self, node: ast.Call) -> None:
        self._refuse(node, "call", f"`{_short(node)}`: a kernel calls nothing; write it out here")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.value, ast.Name) or node.value.id not in self._pointers:
            text = f"`{_short(node)}`: only an argument that is ptr8 or ptr32 has an index"
            self._refuse(node, "pointer", text)
        self.visit(node.slice)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self._pointers:
            self._refuse(node, "pointer", f"`{node.id}` is a buffer; write `{node.id}[...]`")
        else:
            super().visit_Name(node)


class _Conductor(_Language):
    def __init__(self, function: Function, module: Module, callees: set[str]) -> None:
        # What it is given to call is the caller's conductor or kernel.
        self._callees = callees | {argument.arg for argument in function.args.args}
        super().__init__(function, module)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = node.targets[0]
        if isinstance(names, ast.Tuple) and isinstance(node.value, ast.Name):
            # `a, b = buffers` takes a tuple of the caller apart and makes none.
            self._visit_all([node.value, *names.elts, *node.targets[1:]])
        else:
            super().visit_Assign(node)

    def visit_Call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name) or node.func.id not in self._callees:
            self._refuse(node, "call", f"`{_short(node)}`: a conductor calls only kernels")
            return
        if node.keywords:
            self._refuse(node, "call", f"`{_short(node)}`: pass arguments by position")
        self._visit_all(node.args)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._visit_all([node.value, node.slice])


def _is_int(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _always_returns(body: list[ast.stmt]) -> bool:
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return _always_returns(last.body) and _always_returns(last.orelse)
    if isinstance(last, ast.While):
        return _is_true(last.test) and not _breaks(last.body)
    return isinstance(last, ast.Return)


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a `break` leaves the loop whose body this is."""
    return any(
        isinstance(node, ast.Break)
        or (isinstance(node, ast.If) and _breaks(node.body + node.orelse))
        for node in body
    )


def _short(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0][:40]
