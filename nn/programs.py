"""How models run as programs (`autograd.compile`): what can, and a cache of those that predict.

A program keeps plain numbers of a module, as the p of a Dropout, as constants. So its model's
state is compared before it is used again.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from autograd import compile
from autograd.program.recording.surroundings import described
from nn.inputs import flattened, listed, shape

if TYPE_CHECKING:
    from autograd.program import Compiled
    from nn.data.arrays import Array, Floats
    from nn.losses.reduction import Loss
    from nn.module import Module

LEAST_ROWS = 100  # recording a model takes as long as running it on some tens of rows


@dataclass
class _Known:
    """Hold what is known of a model in one state: rows, its program, what it takes and gives."""

    state: Any = None  # not looked at before there are rows enough
    rows: int = 0
    program: Compiled | None = None
    form: Any = None  # the type of numbers that it was last called with
    shape: tuple[int, ...] = ()
    refused: bool = False


_known: WeakKeyDictionary[Module, _Known] = WeakKeyDictionary()


def outputs_of(model: Module, X: Array) -> Floats | None:
    """Return the outputs for many rows, as (rows, *outputs); None if the model has to see each.

    The modules have to be in the mode that is wanted. Rows of earlier calls count, too.
    """
    if X.dtype.kind not in "biuf":
        return None
    known = _known.setdefault(model, _Known())
    known.rows += len(X)
    if known.rows < LEAST_ROWS or whole_batch(model):
        return None
    state = described(model)
    if known.state != state:
        rows = known.rows if known.state is None else len(X)
        known = _known[model] = _Known(state, rows)
    if known.rows < LEAST_ROWS or known.refused:
        return None
    try:
        if known.program is None:
            known.program = _made(model, known)
        found, known.form = run_in_a_form(known.program, X, known.form)
        return found.reshape(len(found), *known.shape)
    except Exception:  # whatever it is, each row on its own says it better
        known.refused, known.program = True, None
        return None


def _made(model: Module, known: _Known) -> Compiled:
    reference: Any = ref(model)
    weak: Any = ref(known)  # the program is its own

    def outputs(x: Any) -> list[Any]:
        output = listed(reference()(as_lists(x)))
        weak().shape = shape(output)
        return flattened(output)

    return compile(outputs, rows=["x"])


def loss_program(loss: Loss) -> Compiled:
    """Return the loss of a sample as a program, for `losses_of`."""

    def of_one(y: Any, t: Any) -> Any:
        return loss(as_lists(y), as_lists(t))

    return compile(of_one, rows=["y", "t"])


def losses_of(program: Compiled, outputs: Floats, targets: Array) -> tuple[list[float], Any]:
    """Return the loss of each sample's outputs, and the type of targets that it takes.

    The list is empty, and the type None, if it has to see each on its own.
    """
    for form in forms_of_targets(targets):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return program(outputs, form).tolist(), form.dtype
        except Exception:  # as above
            continue
    return [], None


def as_lists(x: Any) -> Any:
    """Return an array of numbers or Values as lists, a number as it is."""
    return x.tolist() if isinstance(x, np.ndarray) else x


def run_in_a_form(program: Compiled, X: Array, first: Any = None) -> tuple[Floats, Any]:
    """Return what it says of rows taken as numbers; as whole numbers, if it only takes these.

    With it comes the type of the numbers, which may be given as the one to try first.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # too many ways to branch
        for form in sorted(forms(X), key=lambda form: form.dtype != first):
            try:
                return np.stack(program(form), axis=1), form.dtype
            except (TypeError, ValueError) as error:
                refused = error
        raise refused


def forms(X: Array) -> Iterator[Array]:
    """Yield the numbers as floats and, if all are whole, as ints that a table may be indexed by."""
    floats = np.asarray(X, dtype=float)
    yield floats
    if (floats == np.floor(floats)).all() and (floats >= 0).all():
        yield floats.astype(np.int64)


def forms_of_targets(y: Array) -> list[Array]:
    """Return targets as floats and, if all are whole, as ints: numbers of classes, or -1 and 1."""
    floats = np.asarray(y, dtype=float)
    whole = (floats == np.floor(floats)).all()
    return [floats, floats.astype(np.int64)] if whole else [floats]


def whole_batch(model: Module) -> str:
    """Return the name of a module that looks at all rows together, "" if there is none."""
    for _, module in model.named_modules():
        own = type(module).batch.__module__
        if not own.startswith("nn.") or (own == "nn.layers.normalisation" and module.training):
            return repr(module)
    return ""
