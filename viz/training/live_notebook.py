"""A running fit in a notebook: figures that are replaced in place, or text without matplotlib."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from viz.plotting.boundary import boundary
from viz.plotting.gradient_flow import gradient_flow
from viz.plotting.plots import curves, training_curves
from viz.training.live_text import panels_of, status

if TYPE_CHECKING:
    from viz.training.live import LiveView

_WIDTH, _HEIGHT = 100, 60  # of the text: a notebook has room
_POINTS = 41  # a side of the boundary's grid while it trains
_LAST = 101  # at the end


class Notebook:
    """Show a fit by displays that are updated: old pictures do not pile up.

    Figures cost the most, so only one of them is drawn each time, in turn, and all at the end.
    """

    def __init__(self) -> None:
        self.handles, self.turn = dict[str, Any](), 0
        try:  # the first figure takes long, so that comes now, before it counts
            first: Any = curves({"first": [0.0]})
            first._repr_svg_()
        except ImportError:
            self.draws = False
        else:
            self.draws = True

    def show(self, state: Any, view: LiveView, final: bool) -> None:
        """Show the state of a fit in place of what was shown before."""
        if not self.draws:
            # Braille is as wide as other characters in terminals, but not in every browser
            self._display("text", _text(view.text(state, _WIDTH, _HEIGHT, plain=True)))
            return
        words = [status(state, view.seconds, view.done_before), state.history.stopped]
        self._display("status", {"text/plain": "\n".join(filter(None, words))})
        for place in _places(state, view):
            if place not in self.handles:  # keep them in this order, whichever is drawn first
                self._display(place, {"text/plain": "…"})
        figures = _figures(state, view, _LAST if final else _POINTS)
        if figures and not final:
            figures, self.turn = [figures[self.turn % len(figures)]], self.turn + 1
        self._draw(figures)

    def last_batch(self, state: Any, view: LiveView) -> None:
        """Draw the gradients while they are there: at the end fit takes them away."""
        if "gradients" in self.handles:
            self._draw([f for f in _figures(state, view, _POINTS) if f[0] == "gradients"])

    def close(self) -> None:
        """Do nothing: the last pictures stay."""

    def _draw(self, figures: list[tuple[str, Callable[[], Any]]]) -> None:
        for place, draw in figures:
            bundle = {"image/svg+xml": draw()._repr_svg_(), "text/plain": f"a picture: {place}"}
            self._display(place, bundle)

    def _display(self, place: str, bundle: dict[str, str]) -> None:
        from IPython.display import display

        if place in self.handles:
            self.handles[place].update(bundle, raw=True)
        else:
            show: Any = display
            self.handles[place] = show(bundle, raw=True, display_id=True)


def _places(state: Any, view: LiveView) -> list[str]:
    """Return what will be drawn in this fit, from top to bottom."""
    places = ["curves"] if set(view.plots) - {"gradients"} else []
    places += ["boundary"] if view.boundary is not None else []
    shown = "gradients" in view.plots and _has_gradients(state.model)
    return [*places, "gradients"] if shown else places


def _figures(state: Any, view: LiveView, points: int) -> list[tuple[str, Callable[[], Any]]]:
    """Return what there is to draw, by place."""
    panels = panels_of(state, view.plots)
    titles = [panel.title for panel in panels]
    columns = {k: x for k, x in state.history.columns.items() if k.removeprefix("val_") in titles}
    found: list[tuple[str, Callable[[], Any]]] = []
    if columns and len(state.history):
        found.append(("curves", lambda: training_curves(type(state.history)(columns))))
    elif panels:
        batches = panels[0]
        found.append(
            ("curves", lambda: curves(batches.series, batches.title, batches.across, start=1))
        )
    if view.boundary is not None:
        state.write_back()  # else the model has the numbers of before the step
        X, y = view.boundary  # noqa: N806
        found.append(("boundary", lambda: boundary(state.model, X, y, points=points)))
    if "gradients" in view.plots and _has_gradients(state.model):
        title = "gradients of the last batch"
        found.append(("gradients", lambda: gradient_flow(state.model, title=title)))
    return found


def _text(picture: Any) -> dict[str, str]:
    """Return the text with and without its colours."""
    from rich.console import Console

    console = Console(
        record=True, file=io.StringIO(), width=_WIDTH, force_terminal=True, force_jupyter=False,
        color_system="truecolor",
    )  # fmt: skip
    console.print(picture)
    words = console.export_text(clear=False)
    style = "line-height:1.2;font-family:monospace;white-space:pre;overflow-x:auto"
    page = console.export_html(
        inline_styles=True, code_format=f'<pre style="{style}">{{code}}</pre>'
    )
    return {"text/html": page, "text/plain": words}


def _has_gradients(model: Any) -> bool:
    """Say whether every layer is one of neurons, and a backward pass has reached them all."""
    groups = [getattr(layer, "neurons", None) for layer in getattr(model, "layers", ())]
    return bool(groups) and all(
        group and all(w.grad is not None for neuron in group for w in neuron.w) for group in groups
    )
