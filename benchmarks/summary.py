"""Medians, spreads, ratios within a run, and who disagrees with whom."""

from __future__ import annotations

from statistics import median, quantiles

from benchmarks.race import Runs

TOLERANCE = 1e-9  # float64 engines differ by rounding only


def typical(runs: Runs, name: str, key: str = "figure") -> float:
    """Return the median over the turns."""
    return float(median(result[key] for result in runs[name]))


def spread(runs: Runs, name: str, key: str = "figure") -> float:
    """Return half the interquartile range over the turns, as a share of the median."""
    figures = [result[key] for result in runs[name]]
    if len(figures) < 2:
        return 0.0
    low, _, high = quantiles(figures, n=4, method="inclusive")
    return float((high - low) / 2 / median(figures))


def ratios(runs: Runs, name: str, base: str) -> list[float]:
    """Return this engine's figure over the base's, turn by turn."""
    pairs = zip(runs.get(name, []), runs.get(base, []), strict=False)
    return [a["figure"] / b["figure"] for a, b in pairs]


def cell(runs: Runs, name: str) -> str:
    """Return 'median ±spread', or a dash for an engine that did not run."""
    if name not in runs:
        return "—"
    figure = typical(runs, name)
    text = f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"
    return f"{text} ±{spread(runs, name):.0%}" if len(runs[name]) > 1 else text


def ratio_cell(runs: Runs, name: str, base: str) -> str:
    """Return 'median ±spread (ratio to the base)'."""
    found = ratios(runs, name, base)
    return f"{cell(runs, name)} ({median(found):.3g})" if found else cell(runs, name)


def target(runs: Runs, name: str, base: str, limit: float, what: str) -> list[str]:
    """Return one line: the ratio, its range over the turns, and whether it meets the limit."""
    found = ratios(runs, name, base)
    if not found:
        return []
    ratio = median(found)
    return [
        f"{what}: {name} / {base} = {ratio:.3g} ({min(found):.3g} to {max(found):.3g}), "
        f"target at most {limit:.3g}: {'met' if ratio <= limit else 'MISSED'}"
    ]


def disagreements(runs: Runs, what: str, tolerance: float = TOLERANCE) -> list[str]:
    """Return a line per engine whose value or gradient is far from the median engine's."""
    answers = {
        name: [results[0]["value"], *results[0]["gradient"]]
        for name, results in runs.items()
        if results[0]["gradient"]
    }
    if len(answers) < 2:
        return []
    agreed = [median(column) for column in zip(*answers.values(), strict=True)]
    scales = [abs(agreed[0]), *[max(map(abs, agreed[1:]))] * (len(agreed) - 1)]
    lines = []
    for name, answer in answers.items():
        errors = [abs(a - b) for a, b in zip(answer, agreed, strict=True)]
        worst = max(e / (s or 1.0) for e, s in zip(errors, scales, strict=True))
        if not worst <= tolerance:  # nan disagrees too
            lines.append(f"{what}: {name} differs from the others by {worst:.1g}, relatively")
    return lines or [f"{what}: all {len(answers)} engines agree on value and gradient"]
