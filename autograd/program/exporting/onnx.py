"""A compiled function as a model of ONNX, for the runtimes that others maintain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.exporting.exported import Exported, Given
from autograd.program.exporting.onnx_nodes import Nodes, Tensor
from autograd.program.pure.graph import Array, Numbers

if TYPE_CHECKING:
    from autograd.program.compiled import Compiled
    from autograd.program.pure.program import PureProgram

OPSET, FORMAT = 18, 8  # of December 2022: runtimes since then read it
_REDUCED = {"sum": "ReduceSum", "mean": "ReduceMean"}


class OnnxModel(Exported):
    """Write a compiled function as a model: a node an operation, parameters with their names.

    Inputs are the arguments, (rows, ...) those with rows, for any number of rows; integers are
    int64, and everything else has the type of the function. Outputs are "output", or "output" with
    the place in what the function returns. A row whose index lies outside what it is for gives nan,
    or is refused by the runtime. Where the function branches, all ways are computed for all rows.

    Raises ImportError without the extra `onnx`, and TypeError for what has no form in ONNX.
    """

    def __init__(self, compiled: Compiled) -> None:
        self.onnx = imported()
        super().__init__(compiled, compiled.recordings.latest())
        self.with_rows = bool(compiled.row_names)

    def content(self) -> bytes:
        """Return the model as the bytes of a file, checked by ONNX itself."""
        proto = self.proto()
        self.onnx.checker.check_model(proto, full_check=True)
        return bytes(proto.SerializeToString())

    def run(self, content: bytes, arrays: Mapping[str, Numbers]) -> Sequence[Numbers]:
        """Return the outputs of a model for inputs by name, computed by ONNX Runtime."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level, options.intra_op_num_threads = 3, 1
        session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
        names = {x.name for x in session.get_inputs()}
        found: Sequence[Numbers] = session.run(
            None, {k: x for k, x in arrays.items() if k in names}
        )
        return found

    # the model ------------------------------------------------------------------------------------

    def proto(self) -> Any:
        """Return the model as ONNX keeps it."""
        helper, nodes = self.onnx.helper, Nodes(self.onnx, self.dtype, self.compiled.name)
        nodes.taken.update([x.place for x in self.inputs])
        outputs = [nodes.fresh(f"output{x.place}") for x in self.returned]
        inputs = {x.place: Tensor(x.place, self._kind(x)) for x in self.inputs}
        kept = {name: nodes.kept(name, numbers) for name, numbers in self.kept.items()}
        rows = next((x for x in self.inputs if x.row), None)
        nodes.of_rows = inputs[rows.place] if rows is not None else None
        shared = {**kept, **self._of_arguments(nodes, inputs)}
        columns = {x.place: self._column(nodes, inputs[x.place], x) for x in self.inputs if x.row}
        found = self._of_all_ways(nodes, shared, columns)
        for name, y in zip(outputs, found, strict=True):
            self._finish(nodes, name, y)
        graph = helper.make_graph(
            nodes.nodes, self.compiled.name.strip("<>"),
            [self._info(x.place, inputs[x.place].kind, x.shape, x.row) for x in self.inputs],
            [self._info(name, self.dtype, x.shape, self._keeps_rows)
             for name, x in zip(outputs, self.returned, strict=True)],
            nodes.constants, doc_string=self._text(),
        )  # fmt: skip
        return helper.make_model(
            graph, producer_name="chalkgrad", ir_version=FORMAT, doc_string=self._text(),
            opset_imports=[helper.make_opsetid("", OPSET)],
        )  # fmt: skip

    def _text(self) -> str:
        what = f"{self.compiled.name}, compiled by chalkgrad from scalar code"
        return f"{what}; without {', '.join(self.left_out)}" if self.left_out else what

    @property
    def _keeps_rows(self) -> bool:
        return self.with_rows and not self.compiled.reduce

    def _kind(self, x: Given) -> Any:
        return np.int64 if x.kind == "integer" else self.dtype

    def _info(self, name: str, kind: Any, shape: tuple[int, ...], row: bool) -> Any:
        helper = self.onnx.helper
        to = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        return helper.make_tensor_value_info(name, to, ["rows"] * row + list(shape))

    # what is given --------------------------------------------------------------------------------

    def _of_arguments(self, nodes: Nodes, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the arrays that programs make of shared arguments."""
        found = {}
        for name, (x, at) in self.sources.items():
            flat = nodes.node("Reshape", [inputs[x.place], nodes.places([-1])], "", self.dtype)
            places = nodes.constant(at, np.int64)
            found[name] = nodes.node("Gather", [flat, places], nodes.fresh(name), self.dtype)
        return found

    def _column(self, nodes: Nodes, given: Tensor, x: Given) -> Tensor:
        """Return a row argument as (rows, numbers), in floats."""
        flat = nodes.cast(given, self.dtype)
        if len(x.shape) == 1:
            return flat
        return nodes.node("Reshape", [flat, nodes.places([0, x.size])], "", self.dtype)

    # ways -----------------------------------------------------------------------------------------

    def _of_all_ways(
        self, nodes: Nodes, shared: Mapping[str, Tensor], columns: Mapping[str, Tensor]
    ) -> list[Tensor]:
        """Return the outputs, each row's by the program that is for it."""
        found: list[Tensor] = []
        for part, program in zip(self.parts, self.programs, strict=True):
            if len(self.parts) == 1:
                return self._outputs(nodes, part, shared, columns)
            assert part.holds is not None
            [held] = self._tensors(nodes, part, [part.holds], shared, columns)
            shown = {}
            for place in part.columns:
                own = nodes.constant(program.example[place].reshape(1, -1), self.dtype)
                shown[place] = self._chosen(nodes, part.holds, held, columns[place], own, 1)
            mine = self._outputs(nodes, part, shared, shown)
            found = [
                self._chosen(nodes, part.holds, held, y, other, len(x.shape))
                for x, y, other in zip(self.returned, mine, found, strict=True)
            ] if found else mine  # fmt: skip
        return found

    def _outputs(
        self, nodes: Nodes, part: PureProgram, shared: Mapping[str, Tensor],
        columns: Mapping[str, Tensor],
    ) -> list[Tensor]:  # fmt: skip
        graph = part.made.graph
        found = [
            graph.spread(y, y.grid, True) if self.with_rows and not y.row else y
            for y in part.outputs
        ]
        return self._tensors(nodes, part, found, shared, columns)

    def _tensors(
        self, nodes: Nodes, part: PureProgram, results: Sequence[Array],
        shared: Mapping[str, Tensor], columns: Mapping[str, Tensor],
    ) -> list[Tensor]:  # fmt: skip
        """Return what a program computes of these inputs."""
        inputs: dict[Array, Tensor] = {x: shared[name] for name, x in part.made.leaves.items()}
        for place, store in part.columns.items():
            inputs[part.made.columns[store]] = columns[place]
        return nodes.tensors(part.made.graph, results, inputs)

    def _chosen(
        self, nodes: Nodes, holds: Array, held: Tensor, a: Tensor, b: Tensor, axes: int
    ) -> Tensor:
        """Return a where a program is for a row, else b; both have so many axes after the rows."""
        if holds.row and axes:
            held = nodes.node("Reshape", [held, nodes.places([0] + [1] * axes)], "", np.bool_)
        return nodes.node("Where", [held, a, b], "", self.dtype)

    def _finish(self, nodes: Nodes, name: str, y: Tensor) -> None:
        """Add the node that gives an output its name."""
        y = nodes.cast(y, self.dtype)
        if self.compiled.reduce:
            nodes.output(_REDUCED[self.compiled.reduce], [y, nodes.places([0])], name, keepdims=0)
        else:
            nodes.output("Identity", [y], name)


def imported() -> Any:
    """Return ONNX. Raises ImportError, naming the extra, if it or its runtime is not installed."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
        import onnxruntime  # noqa: F401  (runs what is written)
    except ImportError:
        raise ImportError(
            'ONNX files need the extra `onnx`: pip install "chalkgrad[onnx]"'
        ) from None
    return onnx
