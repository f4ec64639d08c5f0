"""The gated recurrent unit: a GRU continues noisy sines whose period it has to find out itself.

Each series (made here) is a sine of its own period, size and phase, with noise. The GRU learns to
say the next number, while it is told the true ones (teacher forcing); then it runs on alone, each
forecast its next input. Beside it stand persistence, the last number for ever, and linear
autoregression, least squares on the last 5 to 40 numbers: weights that continue one period are
wrong for another, so no fixed ones do. The pictures show forecasts, errors by distance, and gates.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

import viz
from autograd import no_grad
from demos._progress import progress
from demos._report import Report, console
from nn.inputs import numbers_of
from nn.layers.each import Each
from nn.layers.layer import Layer
from nn.layers.sequential import Sequential
from nn.optimizers.adam import Adam
from nn.optimizers.schedules import CosineDecay
from nn.recurrent.gru import GRU
from nn.recurrent.running import free_running, step
from nn.training.fit import fit
from viz.plotting.panels import LOOKS, panels, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HIDDEN, LEARNING_RATE, BATCH, NOISE = 20, 0.02, 8, 0.1
KNOWN, AHEAD = 60, 40  # numbers that are given, and forecast
LAGS = (5, 10, 20, 40)
SERIES, EPOCHS, JUDGED = 800, 25, 40
QUICK_SERIES, QUICK_EPOCHS, QUICK_JUDGED = 400, 8, 6
WANTED, QUICK_WANTED = 0.5, 0.9  # of the error of the best autoregression


def main(out: Path, quick: bool) -> Report:
    """Train, forecast, print the errors beside those of the baselines, and draw."""
    _, train = sines(QUICK_SERIES if quick else SERIES, KNOWN + 1, seed=0)
    truth, others = sines(QUICK_JUDGED if quick else JUDGED, KNOWN + AHEAD, seed=1)
    model = Sequential(GRU(1, HIDDEN, seed=0), Each(Layer(HIDDEN, 1, activation="linear", seed=1)))
    fit(model, train[:, :-1], train[:, 1:], "mean_squared_error",
        Adam(lr=LEARNING_RATE, clip_norm=1.0), QUICK_EPOCHS if quick else EPOCHS, BATCH, seed=0,
        schedule=CosineDecay())  # fmt: skip

    known, future = others[:, :KNOWN], truth[:, KNOWN:]
    forecasts = {"GRU": continued(model, known), "persistence": known[:, [-1] * AHEAD]} | {
        f"autoregression, {p} lags": autoregressed(train, known, p) for p in LAGS
    }
    errors = {name: rms(said - future) for name, said in forecasts.items()}
    title = f"root mean square error on {len(truth)} other sines, without noise"
    table = Table("forecast", "1 step ahead", f"all {AHEAD} steps", title=title)
    for name, said in forecasts.items():
        first = rms((said - future)[:, 0])
        table.add_row(name, f"{first:.3f}", f"{errors[name]:.3f}")
    console.print(table)
    report = Report()
    best = min((e, name) for name, e in errors.items() if name.startswith("auto"))
    wanted = QUICK_WANTED if quick else WANTED
    report.reach(f"error of the GRU over that of the best autoregression ({best[1][16:]})",
                 errors["GRU"] / best[0], at_most=wanted)  # fmt: skip
    shown = {name: forecasts[name] for name in ("GRU", best[1])}
    report.draw(
        out / "forecasts.svg",
        "sines continued by the GRU and the best autoregression",
        lambda: continuations(truth, others, shown),
    )
    report.draw(
        out / "errors.svg", "error by how far ahead", lambda: by_distance(forecasts, future)
    )
    report.draw(
        out / "gates.svg", "the gates of the GRU on one sine", lambda: gates(model, others[0])
    )
    return report


def sines(count: int, length: int, seed: int) -> tuple[Any, Any]:
    """Return sines of random period, size and phase, and the same with noise: (count, length)."""
    source = np.random.RandomState(seed)
    period, phase, size = (
        source.uniform(low, high, (count, 1)) for low, high in ((10, 30), (0, 2 * np.pi), (0.5, 1))
    )
    clean = size * np.sin(2 * np.pi * np.arange(length) / period + phase)
    return clean, clean + source.normal(0, NOISE, clean.shape)


def continued(model: Sequential, known: Any) -> Any:
    """Return what the network says of each series when it hears itself: (series, AHEAD)."""
    found = []
    with no_grad(), progress("forecasts", len(known)) as advance:
        for row in known.tolist():
            states = None
            for x in row:
                first, states = step(model, x, states)
            rest = islice(free_running(model, first, states), AHEAD - 1)
            found.append(numbers_of([first, *rest]))
            advance("")
    return np.array(found)


def autoregressed(train: Any, known: Any, lags: int) -> Any:
    """Return the forecasts of x_t = a1*x_t-1 + ... + ap*x_t-p + b, fitted by least squares."""
    windows = np.lib.stride_tricks.sliding_window_view(train, lags + 1, axis=1)
    windows = windows.reshape(-1, lags + 1)
    ones = np.ones((len(windows), 1))
    weights = np.linalg.lstsq(np.hstack([windows[:, :-1], ones]), windows[:, -1], rcond=None)[0]
    for _ in range(AHEAD):
        new = known[:, -lags:] @ weights[:-1] + weights[-1]
        known = np.hstack([known, new[:, None]])
    return known[:, -AHEAD:]


def rms(errors: Any) -> float:
    """Return the square root of the mean square."""
    return float(np.sqrt((errors**2).mean()))


def continuations(truth: Any, others: Any, forecasts: dict[str, Any]) -> Figure:
    """Return a figure of some series, what was known of them, and how they were continued."""
    figure, grid = panels(
        4, 1, (7.4, 7.2), "Continued from step 60 on, each forecast the next input"
    )
    steps = np.arange(KNOWN + AHEAD)
    for i, axes in enumerate(grid[:, 0]):
        axes.plot(steps, truth[i], color="#B8BEC6", linewidth=3, label="without noise")
        axes.plot(steps[:KNOWN], others[i, :KNOWN], "k.", markersize=3, label="known")
        for (name, said), (colour, dashes, _) in zip(forecasts.items(), LOOKS, strict=False):
            axes.plot(steps[KNOWN:], said[i], color=colour, linestyle=dashes, label=name)
        axes.set(ylim=(-1.3, 1.3), xlim=(0, KNOWN + AHEAD - 1))
        tidy(axes)
    grid[0, 0].legend(frameon=False, fontsize=8, ncol=4, loc="lower left", bbox_to_anchor=(0, 1))
    grid[-1, 0].set_xlabel("step")
    return figure


def by_distance(forecasts: dict[str, Any], future: Any) -> Figure:
    """Return a figure of the errors by how far ahead they are."""
    series = {
        name: np.sqrt(((said - future) ** 2).mean(axis=0)) for name, said in forecasts.items()
    }
    figure = viz.curves(series, title="The GRU goes astray slowest", xlabel="steps ahead",
                        ylabel="root mean square error", start=1)  # fmt: skip
    [axes] = figure.axes
    axes.set_ylim(0, 1.3)
    axes.legend(frameon=False, handlelength=3.5, ncol=2, loc="upper center")
    return figure


def gates(model: Sequential, series: Any) -> Figure:
    """Return a figure of a series and of both gates of every unit."""
    cell = model.parts[0]
    assert isinstance(cell, GRU)
    reset, kept = [], []
    with no_grad():
        [h] = cell.start
        for x in series.tolist():
            reset.append(numbers_of(cell.reset_gate([x, *h])))
            kept.append(numbers_of(cell.update_gate([x, *h])))
            [h] = cell.step(x, (h,))
    figure, grid = panels(3, 1, (7.4, 6.4), "The gates of a GRU swing with the series")
    top, *maps = grid[:, 0]
    top.plot(series, color=LOOKS[0][0])
    top.set(ylabel="series", xlim=(-0.5, len(series) - 0.5))
    tidy(top)
    for axes, numbers, title in (
        (maps[0], reset, "reset gates (black looks at the memory)"),
        (maps[1], kept, "update gates (black keeps the old state)"),
    ):
        image = axes.imshow(np.transpose(numbers), cmap="Greys", vmin=0, vmax=1, aspect="auto",
                            interpolation="nearest")  # fmt: skip
        axes.set_title(title, fontsize=9, loc="left")
        axes.set(ylabel="unit", yticks=[])
        figure.colorbar(image, ax=axes, pad=0.01)
    maps[-1].set_xlabel("step")
    return figure
