"""The scalar that remembers: a `Value`, how it is recorded, and the reverse pass.

A Value made by an operation keeps its rule and its inputs, in order; constants stay plain
numbers among them. Every Value carries the number of its creation, so sorting by it is a
topological order and no graph search needs recursion. There is no tape and no closure:
a graph is freed, by reference counting, when its last Value is.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from inspect import signature
from itertools import count
from typing import Any, ClassVar, NoReturn, final

import numpy as np

from autograd import numbers
from autograd.numbers import OwnFunctions, named
from autograd.real import operand, plain_number, refusal, refuse, short
from autograd.rules import Rule, find

_new = object.__new__
_new_number = count().__next__  # lines() puts another in its place while it is on
_number = operator.attrgetter("number")
_paused_threads = 0  # the one test that recording makes for no_grad in the usual case
_traced_threads = 0  # and the one that comparisons make for compile
_local = threading.local()
_lock = threading.Lock()


@contextmanager
def recording(on: bool) -> Iterator[bool]:
    """Switch recording on or off in this thread, and say whether it was on before."""
    global _paused_threads
    was_on = not getattr(_local, "paused", False)
    with _lock:
        _paused_threads += was_on - on
    _local.paused = not on
    try:
        yield was_on
    finally:
        _local.paused = not was_on
        with _lock:
            _paused_threads -= was_on - on


@contextmanager
def tracing(trace: Any) -> Iterator[None]:
    """Hand this thread's comparisons of Values to trace.compare(name, left, right, truth)."""
    global _traced_threads
    before = trace_here()
    with _lock:
        _traced_threads += 1
    _local.trace = trace
    try:
        yield
    finally:
        _local.trace = before
        with _lock:
            _traced_threads -= 1


def trace_here() -> Any:
    """Return the trace of this thread, None if nothing is being compiled."""
    return getattr(_local, "trace", None)


def no_grad() -> AbstractContextManager[bool]:
    """Make operations of this thread return leaves: values without rule and inputs.

    >>> with no_grad():
    ...     y = Value(3.0) * 2
    >>> y.inputs
    ()
    """
    return recording(False)


def _record(data: Any, rule: Rule, inputs: tuple[Any, ...]) -> Value:
    v = _new(Value)
    v.data = data
    v.grad = None
    v.rule = rule
    v.inputs = inputs
    v.label = ""
    v.number = _new_number()
    if _paused_threads and getattr(_local, "paused", False):
        v.rule, v.inputs = None, ()
    return v


def restore(data: Any, grad: Any, rule: Rule | None, inputs: tuple[Any, ...], label: str) -> Value:
    """Return a Value with these fields and a new number, as copies and unpickled ones need."""
    v = _new(Value)
    v.data, v.grad, v.rule, v.inputs, v.label = data, grad, rule, inputs, label
    v.number = _new_number()
    return v


def apply(rule: Rule, *inputs: Any) -> Any:
    """Return the rule's function of Values and numbers: a Value if there is one among them."""
    kinds = set(map(type, inputs))
    if not kinds <= {Value, float}:
        inputs = tuple([x if type(x) is Value else plain_number(x, rule.name) for x in inputs])
    for x, partial in zip(inputs, rule.partials, strict=False):
        if partial is None and type(x) is Value:
            raise TypeError(f"{rule.name}: {x!r} must be a plain number, it has no derivative")
    data = rule.function(*data_of(inputs))
    return _record(data, rule, inputs) if Value in kinds else data


def data_of(inputs: Sequence[Any]) -> list[Any]:
    """Return the plain numbers of Values, and of plain numbers themselves."""
    if _traced_threads:  # not through the watch that `.data` is under then
        return [_slot_data(x) if type(x) is Value else x for x in inputs]
    return [x.data if type(x) is Value else x for x in inputs]


