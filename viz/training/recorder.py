"""A training recorded step by step: where the parameters went, and how far each layer moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from autograd import Value
from viz.plotting.network_layers import all_parameters, layers_of


class Recorder:
    """Record a training for `viz.landscape`, `viz.gradient_flow` and `viz.report`.

    Give it to a fit, `nn.fit(..., callbacks=[recorder])`, or call `look(model)` before a loop of
    your own and after each of its steps. It keeps at most `most` points: when there are more,
    every second one is left out, but never the first nor the last. `path` has the parameters at
    the points, `steps` their numbers, and `ratios`, for each step that was kept, by layer,
    rms(weights after - weights before) / rms(weights before). Raises ValueError for most < 4.

    >>> x = Value(3.0)
    >>> class Line:
    ...     w, b, activation = [x], None, "linear"
    >>> recorder = Recorder()
    >>> recorder.look(Line())
    >>> x.data = 1.5
    >>> recorder.look(Line())
    >>> recorder.path.tolist(), recorder.ratios.tolist()
    ([[3.0], [1.5]], [[0.5]])
    """

    def __init__(self, most: int = 200) -> None:
        if most < 4:
            raise ValueError(f"Recorder(most={most}): give 4 or more points to keep")
        self.most = most
        self._forget()

    def _forget(self) -> None:
        self.settings: dict[str, Any] = {}
        self.seconds = 0.0
        self.objective: Callable[[Any, Any], Any] | None = None
        self._kept: list[tuple[int, Any, Any]] = []  # number of the step, parameters, ratios
        self._last: tuple[int, Any, Any] | None = None
        self._every = 1
        self._weights: list[Any] = []  # for each layer, which of the parameters are its weights
        self._began = 0.0

    @property
    def path(self) -> Any:
        """Return the parameters at every point kept, an array (points, parameters)."""
        return np.array([numbers for _, numbers, _ in self._points()])

    @property
    def steps(self) -> list[int]:
        """Return the number of the step after which each point was; the start is 0."""
        return [step for step, _, _ in self._points()]

    @property
    def ratios(self) -> Any:
        """Return the update-to-weight ratios, an array (points but the first, layers)."""
        return np.array([ratios for _, _, ratios in self._points()[1:]])

    def _points(self) -> list[tuple[int, Any, Any]]:
        last = [] if self._last is None or self._last[0] % self._every == 0 else [self._last]
        return [*self._kept, *last]

    def look(self, model: Any) -> None:
        """Record the parameters that a model has now: before the first step, and after each."""
        parameters = all_parameters(model)
        numbers = np.array([float(p.data) for p in parameters])
        if self._last is None:
            self._begin(model, parameters, numbers)
        else:
            if len(numbers) != len(self._last[1]):
                raise ValueError(
                    f"Recorder.look: the model has {len(numbers)} parameters and had "
                    f"{len(self._last[1])}; take a new Recorder for another model"
                )
            self._add(self._last[1], numbers)

    def on_fit_start(self, state: Any) -> None:
        """Begin anew."""
        self._forget()
        self.settings, self.objective = dict(state.settings), state.objective
        self.settings["epochs"] = state.epochs
        self._began = perf_counter()

    def on_batch_end(self, state: Any) -> None:
        """Record a step; the first one also tells where it started."""
        if self._last is None:
            self._begin(state.model, state.model.parameters(), state.last_finite)
        self._add(state.last_finite, state.parameters)

    def on_fit_end(self, state: Any) -> None:
        """Stop the clock."""
        self.seconds = perf_counter() - self._began

    def _begin(self, model: Any, parameters: Sequence[Value], numbers: Any) -> None:
        place = {p: i for i, p in enumerate(parameters)}
        try:
            layers = layers_of("Recorder", model).layers
        except TypeError:  # a model of another make has a path all the same
            layers = []
        weights = [[place[w] for n in layer.neurons for w in n.w if w in place] for layer in layers]
        self._weights = [np.array(inside, dtype=int) for inside in weights]
        self._last = (0, np.array(numbers, dtype=float), [])
        self._kept = [self._last]

    def _add(self, before: Any, after: Any) -> None:
        assert self._last is not None
        ratios = [_ratio(before[inside], after[inside]) for inside in self._weights]
        self._last = (self._last[0] + 1, np.array(after, dtype=float), ratios)
        if self._last[0] % self._every == 0:
            self._kept.append(self._last)
            if len(self._kept) > self.most:
                self._kept, self._every = self._kept[::2], 2 * self._every


def _ratio(before: Any, after: Any) -> float:
    """Return rms(after - before) / rms(before): 0 if nothing moved, infinity if all was 0."""
    if not len(before):
        return 0.0  # the layer is frozen
    moved = float(np.sqrt(np.mean((after - before) ** 2)))
    size = float(np.sqrt(np.mean(before**2)))
    return moved / size if size else np.inf if moved else 0.0
