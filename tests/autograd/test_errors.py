"""Bad input: each call, its error, and what the message tells the user to write instead."""

from __future__ import annotations

import math
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.rules import find

NAMES = {
    "Value": Value, "v": Value(2.0, "v"), "math": math, "np": np, "Fraction": Fraction,
    "Decimal": Decimal, "find": find, **{name: getattr(autograd, name) for name in autograd.__all__},
}  # fmt: skip

CALLS = [
    # what is no real number
    ("Value(True)", TypeError, "truth value: write int(flag), or where(flag, a, b)"),
    ("Value(np.bool_(1))", TypeError, "truth value"),
    ("Value(1j)", TypeError, "complex: differentiate its real and imaginary parts apart"),
    ("Value(np.complex128(1))", TypeError, "complex"),
    ("Value('2')", TypeError, "text: write Value(float(text))"),
    ("Value(None)", TypeError, "nothing (does the function that made it lack a return?)"),
    ("Value(np.ones(2))", TypeError, "an array: write [Value(x) for x in array], or array.item()"),
    ("Value(np.array(2.0))", TypeError, "array.item() if it holds one"),
    ("Value([1.0])", TypeError, "a collection: write [Value(x) for x in numbers]"),
    ("Value((1.0,))", TypeError, "a collection"),
    ("Value({'a': 1.0})", TypeError, "a dict: write {key: Value(x)"),
    ("Value(Decimal(1))", TypeError, "a Decimal: write Value(Fraction(x))"),
    ("Value(v)", TypeError, "is a Value already: use it as it is, or x.detach()"),
    ("Value(object)", TypeError, "Allowed are int, float, Fraction, mpmath.mpf"),
    # operands
    ("v + 'a'", TypeError, "Value + 'a': 'a' is text"),
    ("'a' + v", TypeError, "'a' + Value: 'a' is text"),
    ("v * None", TypeError, "Value * None: None is nothing"),
    ("v - [1.0]", TypeError, "Value - [1.0]: [1.0] is a collection"),
    ("v ** 1j", TypeError, "Value ** 1j: 1j is complex"),
    ("v / Decimal(1)", TypeError, "a Decimal"),
    ("v + object()", TypeError, "unsupported operand type(s) for +: 'Value' and 'object'"),
    # what would lose the derivative
    ("float(v)", TypeError, "would silently lose its derivative"),
    ("int(v)", TypeError, "autograd.floor(v) or round(v); or v.data"),
    ("math.sin(v)", TypeError, "Write autograd.sin(v) for math.sin(v)"),
    ("1 if v else 0", TypeError, "Write a comparison, as v > 0 or v != 0"),
    ("v and 1", TypeError, "Write a comparison"),
    ("v[0]", TypeError, "a Value is one number"),
    ("len(v)", TypeError, "a Value is one number"),
    ("[*v]", TypeError, "a Value is one number"),
    ("np.array([v, 1.0], dtype=float)", TypeError, "without dtype, for an array of Values"),
    ("np.asarray([v], np.float32)", TypeError, "dtype=float32"),
    # functions
    ("dot([v, 1.0], [2.0])", ValueError, "a has 2 terms and b has 1"),
    ("mean([])", ValueError, "nothing to take the mean of"),
    ("max([])", ValueError, "nothing to take the max of"),
    ("softmax([])", ValueError, "nothing to take the softmax of"),
    ("sum(['a', v])", TypeError, "sum: 'a' is text"),
    ("dot([v], [None])", TypeError, "dot: None is nothing"),
    ("exp('a')", TypeError, "exp: 'a' is not a real number"),
    ("exp([1.0])", TypeError, "for a list write [f(x) for x in numbers]"),
    ("exp(Fraction(1, 2))", TypeError, "write exp(float(x)), or give an mpmath.mpf"),
    ("where(v, 1, 2)", TypeError, "must be a truth value, as x > 0"),
    ("v.atan2()", TypeError, "atan2 takes 2 arguments, 1 were given"),
    ("polygamma(v, 2.0)", TypeError, "polygamma: Value(2.0, label='v') must be a plain number"),
    ("polygamma(-1, 2.0)", ValueError, "polygamma(-1, x): the order must be an int, 0 or more"),
    ("1 / Value(Fraction(0))", ZeroDivisionError, ""),
    # gradients and transforms
    ("gradients(5.0, [v])", TypeError, "gradients(y, xs): 5.0 is not a Value"),
    ("gradients(v, [5.0])", TypeError, "5.0 is not a Value"),
    ("gradients(v, v)", TypeError, "write gradients(y, [x])"),
    ("nodes(5.0)", TypeError, "only a Value has a graph"),
    ("grad(lambda x: [x, x])(1.0)", TypeError, "grad: <lambda>(...) returned a list, not one"),
    ("grad(lambda x: None)(1.0)", TypeError, "returned None: does it lack a return?"),
    ("grad(lambda x: 'one')(1.0)", TypeError, "returned the text 'one': it must return a number"),
    ("grad(lambda x: x)(np.ones(3))", TypeError, "an array of shape (3,), not one number"),
    ("grad(lambda x: True)(1.0)", TypeError, "truth value"),
    ("grad(lambda x: x)([])", TypeError, "argument 0 is []: there is no number in it"),
    ("grad(lambda x: x)('text')", TypeError, "grad: argument 0: 'text' is text"),
    ("grad(lambda x: x)([1.0, {'a': None}])", TypeError, "grad: argument 0[1]['a']: None"),
    ("grad(lambda x: x, argnums=1)(1.0)", IndexError, "given 1 positional argument"),
    ("jvp(lambda x: x, (1.0,), ([1.0],))", ValueError, "(number,); given was ([number],)"),
    ("jvp(lambda x: x, ([1.0],), ([1.0, 2.0],))", ValueError, "tangents must have the form of"),
    ("jvp(lambda x: x, 1.0, 1.0)", TypeError, "primals is the tuple of arguments: write (1.0,)"),
    ("hvp(lambda x: x @ x, np.ones(3), np.ones(2))", ValueError, "array(3,)"),
    ("vjp(lambda x: [x], 1.0)[1](1.0)", ValueError, "the cotangent must have the form of the value"),
    ("hessian(lambda x: [x[0]])([1.0])", TypeError, "hessian: <lambda>(...) returned a list, not one"),
    ("jacobian(lambda x: None)(1.0)", TypeError, "jacobian: <lambda>(...) returned None"),
    ("derivative(sin, -1)", ValueError, "the order n must be an int, 0 or more"),
    # the table
    ("find('tahn')", LookupError, "unknown primitive 'tahn': did you mean"),
    ("primitive('tanh', math.tanh, 1)", ValueError, "the table has 'tanh' already"),
    ("primitive('mine', math.tanh)", TypeError, "give one partial derivative for each argument"),
    ("primitive('mine', 3, 1)", TypeError, "3 is not a function"),
    ("primitive('mine', math.tanh, 0.5)", TypeError, "the partial 0.5 must be a function of"),
    ("primitive(3, math.tanh, 1)", TypeError, "the name must be a string"),
    ("primitive('empty', lambda x: None, 1)(v)", TypeError, "empty(2.0,): None is nothing"),
    ("jacobian(lambda x: np.array([]))([1.0])", TypeError, "no number in it"),
    ("grad(lambda x: [x, [x]])(1.0)", TypeError, "returned a list, not one number"),
    ("name(a=2.0)", TypeError, "only a Value can have a label"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), CALLS, ids=[call for call, _, _ in CALLS])
def test_message(call: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        eval(call, dict(NAMES))
    assert message in str(raised.value)


@pytest.mark.parametrize("data", [math.nan, math.inf, -math.inf])
def test_nan_and_inf_are_fine_as_data(data: float) -> None:
    x = Value(data)
    (x * 2 + 1).backward()
    assert x.grad == 2.0


def test_hips_autograd_installed_over_ours_is_detected(tmp_path: Path) -> None:
    """Its files lie among ours: import says so instead of failing later in odd ways."""
    ours = Path(autograd.__file__).parent
    mixed = tmp_path / "autograd"
    mixed.mkdir()
    for file in ours.glob("*.py"):
        (mixed / file.name).write_text(file.read_text())
    (mixed / "tracer.py").write_text("")  # HIPS autograd has this file, and we do not
    message = "HIPS autograd is installed over chalkgrad's files"
    assert message in run("import autograd", tmp_path)
    # and where theirs came last, all that is ours still says so
    (mixed / "__init__.py").write_text("from math import sin")
    path = f"import sys; sys.path.append({str(ours.parent)!r}); "
    for statement in ("import autograd.__main__", "import nn", "import viz"):
        assert message in run(path + statement, tmp_path)


def run(program: str, folder: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode != 0
    return done.stderr
