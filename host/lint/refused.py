"""What neither a kernel nor a conductor may contain: syntax, the rule's name, what to write instead."""

import ast

_LOOP = "write a while loop"
_OUTSIDE = "write it as a function of the module"
_CODE = "return a negative code instead"
_BUFFER = "use a buffer that the caller owns"
_LINE = "write an assignment of its own"
REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.For: ("for", _LOOP),
    ast.AsyncFor: ("for", _LOOP),
    ast.FunctionDef: ("nested", _OUTSIDE),
    ast.AsyncFunctionDef: ("nested", _OUTSIDE),
    ast.ClassDef: ("nested", _OUTSIDE),
    ast.Lambda: ("nested", _OUTSIDE),
    ast.ListComp: ("comprehension", _LOOP),
    ast.SetComp: ("comprehension", _LOOP),
    ast.DictComp: ("comprehension", _LOOP),
    ast.GeneratorExp: ("comprehension", _LOOP),
    ast.Slice: ("slice", "pass where it begins and where it ends as integers"),
    ast.Attribute: ("attribute", "pass the value as an argument"),
    ast.Try: ("exception", _CODE),
    ast.TryStar: ("exception", _CODE),
    ast.Raise: ("exception", _CODE),
    ast.Assert: ("exception", _CODE),
    ast.With: ("with", "leave it to the caller"),
    ast.AsyncWith: ("with", "leave it to the caller"),
    ast.Yield: ("yield", "return, and be called again"),
    ast.YieldFrom: ("yield", "return, and be called again"),
    ast.Await: ("yield", "return, and be called again"),
    ast.Global: ("global", "keep it in a ptr32 buffer"),
    ast.Nonlocal: ("global", "keep it in a ptr32 buffer"),
    ast.Tuple: ("object", _LINE),
    ast.List: ("object", _BUFFER),
    ast.Dict: ("object", _BUFFER),
    ast.Set: ("object", _BUFFER),
    ast.Starred: ("object", "write the arguments one by one"),
    ast.JoinedStr: ("text", "write bytes into a ptr8 buffer"),
    ast.Delete: ("statement", "let it go at the function's end"),
    ast.Import: ("statement", "import at the top of the module"),
    ast.ImportFrom: ("statement", "import at the top of the module"),
    ast.Match: ("statement", "write if and elif"),
    ast.AnnAssign: ("statement", "write `x = 0`; only arguments have annotations"),
    ast.NamedExpr: ("statement", _LINE),
}  # fmt: skip
