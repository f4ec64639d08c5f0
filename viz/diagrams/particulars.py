"""What a module says about itself: its sizes and options as words, and how it computes."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import Parameter, signature
from typing import Any

from viz.diagrams.digits import digits

# What modules without parameters do with what comes in, by the start of their class's name
_MAKES = {
    "MaxPool": {"max"}, "GlobalMaxPool": {"max"}, "AvgPool": {"mean"}, "GlobalAvgPool": {"mean"},
    "Readout": {"dot", "div", "max", "add"}, "PositionalEncoding": {"add"}, "Noise": {"add"},
}  # fmt: skip
_SIZES = ("nin", "nout", "nouts", "hidden")
_SAID_ELSEWHERE = {"activation", "init", "seed", *_SIZES[:3]}
_IS_ATTENTION = ("query", "key", "value")


def options_of(module: Any) -> dict[str, Any]:
    """Return what a module says it was made with; nothing for one that does not say."""
    say = getattr(module, "options", None)
    try:
        return dict(say()) if callable(say) else {}
    except (TypeError, ValueError):  # changed by hand, it can not be made again by options
        return {}


def width_of(module: Any) -> int | None:
    """Return how many numbers a module gives for each step, place or element, None if unclear."""
    options = options_of(module)
    found = [options[name] for name in ("nout", "hidden", "size", "n") if name in options]
    return found[0] if found and isinstance(found[0], int) else None


def words_of(module: Any) -> list[str]:
    """Return sizes in and out, and each option that is not as it is by default.

    >>> from nn import Conv2d, LSTM
    >>> words_of(Conv2d(1, 4, 3, stride=2)), words_of(LSTM(1, 8, last=True))
    (['1 → 4', '3×3', 'stride 2'], ['1 → 8', 'last'])
    """
    options = options_of(module)
    parameters = signature(type(module)).parameters if options else {}
    words = _sizes(options)
    for name, value in options.items():
        usual = parameters[name].default if name in parameters else Parameter.empty
        is_usual = value is None or value == "linear" or (type(value) is not str and value == usual)
        if name in _SAID_ELSEWHERE or is_usual or (name == "hidden" and "nin" in options):
            continue
        if word := _word(name, getattr(module, name, value) if name == "kernel" else value):
            words.append(word)
    return words


def _sizes(options: dict[str, Any]) -> list[str]:
    """Return [inputs → outputs], if a module says both."""
    found = [options[name] for name in _SIZES if name in options and "nin" in options]
    flat = [n for size in found for n in (size if isinstance(size, list) else [size])]
    return [" → ".join(map(str, flat))] if len(flat) > 1 else []


def _word(name: str, value: Any) -> str:
    said = name.replace("_", " ")
    if isinstance(value, bool):
        return said if value else f"no {said}"
    if isinstance(value, (list, tuple)) and value and all(isinstance(n, int) for n in value):
        times = "×".join(map(str, value))
        return times if name == "kernel" and len(value) > 1 else f"{said} {times}"
    if isinstance(value, (int, float)):
        return str(value) if name == "n" else f"{said} {digits(value)}"
    return f"{said} {value}" if isinstance(value, str) else ""


def wrapped(words: Iterable[str], longest: int = 36) -> list[str]:
    """Return words with commas between them in lines that are not too long."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) + 2 <= longest:
            lines[-1] += f", {word}"
        else:
            lines.append(word)
    return lines


def is_recurrent(module: Any) -> bool:
    """Say whether a module runs a cell through a sequence."""
    return callable(getattr(module, "advance", None))


def is_attention(module: Any) -> bool:
    """Say whether a module has queries, keys and values."""
    return all(hasattr(module, name) for name in _IS_ATTENTION)


def is_on_graphs(module: Any) -> bool:
    """Say whether a module passes messages between nodes."""
    return hasattr(module, "graph") and (hasattr(module, "layer") or hasattr(module, "heads"))


def is_cell(module: Any) -> bool:
    """Say whether a module computes with its parts what none of them does alone."""
    return is_recurrent(module) or is_attention(module) or is_on_graphs(module)


def is_unit(module: Any) -> bool:
    """Say whether a module is one thing to a reader, though it is made of others."""
    return is_cell(module) or hasattr(module, "neurons")


def makes(module: Any) -> frozenset[str]:
    """Return the operations by which a module without parameters is known."""
    kind = type(module).__name__
    return frozenset(next((rules for k, rules in _MAKES.items() if kind.startswith(k)), ()))
