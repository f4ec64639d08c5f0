"""How gradients get through a network, layer by layer: sizes, dead units, sizes of the updates."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value, functions, gradients
from autograd.real import short
from viz.activation_plots import value_and_slope
from viz.panels import INK, LOOKS, literal, panels, tidy
from viz.running import activation_of, by_layer, checked_model, checked_rows, outputs_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLAT = 0.05  # of the steepest slope; below it a unit is saturated
_SIZES = (1e-4, 1e-2)  # of an update, relative to its weights: 1e-3 is thought healthy


def gradient_flow(
    model: Any,
    X: Any = None,  # noqa: N803
    *,
    before: Any = None,
    title: str = "",
) -> Figure:
    """Return a figure of a network's gradients by layer: call it after `backward()`.

    The first panel has a histogram of log10 |gradient| of every layer's weights, all of one area,
    a line at each median, and how many are exactly 0. With samples X the second has the slopes of
    the activations on them: the shares that are 0, below 5 % of the steepest, and above. A unit is
    dead if its slope is 0 on every sample, saturated if it is below 5 % on every one. With a copy
    of the model from `before` the last step another has rms(update) / rms(weights), which is best
    near 1e-3. Raises ValueError without gradients and for shapes that do not fit, TypeError for
    what is no network, ImportError without matplotlib.
    """
    layers = checked_model("gradient_flow", model).layers
    sizes = [_sizes(layer) for layer in layers]
    ratios = None if before is None else update_ratios(model, before)
    slopes = None if X is None else slopes_by_layer(model, X)
    count = 1 + (slopes is not None) + (ratios is not None)
    figure, [plots] = panels(1, count, (4.4 * count + 0.6, 0.5 * len(layers) + 2.2), title)
    rest = list(plots)
    _histograms(rest.pop(0), sizes)
    if slopes is not None:
        _slopes(rest.pop(0), slopes)
    if ratios is not None:
        _ratios(rest.pop(0), ratios)
    names = [f"{i}  {activation_of(layer)}" for i, layer in enumerate(layers, 1)]
    for axes in plots:
        axes.set_yticks(range(len(layers)), [str(i + 1) for i in range(len(layers))])
        axes.set_ylim(len(layers) - 0.4, -0.9)
        tidy(axes)
    plots[0].set_yticks(range(len(layers)), list(map(literal, names)))
    plots[0].set_ylabel("layer")
    return figure


def slopes_by_layer(model: Any, X: Any) -> list[Any]:  # noqa: N803
    """Return d(output)/d(sum) of every unit, an array (samples, units) for each layer.

    They are divided by the steepest slope of the activation. Raises ValueError if a row does not
    fit or a unit's output is not clear.
    """
    rows = checked_rows("gradient_flow", X, [len(model.layers[0].neurons[0].w)])
    found: list[list[list[float]]] = [[] for _ in model.layers]
    for row in rows.tolist():
        for slopes, places in zip(found, by_layer(model, outputs_of(model, row)), strict=True):
            unclear = [p for p in places if p.output is None]
            if unclear:
                raise ValueError(
                    f"gradient_flow: it is not clear what becomes of {short(unclear[0].total)}; "
                    "leave X out for activations of several steps"
                )
            slopes.append([_slope(p.output, p.total) for p in places])
    return [
        np.abs(slopes) / [_steepest(n.activation) for n in layer.neurons]
        for slopes, layer in zip(found, model.layers, strict=True)
    ]


def _slope(output: Value | None, total: Value) -> float:
    return float(gradients(output, [total])[0]) if output is not None else 1.0


def update_ratios(model: Any, before: Any) -> list[float]:
    """Return rms(weights now - weights before) / rms(weights before) of every layer."""
    checked_model("gradient_flow(before=...)", before)
    now, then = _weights(model), _weights(before)
    if [w.shape for w in now] != [w.shape for w in then]:
        raise ValueError(
            "gradient_flow: `before` has other layers than the model; give a copy.deepcopy(model) "
            "from before the step"
        )
    scales = [float(np.sqrt(np.mean(b**2))) for b in then]
    changes = [float(np.sqrt(np.mean((a - b) ** 2))) for a, b in zip(now, then, strict=True)]
    return [c / s if s else np.inf if c else 0.0 for c, s in zip(changes, scales, strict=True)]


def _weights(model: Any) -> list[Any]:
    return [np.array([float(w.data) for n in layer.neurons for w in n.w]) for layer in model.layers]


def _steepest(name: str) -> float:
    function = getattr(functions, name, None) if name in functions.__all__ else None
    if function is None:
        return 1.0  # linear, and functions of one's own
    return max(abs(value_and_slope(function, x / 4)[1]) for x in range(-24, 25)) or 1.0


def _sizes(layer: Any) -> Any:
    grads = [w.grad for neuron in layer.neurons for w in neuron.w]
    if any(g is None for g in grads):
        raise ValueError("gradient_flow: there are no gradients yet: call loss.backward() first")
    return np.abs(np.array([float(g) for g in grads]))


def _histograms(ax: Axes, sizes: Sequence[Any]) -> None:
    logs = [np.log10(s[(s > 0) & np.isfinite(s)]) for s in sizes]
    every = np.concatenate(logs) if logs else np.array([])
    low, high = (every.min(), every.max()) if len(every) else (-1.0, 0.0)
    bins = np.linspace(np.floor(low), max(np.ceil(high), np.floor(low) + 1), 31)
    for i, (log, size) in enumerate(zip(logs, sizes, strict=True)):
        if len(log):
            heights, _ = np.histogram(log, bins)
            ax.stairs(i - 0.8 * heights / heights.max(), bins, baseline=i, fill=True,
                      facecolor="#BFDDEE", edgecolor=LOOKS[0][0], linewidth=1.0)  # fmt: skip
            middle = float(np.median(log))
            ax.plot([middle, middle], [i, i - 0.8], color=INK, linewidth=1.4)
        zeros, broken = int((size == 0).sum()), int((~np.isfinite(size)).sum())
        notes = [f"{n} of {len(size)} {word}" for n, word in
                 ((zeros, "are 0"), (broken, "are not finite")) if n]  # fmt: skip
        ax.text(0.01, i + 0.04, "; ".join(notes), transform=ax.get_yaxis_transform(), va="top",
                fontsize=7.5, color="#A34100")  # fmt: skip
    ax.set_title("|∂loss/∂w|, line: median", fontsize=10)
    ticks = [int(t) for t in np.unique(np.round(np.linspace(bins[0], bins[-1], 6)))]
    ax.set_xticks(ticks, [f"1e{t}" for t in ticks])


def _slopes(ax: Axes, slopes: Sequence[Any]) -> None:
    looks = (("0", "#3A3F45", ""), ("below 5 %", "#E69F00", "////"), ("above", "#CFE6DF", ""))
    for i, layer in enumerate(slopes):
        flat = layer < FLAT
        shares = [float((layer == 0).mean()), float((flat & (layer > 0)).mean()), 0.0]
        shares[2] = 1 - sum(shares)
        left = 0.0
        for share, (word, colour, hatch) in zip(shares, looks, strict=True):
            ax.barh(i - 0.3, share, left=left, height=0.36, color=colour, hatch=hatch,
                    edgecolor="white", linewidth=0.5, label="" if i else word)  # fmt: skip
            left += share
        dead = int((layer == 0).all(axis=0).sum())
        saturated = int(flat.all(axis=0).sum()) - dead
        told = [f"{n} {word}" for n, word in ((dead, "dead"), (saturated, "saturated")) if n]
        text = f"{', '.join(told)} of {layer.shape[1]} units" if told else ""
        ax.text(0.01, i + 0.04, text, va="top", fontsize=7.5, color="#A34100")
    ax.set(xlim=(0, 1), xticks=(0, 0.5, 1))
    ax.set_xticklabels(["0", "50 %", "100 %"])
    ax.set_title("slopes of the activations on the samples", fontsize=10)
    ax.legend(ncols=3, fontsize=7.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08),
              handlelength=1.4)  # fmt: skip


def _ratios(ax: Axes, ratios: Sequence[float]) -> None:
    shown = [r for r in ratios if 0 < r < np.inf]
    low = min([*shown, _SIZES[0]]) / 3
    ax.axvspan(*_SIZES, color="#E5F5F1", zorder=0)
    ax.axvline(1e-3, color="#00664B", linestyle=":", linewidth=1.2)
    for i, ratio in enumerate(ratios):
        text = "no update" if ratio == 0 else f"{ratio:.1e}"
        if 0 < ratio < np.inf:
            ax.plot([low, ratio], [i - 0.3, i - 0.3], color=LOOKS[0][0], linewidth=1.4)
            ax.plot([ratio], [i - 0.3], "o", color=LOOKS[0][0], markersize=7)
        at = ratio if 0 < ratio < np.inf else low
        ax.text(at, i + 0.04, text, ha="center" if at > low else "left", va="top", fontsize=7.5)
    ax.set_xscale("log")
    ax.set_xlim(low, 10 ** (log10(max([*shown, _SIZES[1]])) + 0.6))
    ax.set_title("rms(update) / rms(weights), shaded: usual", fontsize=10)
