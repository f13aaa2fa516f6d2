"""Every rule of the kernel language refuses its bad example, with file, line and rule; good code passes."""

from pathlib import Path

import pytest

from host import ROOT
from host.lint.check import FOLDERS, check

HEAD = """\
import micropython
from micropython import const

_THREE = const(3)
_LARGE = const(1073741824)
_SUM = const(1 + 2)
_TABLE = [1, 2]
PLAIN = 3


"""
KERNEL = HEAD + "@micropython.viper\ndef kernel(a: ptr8, b: ptr32, n: int) -> int:\n"
KERNEL_LINE = KERNEL.count("\n") + 1
CONDUCTOR = (
    HEAD
    + "from firmware.kernels.good import good\n\n\n@micropython.native\ndef conduct(a, rows, n):\n"
)
CONDUCTOR_LINE = CONDUCTOR.count("\n") + 1

GOOD_KERNEL = """\
    \"\"\"What is allowed.\"\"\"
    x = y = -1
    while True:
        x += a[n] if n > _THREE else 0 - n
        b[n + 1] |= x << 3 & 0x3FFFFFFF
        if not x or (n != 3 and y <= 2):
            break
        elif x % 3 == x // 3:
            continue
        else:
            pass
    if x ^ -1:
        return x
    else:
        return -1
"""
GOOD_CONDUCTOR = """\
    first, last = rows
    row = rows[n]
    row[0] += first[0] + last[0]
    changed = row[1] == _THREE
    while changed and n > 0:
        n = good(a, row, n)
        good(a, rows[n], n - 1)
        changed = 0
    return n
"""


def put(folder: Path, file: str, text: str) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def broken(folder: Path, file: str, text: str) -> list[tuple[str, int, str]]:
    put(folder, "firmware/kernels/good.py", (KERNEL + GOOD_KERNEL).replace("kernel(", "good("))
    findings = check([put(folder, file, text)], folder).findings
    return [(finding.file, finding.line, finding.rule) for finding in findings]


def test_the_kernels_of_this_project_keep_the_rules():
    report = check([ROOT / folder for folder in FOLDERS])
    assert [str(finding) for finding in report.findings] == []
    assert report.kernels >= 10
    assert report.conductors >= 1


def test_good_code_passes(tmp_path):
    assert broken(tmp_path, "lib/a.py", KERNEL + GOOD_KERNEL) == []
    assert broken(tmp_path, "firmware/feeds/b.py", CONDUCTOR + GOOD_CONDUCTOR) == []


# One line of a body that is otherwise good, and the rule that it breaks; in kernels and conductors.
BOTH = [
    ("for i in rows: pass", "for"),
    ("n = sum([i for i in rows])", "call"),
    ("n = {i for i in rows}", "comprehension"),
    ("n = a[1:2]", "slice"),
    ("n = a.length", "attribute"),
    ("def inner(): return 1", "nested"),
    ("class Inner: pass", "nested"),
    ("n = lambda: 1", "nested"),
    ("try: n = 1\n    except ValueError: n = 2", "exception"),
    ("raise ValueError", "exception"),
    ("assert n", "exception"),
    ("with n: pass", "with"),
    ("yield n", "yield"),
    ("n = yield", "yield"),
    ("global PLAIN", "global"),
    ("n, m = 1, 2", "object"),
    ("n, *m = n", "object"),
    ("n = [1]", "object"),
    ("n = {}", "object"),
    ("n = f'{n}'", "text"),
    ("n = 'text'", "text"),
    ("n = b'text'", "text"),
    ("1", "statement"),
    ("del n", "statement"),
    ("import time", "statement"),
    ("n: int = 1", "statement"),
    ("if (n := 1): pass", "statement"),
    ("match n:\n        case 1: pass", "statement"),
    ("return", "return"),
    ("n = 1.5", "float"),
    ("n = None", "value"),
    ("n = n == True", "value"),
    ("n = 1073741824", "literal"),
    ("n = -0x40000000", "literal"),
    ("n = _LARGE", "literal"),
    ("n = _SUM", "constant"),
    ("n = PLAIN", "constant"),
    ("n = _TABLE", "name"),
    ("n = len", "name"),
    ("_THREE = 4", "name"),
    ("n = later\n    later = 1", "unassigned"),
    ("later += 1", "unassigned"),
    ("n = -n", "unary-minus"),
    ("n = -(n + 1)", "unary-minus"),
    ("n = ~n", "invert"),
    ("n = +n", "operator"),
    ("n = n / 2", "operator"),
    ("n /= 2", "operator"),
    ("n = n ** 2", "operator"),
    ("n = n @ n", "operator"),
    ("n = 1 < n < 3", "comparison"),
    ("n = n is n", "comparison"),
    ("n = n in n", "comparison"),
]
KERNEL_ONLY = [
    ("n = good(a, b, n)", "call"),
    ("n = len(a)", "call"),
    ("n = int(n)", "call"),
    ("n = n[1]", "pointer"),
    ("n = a + 1", "pointer"),
    ("n, m = a", "object"),
    ("a = n", "pointer"),
]
CONDUCTOR_ONLY = [
    ("n = len(a)", "call"),
    ("n = a[0](n)", "call"),
    ("n = good(a, rows, n=n)", "call"),
    ("n = good(*rows)", "object"),
]


