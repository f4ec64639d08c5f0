"""How gradients get through a network, layer by layer: sizes, dead units, sizes of the updates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.plotting.network_layers import layers_of
from viz.plotting.panels import INK, LOOKS, literal, panels, tidy
from viz.plotting.slopes import slopes_by_layer
from viz.training.recorder import Recorder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLAT = 0.05  # of the steepest slope; below it a unit is saturated
_RULE_OF_THUMB = 1e-3  # Karpathy's, of update to weights: see the docstring
_TOLD = "#A34100"


def gradient_flow(
    model: Any,
    X: Any = None,  # noqa: N803
    *,
    recorder: Recorder | None = None,
    title: str = "",
) -> Figure:
    """Return a figure of a network's gradients by layer: call it after `backward()`.

    The first panel has a histogram of log10 |gradient| of every layer's weights, all of one area,
    a line at each median, and how many are exactly 0. With samples X the second has the slopes of
    the activations on them: the shares that are 0, below 5 % of the steepest, and above. A unit is
    dead if its slope is 0 on every sample, saturated if it is below 5 % on every one. A `Recorder`
    of the training adds rms(update) / rms(weights) of each layer over the steps, with the rule of
    thumb that about 1e-3 is healthy. The model is any that holds layers of neurons. Raises
    ValueError without gradients and for shapes that do not fit, TypeError for what is no network,
    ImportError without matplotlib.

    Sources: Glorot and Bengio 2010, "Understanding the Difficulty of Training Deep Feedforward
    Neural Networks", figures 2 to 4 and 7; the rule of thumb: Karpathy, CS231n lecture notes,
    "Neural Networks Part 3: Learning and Evaluation", ratio of weights to updates.

    >>> from autograd import Value
    >>> class Neuron:
    ...     w, b, activation = [Value(2.0)], None, "linear"
    >>> neuron = Neuron()
    >>> neuron.w[0].grad = 0.5
    >>> [axes.get_title() for axes in gradient_flow(neuron).axes]
    ['|∂loss/∂w|, line: median']
    """
    inside = layers_of("gradient_flow", model)
    layers = inside.layers
    sizes = [_sizes(layer) for layer in layers]
    slopes = None if X is None else slopes_by_layer(model, X)
    if recorder is not None and recorder.ratios.shape[1:] != (len(layers),):
        raise ValueError(
            f"gradient_flow(recorder=...): it has seen no step of a model of {len(layers)} layers; "
            "give the viz.Recorder() that was among the callbacks of this model's fit"
        )
    widths = [4.6, *[4.0] * (slopes is not None), *[4.6] * (recorder is not None)]
    tall = min(0.5 * len(layers) + 2.2, 14.0) if recorder is None else 3.6 + 0.3 * len(layers)
    figure, [plots] = panels(1, len(widths), (sum(widths) + 0.6, tall), title)
    rest = list(plots)
    by_row = [rest.pop(0)]
    _histograms(by_row[0], sizes)
    if slopes is not None:
        by_row.append(rest.pop(0))
        _slopes(by_row[-1], slopes)
    names = [f"{i}  {_brief(name)}" for i, name in enumerate(inside.names, 1)]
    for axes in by_row:
        axes.set_yticks(range(len(layers)), [str(i + 1) for i in range(len(layers))])
        axes.set_ylim(len(layers) - 0.4, -0.9)
        tidy(axes)
    by_row[0].set_yticks(range(len(layers)), list(map(literal, names)))
    by_row[0].set_ylabel("layer")
    if recorder is not None:
        _ratios(rest.pop(0), recorder)
    return figure


def _brief(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"


def _sizes(layer: Any) -> Any:
    grads = [w.grad for neuron in layer.neurons for w in neuron.w]
    if any(g is None for g in grads):
        raise ValueError(
            "gradient_flow: there are no gradients yet: call loss.backward() first (a fit takes "
            "them away at its end)"
        )
    return np.abs(np.array([float(g) for g in grads]))


def _histograms(ax: Axes, sizes: Sequence[Any]) -> None:
    logs = [np.log10(s[(s > 0) & np.isfinite(s)]) for s in sizes]
    every = np.concatenate(logs) if logs else np.array([])
    low, high = (every.min(), every.max()) if len(every) else (-1.0, 0.0)
    bins = np.linspace(np.floor(low), max(np.ceil(high), np.floor(low) + 1), 31)
    counts = [np.histogram(log, bins)[0] / max(len(log), 1) for log in logs]
    most = max((shares.max() for shares in counts), default=0.0) or 1.0
    for i, (log, shares, size) in enumerate(zip(logs, counts, sizes, strict=True)):
        if len(log):
            ax.stairs(i - 0.8 * shares / most, bins, baseline=i, fill=True,
                      facecolor="#BFDDEE", edgecolor=LOOKS[0][0], linewidth=1.0)  # fmt: skip
            middle = float(np.median(log))
            ax.plot([middle, middle], [i, i - 0.8], color=INK, linewidth=1.4)
        zeros, broken = int((size == 0).sum()), int((~np.isfinite(size)).sum())
        notes = [f"{n} of {len(size)} {word}" for n, word in
                 ((zeros, "are 0"), (broken, "are not finite")) if n]  # fmt: skip
        ax.text(0.01, i + 0.04, "; ".join(notes), transform=ax.get_yaxis_transform(), va="top",
                fontsize=7.5, color=_TOLD)  # fmt: skip
    ax.set_title("|∂loss/∂w|, line: median", fontsize=10)
    ticks = [*range(round(bins[0]), round(bins[-1]) + 1, max(1, round(bins[-1] - bins[0]) // 5))]
    ax.set_xticks(ticks, [f"1e{t}" for t in ticks])


def _slopes(ax: Axes, slopes: Sequence[Any]) -> None:
    looks = (("0", INK, ""), ("below 5 %", "#E69F00", "////"), ("above", "#CFE6DF", ""))
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
        ax.text(0.01, i + 0.04, text, va="top", fontsize=7.5, color=_TOLD)
    ax.set(xlim=(0, 1), xticks=(0, 0.5, 1))
    ax.set_xticklabels(["0", "50 %", "100 %"])
    ax.set_title("slopes of the activations, of the steepest", fontsize=10)
    ax.legend(ncols=3, fontsize=7.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08),
              handlelength=1.4)  # fmt: skip


def _ratios(ax: Axes, recorder: Recorder) -> None:
    steps, ratios = recorder.steps[1:], recorder.ratios
    known = ratios[(ratios > 0) & np.isfinite(ratios)]
    for i in range(ratios.shape[1]):
        colour, dashes, marker = LOOKS[i % len(LOOKS)]
        seen = (ratios[:, i] > 0) & np.isfinite(ratios[:, i])
        shown = np.where(seen, ratios[:, i], np.nan)
        every = max(1, len(steps) // 6)
        ax.plot(steps, shown, color=colour, linestyle=dashes, linewidth=1.3, marker=marker,
                markevery=(i * every // max(ratios.shape[1], 1), every), markersize=4,
                label=f"layer {i + 1}" + ("" if seen.any() else ": none"))  # fmt: skip
    ax.axhline(_RULE_OF_THUMB, color=INK, linewidth=1.0, linestyle=(0, (1, 2)))
    ax.annotate("rule of thumb: 1e-3", (0.99, _RULE_OF_THUMB), xytext=(0, 2), ha="right",
                xycoords=ax.get_yaxis_transform(), textcoords="offset points", fontsize=7.5,
                color=INK)  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(min([*known, _RULE_OF_THUMB]) / 2, max([*known, _RULE_OF_THUMB]) * 2)
    ax.set(xlabel="step", xlim=(0, max(steps[-1], 1)))
    ax.set_title("rms(update) / rms(weights)", fontsize=10)
    tidy(ax)
    columns = min(ratios.shape[1], 3)
    ax.legend(fontsize=7.5, frameon=False, ncols=columns, handlelength=3.2, loc="upper center",
              bbox_to_anchor=(0.5, -0.16))  # fmt: skip
