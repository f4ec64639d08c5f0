"""A plane through the parameters of a model: its directions, and what of a path it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import Value
from autograd.value import detached
from viz.diagrams.neurons import neurons_of
from viz.plotting.network_layers import all_parameters, layers_of
from viz.training.recorder import Recorder


@dataclass(frozen=True)
class Plane:
    """Hold a plane through the parameters: centre + a * directions[0] + b * directions[1]."""

    centre: Any
    directions: Any  # (2, parameters)
    steps: Any  # (points, parameters): the path
    path: Any  # (points, 2): where its points project to
    share: float  # of the path's squared distances from the centre, that the plane holds
    names: tuple[str, str]
    principal: bool = False  # of length 1, not of that of the weights

    def at(self, places: Any) -> Any:
        """Return the parameters at some places (a, b) of the plane, one a row."""
        first, second = self.directions
        return self.centre + places[:, :1] * first + places[:, 1:] * second


def plane_through(model: Any, path: Any, directions: str, seed: int) -> Plane:
    """Return the plane through the model's parameters, and the path on it.

    Raises ValueError if directions is neither "random" nor "pca", or the path does not fit.
    """
    if directions not in ("random", "pca"):
        raise ValueError(f"directions={directions!r}: they are 'random' or 'pca'")
    parameters = all_parameters(model)
    centre = np.array([float(p.data) for p in parameters])
    if path is None:
        steps = np.empty((0, len(centre)))
    else:
        steps = _checked_path(path.path if isinstance(path, Recorder) else path, len(centre))
    names = ("first random direction, filter-normalised",
             "second random direction, filter-normalised")  # fmt: skip
    if directions == "random":
        found = filter_normalised(model, parameters, seed)
    else:
        if len(steps) < 3 or len(centre) < 2:
            raise ValueError(
                f"landscape(directions='pca'): a path of {len(steps)} points of {len(centre)} "
                "parameters has no two principal directions; give a Recorder of the training, or 3 "
                "points or more, of a model with 2 parameters or more"
            )
        _, sizes, axes = np.linalg.svd(steps - centre, full_matrices=False)
        found = axes[:2] * np.sign(axes[np.arange(2), np.abs(axes[:2]).argmax(axis=1)])[:, None]
        shares = sizes[:2] ** 2 / max((sizes**2).sum(), 1e-300)
        first, second = (f"{share:.1%}".replace("%", " %") for share in shares)
        names = (f"first principal direction of the path ({first})",
                 f"second principal direction of the path ({second})")  # fmt: skip
    away = steps - centre
    onto = np.linalg.lstsq(found.T, away.T, rcond=None)[0].T
    whole = float((away**2).sum())
    share = float(((onto @ found) ** 2).sum()) / whole if whole else 1.0
    return Plane(centre, found, steps, onto, share, names, directions == "pca")


def filter_normalised(model: Any, parameters: Sequence[Value], seed: int) -> Any:
    """Return two random directions, each neuron's part as long as the neuron's weights are."""
    place_of = {p: i for i, p in enumerate(parameters)}
    source = np.random.RandomState(seed)
    found = np.zeros((2, len(parameters)))
    neurons = neurons_of(layers_of("landscape", model))
    for direction in found:
        for neuron in neurons:  # numbers are drawn for frozen ones too: they change no other
            drawn = source.standard_normal(len(neuron.w))
            length = np.linalg.norm([float(w.data) for w in neuron.w])
            for w, number in zip(neuron.w, drawn * length / np.linalg.norm(drawn), strict=True):
                if w in place_of:
                    direction[place_of[w]] = number
    return found


def _checked_path(path: Any, count: int) -> Any:
    try:
        lengths = {len(step) for step in path}
    except TypeError:
        lengths = set()
    if lengths != {count}:
        raise ValueError(
            f"landscape: the model has {count} parameters, the points of the path have "
            f"{', '.join(map(str, sorted(lengths))) or 'none'}; give a viz.Recorder that was among "
            "the callbacks of the fit, or [p.data for p in model.parameters()] after each step"
        )
    return np.array([[float(detached(number)) for number in step] for step in path])