@pytest.mark.parametrize(("line", "rule"), BOTH + KERNEL_ONLY)
def test_a_kernel_may_not(tmp_path, line, rule):
    text = KERNEL + f"    {line}\n    return 0\n"
    assert ("lib/bad.py", KERNEL_LINE, rule) in broken(tmp_path, "lib/bad.py", text)


@pytest.mark.parametrize(("line", "rule"), BOTH + CONDUCTOR_ONLY)
def test_a_conductor_may_not(tmp_path, line, rule):
    text = CONDUCTOR + f"    {line}\n    return 0\n"
    found = broken(tmp_path, "firmware/feeds/bad.py", text)
    assert ("firmware/feeds/bad.py", CONDUCTOR_LINE, rule) in found


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        ("def f(a) -> int:", "signature"),
        ("def f(a: ptr16) -> int:", "signature"),
        ("def f(a: bytes) -> int:", "signature"),
        ("def f(a: int):", "signature"),
        ("def f(a: int) -> uint:", "signature"),
        ("def f(a: int = 1) -> int:", "signature"),
        ("def f(a: int, *b) -> int:", "signature"),
        ("def f(a: int, **b) -> int:", "signature"),
        ("def f(a: int, *, b: int) -> int:", "signature"),
        ("def f(a: int, /) -> int:", "signature"),
        ("async def f(a: int) -> int:", "nested"),
    ],
)
def test_a_kernel_has_typed_plain_arguments(tmp_path, head, rule):
    text = f"import micropython\n\n\n@micropython.viper\n{head}\n    return 0\n"
    found = broken(tmp_path, "lib/bad.py", text)
    assert found == [("lib/bad.py", 5, rule)]


@pytest.mark.parametrize(
    "body",
    [
        "    if n:\n        return 1\n",
        "    if n:\n        return 1\n    elif a[0]:\n        return 2\n",
        "    while n:\n        return 1\n",
        "    while True:\n        if n:\n            break\n",
        "    n = 1\n",
    ],
)
def test_every_path_returns(tmp_path, body):
    found = broken(tmp_path, "lib/bad.py", KERNEL + body)
    assert found == [("lib/bad.py", KERNEL_LINE - 1, "return")]


def test_a_kernel_is_no_method_and_has_one_decorator(tmp_path):
    text = "class A:\n    @cache\n    @viper\n    def f(n: int) -> int:\n        return n\n"
    found = broken(tmp_path, "lib/bad.py", text)
    assert found == [("lib/bad.py", 4, "nested"), ("lib/bad.py", 4, "signature")]


def test_a_conductor_may_call_kernels_and_conductors_but_no_other_import(tmp_path):
    put(tmp_path, "lib/other.py", CONDUCTOR + "    return 0\n\n\ndef plain():\n    pass\n")
    text = "from other import conduct as c, plain\n" + CONDUCTOR
    text += "    c(a, rows, n)\n    plain()\n    return 0\n"
    found = broken(tmp_path, "firmware/feeds/bad.py", text)
    assert found == [("firmware/feeds/bad.py", CONDUCTOR_LINE + 2, "call")]


def test_a_conductor_may_call_what_it_is_given_but_nothing_it_finds(tmp_path):
    text = CONDUCTOR + "    found = rows[n]\n    n = a(n)\n    return found(n)\n"
    found = broken(tmp_path, "firmware/feeds/bad.py", text)
    assert found == [("firmware/feeds/bad.py", CONDUCTOR_LINE + 2, "call")]


@pytest.mark.parametrize(
    ("first", "second", "agree"),
    [
        ("_X = const(1)", "_X = const(1)", True),
        ("_X = const(1)", "X = const(1)", True),
        ("_X = const(16)", "_X = const(0x10)", True),
        ("_X = const(1)", "_X = const(2)", False),
        ("_X = const(1)", "X = const(2)", False),
        ("_X = const(1)", "X = 2", False),
        ("_X = const(_A + 1)", "_X = const(_B + 1)", False),
        ("_X = const(-1)", "_X = const(1)", False),
    ],
)
def test_a_constant_has_one_value_in_all_files(tmp_path, first, second, agree):
    put(tmp_path, "firmware/a.py", first + "\n")
    found = broken(tmp_path, "lib/z.py", "\n" + second + "\n")
    assert found == ([] if agree else [("lib/z.py", 2, "same-name-same-value")])
