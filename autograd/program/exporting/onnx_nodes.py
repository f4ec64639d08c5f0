"""A graph of arrays as nodes of ONNX: an operation a node, or a formula where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd.program.exporting.onnx_formulas import FORMULAS, IN_FLOAT64, Formula
from autograd.program.pure.elementwise import lowered, symbol
from autograd.program.pure.graph import Array, Graph, Numbers, numbers_of
from autograd.program.pure.text import fresh, needed

NODES = {
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "neg": "Neg", "pow": "Pow",
    "abs": "Abs", "sign": "Sign", "floor": "Floor", "ceil": "Ceil", "rint": "Round",
    "sqrt": "Sqrt", "exp": "Exp", "log": "Log", "sin": "Sin", "cos": "Cos", "tan": "Tan",
    "asin": "Asin", "acos": "Acos", "atan": "Atan", "native atan": "Atan", "sinh": "Sinh",
    "cosh": "Cosh", "tanh": "Tanh", "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh",
    "maximum": "Max", "minimum": "Min", "lt": "Less", "le": "LessOrEqual", "gt": "Greater",
    "ge": "GreaterOrEqual", "eq": "Equal", "and": "And", "or": "Or", "not": "Not",
    "isinf": "IsInf", "fmod": "Mod", "mod": "Mod",
}  # fmt: skip
_TRUTHS = ("lt", "le", "gt", "ge", "eq", "and", "or", "not", "isinf")
_LOGICAL = ("and", "or", "not")
_CASTS = {"double": np.float64, "float": np.float32}
_REDUCED = {"sum": "ReduceSum", "max": "ReduceMax", "min": "ReduceMin", "prod": "ReduceProd"}


@dataclass(frozen=True)
class Tensor:
    """Hold the name of a tensor in a model, and the type of its numbers."""

    name: str
    kind: Any


class Nodes:
    """Collect the nodes and the constants of a model in floats of one type."""

    def __init__(self, onnx: Any, dtype: Any, name: str) -> None:
        self.onnx, self.dtype, self.function = onnx, dtype, name
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.taken: set[str] = set()
        self.known: dict[Any, Tensor] = {}  # constants by what they hold
        self.of_rows: Tensor | None = None  # one that has rows

    # parts of a model -----------------------------------------------------------------------------

    def fresh(self, name: str) -> str:
        """Return the name, with a number behind it if it is taken."""
        return fresh(name, self.taken)

    def kept(self, name: str, numbers: Numbers) -> Tensor:
        """Return a tensor that holds these numbers."""
        made = self.fresh(name)
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(numbers)
                              .reshape(numbers.shape), made))  # fmt: skip
        return Tensor(made, numbers.dtype.type)

    def constant(self, numbers: Any, kind: Any) -> Tensor:
        """Return a tensor that holds these numbers, one for all that are equal."""
        array = np.asarray(numbers, kind)
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self.known:
            self.known[key] = self.kept("c", array)
        return self.known[key]

    def node(self, op: str, xs: Sequence[Tensor], name: str, kind: Any, **options: Any) -> Tensor:
        """Return what a node computes."""
        made = self.fresh(name or "t")
        names = [x.name for x in xs]
        self.nodes.append(self.onnx.helper.make_node(op, names, [made], made, **options))
        return Tensor(made, kind)

    def cast(self, x: Tensor, kind: Any, name: str = "") -> Tensor:
        """Return a tensor with its numbers in another type."""
        if x.kind == kind:
            return x
        to = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        return self.node("Cast", [x], name, kind, to=to)

    def output(self, op: str, xs: Sequence[Tensor], name: str, **options: Any) -> None:
        """Add the node that computes an output of this name, which is taken by it."""
        node = self.onnx.helper.make_node(op, [x.name for x in xs], [name], name, **options)
        self.nodes.append(node)

    def places(self, numbers: Sequence[int]) -> Tensor:
        """Return a list of whole numbers, as shapes and axes are."""
        return self.constant(np.array(numbers, np.int64).reshape(-1), np.int64)

    @cached_property
    def count(self) -> Tensor:
        """Return how many rows there are, as a list of one number."""
        assert self.of_rows is not None
        return self.node("Shape", [self.of_rows], "n", np.int64, start=0, end=1)

    # arrays of a graph ----------------------------------------------------------------------------

    def tensors(
        self, graph: Graph, results: Sequence[Array], inputs: Mapping[Array, Tensor]
    ) -> list[Tensor]:
        """Return the tensors that arrays are. Raises TypeError for one that ONNX cannot compute."""
        writer = _Writer(self, graph, dict(inputs))
        return [writer.tensor(x) for x in results]


class _Writer:
    """Write arrays of one graph, given the tensors that some of them are."""

    def __init__(self, to: Nodes, graph: Graph, found: dict[Array, Tensor]) -> None:
        self.to, self.graph, self.found = to, graph, found

    def tensor(self, result: Array) -> Tensor:
        """Return the tensor that an array is."""
        for x in needed([result], self.found):
            self.found[x] = self._made(x)
        return self.found[result]

    def _made(self, x: Array) -> Tensor:
        method = getattr(self, f"_{x.op.replace(' ', '_')}", None)
        if method is not None:
            made: Tensor = method(x, *x.inputs)
            return made
        name, _, kept = x.op.partition(" ")
        if kept == "kept" or x.op == "sum":
            return self._reduced(x, name)
        if (formula := self._formula(x)) is not None:
            pool: dict[Any, Any] = {}
            like = next(a for a in x.inputs if isinstance(a, Array))
            symbols = [symbol(a, pool) if isinstance(a, Array) else a for a in x.inputs]
            y = lowered(self.graph, formula(*symbols), like)
            y.name = y.name or x.name
            return self.tensor(y)
        if x.op in NODES:
            return self._elementwise(x)
        raise TypeError(
            f"{self.to.function}: ONNX has no {x.op}, and no formula for it is known here; save it "
            'as NumPy source ("model.py"), which has it'
        )

    def _formula(self, x: Array) -> Formula | None:
        """Return what an operation is in terms of others, None if there is a node for it."""
        kinds = {self.found[a].kind for a in x.inputs if isinstance(a, Array)}
        known = {**FORMULAS, **(IN_FLOAT64 if np.float64 in kinds else {})}
        return None if np.int64 in kinds else known.get(x.op)

    # element by element ---------------------------------------------------------------------------

    def _elementwise(self, x: Array) -> Tensor:
        kinds = [self.found[a].kind for a in x.inputs if isinstance(a, Array)]
        kind: Any = next((k for k in kinds if k is not np.bool_), self.to.dtype)
        if x.op in _LOGICAL or (x.op == "eq" and set(kinds) == {np.bool_}):
            kind = np.bool_
        xs = [self._operand(a, kind) for a in x.inputs]
        result = np.bool_ if x.op in _TRUTHS else kind
        options = {"fmod": 1} if x.op == "fmod" else {}
        return self.to.node(NODES[x.op], xs, x.name, result, **options)

    def _operand(self, a: Any, kind: Any) -> Tensor:
        return self.to.cast(self.found[a], kind) if isinstance(a, Array) else (
            self.to.constant(a, kind))  # fmt: skip

    def _square(self, x: Array, a: Array) -> Tensor:
        return self.to.node("Mul", [self.found[a]] * 2, x.name, self.found[a].kind)

    def _ne(self, x: Array, a: Any, b: Any) -> Tensor:
        same = self.graph.make("eq", (a, b), None, x.grid, x.row, "bool")
        return self.to.node("Not", [self.tensor(same)], x.name, np.bool_)

    def _where(self, x: Array, condition: Any, a: Any, b: Any) -> Tensor:
        kinds = [self.found[y].kind for y in (a, b) if isinstance(y, Array)]
        kind: Any = next((k for k in kinds if k is not np.bool_), self.to.dtype)
        flag = self._operand(condition, np.bool_)
        both = [self._operand(y, kind) for y in (a, b)]
        return self.to.node("Where", [flag, *both], x.name, kind)

    def _double(self, x: Array, a: Array) -> Tensor:
        return self.to.cast(self.found[a], np.float64, x.name)

    def _float(self, x: Array, a: Array) -> Tensor:
        return self.to.cast(self.found[a], np.float32, x.name)

    def _single(self, x: Array, a: Array) -> Tensor:
        return self.to.cast(self.found[a], self.to.dtype, x.name)

    def _integer(self, x: Array, a: Array) -> Tensor:
        return self.to.cast(self.found[a], np.int64, x.name)

    def _same(self, _: Array, a: Array) -> Tensor:
        return self.found[a]

    _copy = _same

    # leaves, views and copies ---------------------------------------------------------------------

    def _constant(self, x: Array) -> Tensor:
        kinds = {"float": self.to.dtype, "bool": np.bool_, "int": np.int64}
        return self.to.constant(numbers_of(x), kinds[x.kind])

    def _like(self, op: str, x: Array, a: Array, *more: Tensor, **options: Any) -> Tensor:
        """Return a node whose numbers are of the type of those of an operand."""
        return self.to.node(op, [self.found[a], *more], x.name, self.found[a].kind, **options)

    def _reshape(self, x: Array, a: Array) -> Tensor:
        sizes = [0, *x.grid] if x.row else x.grid  # 0: as many as there are
        return self._like("Reshape", x, a, self.to.places(sizes))

    def _transpose(self, x: Array, a: Array) -> Tensor:
        order = [0, *[k + 1 for k in x.options]] if x.row else x.options
        return self._like("Transpose", x, a, perm=list(order))

    def _slice(self, x: Array, a: Array) -> Tensor:
        cut = [k for k, n in enumerate(a.grid) if x.options[k] != (0, n)]
        starts, stops = ([x.options[k][end] for k in cut] for end in (0, 1))
        axes = [k + x.row for k in cut]
        return self._like("Slice", x, a, *map(self.to.places, (starts, stops, axes)))

    def _take(self, x: Array, a: Array, index: Array) -> Tensor:
        return self._like("Gather", x, a, self.found[index], axis=int(x.row))

    def _lookup(self, x: Array, table: Array, at: Array) -> Tensor:
        return self._like("Gather", x, table, self.found[at], axis=0)

    def _concat(self, x: Array, *parts: Array) -> Tensor:
        kinds = {self.found[a].kind for a in parts}
        kind = kinds.pop() if len(kinds) == 1 else self.to.dtype
        xs = [self._operand(a, kind) for a in parts]
        return self.to.node("Concat", xs, x.name, kind, axis=x.options + x.row)

    def _spread(self, x: Array, a: Array) -> Tensor:
        sizes = self.to.places(x.grid)  # the rows stay
        if x.row and not a.row:
            xs = [self.to.count, self.to.places(x.grid)]
            sizes = self.to.node("Concat", xs, "", np.int64, axis=0) if x.grid else self.to.count
        return self._like("Expand", x, a, sizes)

    # sums -----------------------------------------------------------------------------------------

    def _reduced(self, x: Array, op: str) -> Tensor:
        [a] = x.inputs
        axes = self.to.places([k + a.row for k in x.options])
        keep = int(x.op != "sum")
        given = self.found[a]
        if given.kind is np.bool_:  # there are no reductions of truths
            given = self.to.cast(given, self.to.dtype)
        node = _REDUCED["max" if op == "any" else op]
        y = self.to.node(node, [given, axes], x.name, given.kind, keepdims=keep)
        return self.to.cast(y, np.bool_) if op == "any" else y

    def _cumprod(self, x: Array, a: Array) -> Tensor:
        graph, n = self.graph, a.grid[-1]
        whole = [(0, size) for size in a.grid[:-1]]
        parts = [graph.slice(a, [*whole, (k, k + 1)]) for k in range(n)]
        for k in range(1, n):
            parts[k] = graph.make("mul", (parts[k - 1], parts[k]), None, parts[k].grid)
        return self.tensor(graph.concat(parts, len(a.grid) - 1))

    def _einsum(self, x: Array, a: Array, b: Array) -> Tensor:
        """Return a product: of matrices where it is one, transposed as it has to be.

        That is Gemm and no MatMul, for ONNX Runtime joins a MatMul with a factor beside it, which
        it rounds to float32 whatever the type is (1.31).
        """
        terms, out = x.options.split("->")
        first, second = terms.split(",")
        for p, q, m, n in ((a, b, first, second), (b, a, second, first)):
            shared = [c for c in m if c in n]
            if len(m) == 2 and len(n) in (1, 2) and len(shared) == 1 and shared[0] not in out:
                [c] = shared
                if out == m.replace(c, "") + n.replace(c, ""):
                    return self._product(x, p, q, m[0] == c, len(n) == 2 and n[1] == c)
        xs = [self.found[a], self.found[b]]
        return self.to.node("Einsum", xs, x.name, xs[0].kind, equation=x.options)

    def _product(self, x: Array, a: Array, b: Array, turn_a: bool, turn_b: bool) -> Tensor:
        left, right = self.found[a], self.found[b]
        vector = len(b.grid) + b.row == 1
        if vector:
            right = self.to.node("Reshape", [right, self.to.places([-1, 1])], "", right.kind)
        turned = {"transA": int(turn_a), "transB": int(turn_b)}
        y = self.to.node("Gemm", [left, right], "" if vector else x.name, left.kind, **turned)
        if not vector:
            return y
        return self.to.node("Reshape", [y, self.to.places([-1])], x.name, y.kind)