def _first_sentence(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").partition("\n")[0]


def _unary(name: str) -> Callable[[Value], Value]:
    rule = find(name)
    function = rule.function

    def method(self: Value) -> Value:
        return _record(function(self.data), rule, (self,))

    return named(method, name, _first_sentence(function))


def _binary(name: str) -> tuple[Callable[[Value, Any], Value], Callable[[Value, Any], Value]]:
    rule = find(name)
    function = rule.function
    on_the_right, on_the_left = f"Value {rule.symbol} {{}}", f"{{}} {rule.symbol} Value"

    def method(self: Value, other: Any) -> Any:
        if type(other) is Value:
            return _record(function(self.data, other.data), rule, (self, other))
        if (other := operand(other, on_the_right)) is NotImplemented:
            return NotImplemented
        return _record(function(self.data, other), rule, (self, other))

    def reflected(self: Value, other: Any) -> Any:
        if (other := operand(other, on_the_left)) is NotImplemented:
            return NotImplemented
        return _record(function(other, self.data), rule, (other, self))

    return named(method, name, ""), named(reflected, f"r{name}", "")


def _function(name: str, *defaults: Any) -> Callable[..., Value]:
    rule = find(name)
    arity = len(rule.partials)

    def method(*inputs: Any, **by_name: Any) -> Value:
        if by_name:  # v.clip(low=0, high=1)
            inputs = signature(rule.function).bind(*inputs, **by_name).args
        missing = arity - len(inputs)
        if not 0 <= missing <= len(defaults):
            raise TypeError(f"{name} takes {arity} arguments, {len(inputs)} were given: {inputs}")
        result: Value = apply(rule, *inputs, *defaults[len(defaults) - missing :])
        return result

    return named(method, name, _first_sentence(rule.function))


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Any], bool]:
    def method(self: Value, other: Any) -> Any:
        if type(other) is Value:
            truth = compare(self.data, other.data)
        elif isinstance(other, np.ndarray):
            return NotImplemented
        else:
            truth = compare(self.data, other)
        if _traced_threads and (trace := trace_here()) is not None:
            return trace.compare(compare.__name__, self, other, truth)
        return truth

    return method


@final
class Value(OwnFunctions):
    """Hold a real number and remember how it was computed.

    `data` is the number, `grad` the derivative of the last `backward` with respect to it (None
    until one has reached it), `rule` and `inputs` the operation that made it (None and () for a
    leaf), `label` a name for people. Raises TypeError for anything that is not a real number.

    >>> a, b = Value(2.0, label="a"), Value(-3.0)
    >>> y = a * b + a
    >>> y.backward()
    >>> a
    Value(2.0, grad=-2.0, label='a')
    """

    __slots__ = ("data", "grad", "inputs", "label", "number", "rule")
    __array_priority__ = -1.0  # above NumPy's scalars, which then leave v to us; below its arrays
    drawing: ClassVar[Callable[[Any], str | None] | None] = None  # set by viz: SVG for notebooks

    data: Any
    grad: Any
    rule: Rule | None
    inputs: tuple[Any, ...]
    label: str
    number: int

    def __init__(self, data: Any, label: str = "") -> None:
        self.data = data if type(data) is float else plain_number(data, f"Value({short(data)})")
        self.grad = None
        self.rule = None
        self.inputs = ()
        self.label = label
        self.number = _new_number()

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Value is final: add a function of your own with autograd.primitive")

    __add__, __radd__ = _binary("add")
    __sub__, __rsub__ = _binary("sub")
    __mul__, __rmul__ = _binary("mul")
    __truediv__, __rtruediv__ = _binary("div")
    __floordiv__, __rfloordiv__ = _binary("floordiv")
    __mod__, __rmod__ = _binary("mod")
    __pow__, __rpow__ = _binary("pow")
    __neg__ = _unary("neg")
    __abs__ = _unary("abs")
    __floor__ = floor = _unary("floor")
    __ceil__ = ceil = _unary("ceil")
    __round__ = round = _function("round", 0)

    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)
    __hash__ = object.__hash__  # identity: Values are safe as dictionary keys

    exp, exp2, expm1 = _unary("exp"), _unary("exp2"), _unary("expm1")
    log, log2, log10, log1p = _unary("log"), _unary("log2"), _unary("log10"), _unary("log1p")
    sqrt, cbrt = _unary("sqrt"), _unary("cbrt")
    sin, cos, tan = _unary("sin"), _unary("cos"), _unary("tan")
    asin, acos, atan = _unary("asin"), _unary("acos"), _unary("atan")
    sinh, cosh, tanh = _unary("sinh"), _unary("cosh"), _unary("tanh")
    asinh, acosh, atanh = _unary("asinh"), _unary("acosh"), _unary("atanh")
    atan2, hypot = _function("atan2"), _function("hypot")
    erf, erfc, gaussian = _unary("erf"), _unary("erfc"), _unary("gaussian")
    normal_cdf = _unary("normal_cdf")
    sech_squared = _unary("sech_squared")
    gamma, lgamma, digamma = _unary("gamma"), _unary("lgamma"), _unary("digamma")
    polygamma = _function("polygamma")
    sigmoid, logsigmoid, softplus = _unary("sigmoid"), _unary("logsigmoid"), _unary("softplus")
    relu, selu, gelu = _unary("relu"), _unary("selu"), _unary("gelu")
    silu = swish = _unary("silu")
    mish, sign = _unary("mish"), _unary("sign")
    leaky_relu, elu = _function("leaky_relu", 0.01), _function("elu", 1.0)
    minimum, maximum = _function("minimum"), _function("maximum")
    clip = _function("clip")

    # the names under which NumPy looks for the methods of the elements of an object array
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
    arcsinh, arccosh, arctanh, rint = asinh, acosh, atanh, round

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Value:
        """Return a where the condition holds, else b; the other one gets no gradient at all.

        The choice is made once: `recompute` keeps it.

        >>> x = Value(0.0)
        >>> y = Value.where(x > 0, x.sqrt(), 0.0)
        >>> y.backward()
        >>> x.grad is None  # there is no path, hence no 0 * inf
        True
        """
        if hasattr(condition, "choice"):  # a recorded comparison, see autograd.program
            return condition.choice(a, b)  # type: ignore[no-any-return]
        holds = bool(condition)
        a, b = (a if holds else detached(a)), (detached(b) if holds else b)
        return _record(numbers.where(holds, detached(a), detached(b)), find("where"), (holds, a, b))

    def abs(self) -> Value:
        """Return |x|; its derivative at 0 is 0."""
        return self.__abs__()

    def hardtanh(self) -> Value:
        """Return x held between -1 and 1."""
        return self.clip(-1, 1)

    def __pos__(self) -> Value:
        return self

    def conjugate(self) -> Value:
        """Return the value itself, for NumPy's complex-minded functions."""
        return self

    __float__ = refusal("float(v) or math.f(v)", "autograd.sin(v) for math.sin(v), and so on")
    __int__ = refusal("int(v)", "autograd.floor(v) or round(v)")
    __bool__ = refusal("if v", "a comparison, as v > 0 or v != 0")
    __len__ = refusal("len(v)", "a list of Values, as [v]: a Value is one number")
    __getitem__ = refusal("v[i]", "a list of Values, as [v]: a Value is one number")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if dtype is not None and np.dtype(dtype) != object:
            use = f"np.array([v, ...], dtype={np.dtype(dtype)})"
            refuse(self, use, "it without dtype, for an array of Values")
        cell = np.empty(1, dtype=object)
        cell[0] = self
        return cell.reshape(())

    def __repr__(self) -> str:
        grad = "" if self.grad is None else f", grad={self.grad!r}"
        return f"Value({self.data!r}{grad}{f', label={self.label!r}' if self.label else ''})"

    def __format__(self, spec: str) -> str:
        if spec and isinstance(self.data, Fraction):  # Python 3.11 formats no fractions
            return format(float(self.data), spec)
        return format(self.data, spec) if spec else repr(self)

    def _repr_svg_(self) -> str | None:
        return Value.drawing(self) if Value.drawing else None

    def detach(self) -> Value:
        """Return a leaf with the same data and label: the gradient stops there."""
        if _traced_threads and (trace := trace_here()) is not None:
            return trace.detach(self)  # type: ignore[no-any-return]
        return Value(self.data, self.label)

    def recompute(self) -> Value:
        """Evaluate the graph again, after the data of leaves was changed, and return self.

        Branches that Python took while recording are kept, and so is the choice of a `where`;
        `relu`, `max` and the like decide anew. A backward pass reads the data that
        it finds: after a change of a leaf, recompute first.
        """
        for v in nodes(self):
            if v.rule:
                v.data = v.rule.function(*data_of(v.inputs))
        return self

    def zero_grad(self) -> None:
        """Set the grad of this value, and of all it was computed from, to zero."""
        for v in nodes(self):
            v.grad = numbers.zero(v.data)

    def backward(self) -> None:
        """Set grad = d(self)/d(v) on all v that self was computed from, by the chain rule.

        Interior gradients are assigned; those of leaves are added to what is there, until it is
        zeroed. Linear in time, without recursion, in the same order on every run. Source:
        Griewank and Walther 2008, "Evaluating Derivatives", section 3.2.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        one = numbers.one(self.data)
        if self.rule is None:
            self.grad = one if self.grad is None else self.grad + one
            return
        unset = object()  # stands in the grad of interior nodes that are waiting for their first
        order = [self]
        push = order.append
        self.grad = unset
        for v in order:
            for x in v.inputs:
                if type(x) is Value and x.rule is not None and x.grad is not unset:
                    x.grad = unset
                    push(x)
        order.sort(key=_number, reverse=True)
        self.grad = one
        try:
            for v in order:
                rule: Any = v.rule
                g, y, inputs = v.grad, v.data, v.inputs
                try:  # written out for floats and one or two inputs, as nearly all nodes are;
                    # a slope of None is 1
                    if len(rule.slopes) == 2 and type(y) is float:
                        a, b = inputs
                        p, q = rule.slopes
                        if type(b) is not Value:
                            c = g if p is None else g * p(y, a.data, b)
                        elif type(a) is not Value:
                            c = g if q is None else g * q(y, a, b.data)
                            a = b
                        else:
                            c = g if p is None else g * p(y, a.data, b.data)
                            e = g if q is None else g * q(y, a.data, b.data)
                            t = b.grad
                            b.grad = e if t is None or t is unset else t + e
                        t = a.grad
                        a.grad = c if t is None or t is unset else t + c
                        continue
                    if len(rule.slopes) == 1 and type(y) is float:
                        [a], [p] = inputs, rule.slopes
                        c = g if p is None else g * p(y, a.data)
                        t = a.grad
                        a.grad = c if t is None or t is unset else t + c
                        continue
                except (ZeroDivisionError, OverflowError):
                    pass  # where IEEE 754 has an answer the general way knows it
                for x, d in zip(inputs, derivatives(v), strict=True):
                    if type(x) is Value:
                        t = x.grad
                        x.grad = g * d if t is None or t is unset else t + g * d
        finally:  # an exact number may raise: leave no mark behind
            for v in order:
                if v.grad is unset:
                    v.grad = None


_slot_data: Callable[[Value], Any] = Value.__dict__["data"].__get__


def detached(x: Any) -> Any:
    """Return the plain number of a Value, and anything else as it is."""
    return x.data if type(x) is Value else x


def nodes(*ys: Value, since: int = 0) -> list[Value]:
    """Return ys and every Value they were computed from, inputs before what was made of them.

    Those with a number below `since`, which were made before, are left out and not walked through.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> [v.label for v in nodes(b - a)]
    ['a', 'b', '']
    """
    for y in ys:
        if type(y) is not Value:
            raise TypeError(f"nodes({short(y)}): only a Value has a graph")
    found = {y for y in ys if y.number >= since}
    order = list(found)
    for v in order:
        for x in v.inputs:
            if type(x) is Value and x.number >= since and x not in found:
                found.add(x)
                order.append(x)
    order.sort(key=_number)
    return order


def derivatives(v: Value) -> list[Any]:
    """Return the local derivatives of v: d(v)/d(input) for each of its inputs, 0 for constants.

    >>> derivatives(Value(3.0) * 2)
    [2, 0]
    """
    if v.rule is None:
        return []
    wide = v.rule.all_partials is not None  # it gives all of them, wanted or not
    wanted = () if wide else [type(x) is Value for x in v.inputs]
    return list(v.rule.derivatives(v.data, data_of(v.inputs), wanted))
