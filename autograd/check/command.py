"""The command line: python -m autograd check package.module:function --at 1.0,2.0."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from difflib import get_close_matches
from functools import cache, wraps
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from inspect import Parameter, signature
from operator import attrgetter
from pathlib import Path
from sysconfig import get_path
from traceback import extract_tb
from types import ModuleType
from typing import Any

import numpy as np
from rich.console import Console

from autograd.check.gradients import check_gradient
from autograd.numbers import Function

RIGHT, WRONG, BAD_INPUT = 0, 1, 2  # the exit status
OURS = str(Path(__file__).parents[1])


def main(arguments: Sequence[str]) -> int:
    """Check the gradient that the arguments name, and return the exit status.

    It is 0 for a right gradient, 1 for a wrong one, and 2 if there was nothing to judge; then
    stderr has one line that says why.
    """
    options = _parser().parse_args(_joined(arguments))
    try:
        with redirect_stdout(sys.stderr):  # what their code prints is not our report
            report = _report(options)
    except (Exception, SystemExit) as error:
        print(f"python -m autograd check: {_one_line(error)}", file=sys.stderr)
        return BAD_INPUT
    if options.json:
        print(json.dumps(report.to_json(), indent=1))
    else:
        Console(width=160).print(report)
    return RIGHT if report.ok else WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd check",
        description="Check a gradient against numbers that do not come from the rules they judge.",
        epilog="exit status: 0 the gradient is right, 1 it is wrong, 2 bad input",
    )
    add = parser.add_argument
    add("function", help="package.module:function or path/to/file.py:function")
    add("--at", required=True, metavar="X",
        help="the point: 3.0 calls f(3.0); 1.0,2.0 calls f(x) with the array x = [1.0, 2.0], or "
        "f(1.0, 2.0) if f takes two arguments; anything nested is written in JSON, where lists "
        """stand for arrays: '{"w": [[1, 2], [3, 4]], "b": 0.5}'""")  # fmt: skip
    add("--gradient", metavar="FUNCTION",
        help="the gradient to judge, a function that takes what the first one takes and returns "
        "one derivative for each number (by default chalkgrad's)")  # fmt: skip
    add("--order", type=int, help="2 for second derivatives")
    add("--oracle", help="who judges (by default the sharpest oracle that applies)")
    add("--tolerance", type=float, help="the error allowed (by default what rounding explains)")
    add("--precision", help="what the gradient was computed in: float64, float32")
    add("--digits", type=int, help="the decimal digits of the reference")
    add("--json", action="store_true", help="print the report as JSON")
    return parser


def _joined(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with --at and its value in one: -1.0,2.0 would pass for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == "--at":
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _report(options: argparse.Namespace) -> Any:
    f, x = _called_with_one(find(options.function), parsed(options.at), options)
    claimed = None
    if options.gradient:
        claimed, _ = _called_with_one(find(options.gradient), parsed(options.at), options)
    names = ("order", "oracle", "tolerance", "precision", "digits")
    given = {n: v for n in names if (v := getattr(options, n)) is not None}
    return check_gradient(f, x, claimed, **given)


def find(place: str) -> Function:
    """Return the function at module:name or file.py:name. Raises ValueError if there is none.

    >>> find("math:hypot")(3, 4)
    5.0
    """
    source, _, name = place.rpartition(":")
    if not source or not name:
        raise ValueError(
            f"{place!r} names no function: write package.module:function or file.py:function"
        )
    module = _loaded(source)
    try:
        f = attrgetter(name)(module)
    except AttributeError:
        near = get_close_matches(name, [n for n, v in vars(module).items() if callable(v)], n=1)
        meant = f": did you mean {near[0]}?" if near else ""
        raise ValueError(f"{source} has no {name}{meant}") from None
    if not callable(f):
        raise ValueError(f"{place} is {f!r}, which cannot be called: a function is needed")
    found: Function = f
    return found


@cache
def _loaded(source: str) -> ModuleType:
    """Return a module by its name or, once, from its file, beside which it may import others."""
    if not source.endswith(".py"):
        try:
            return import_module(source)
        except ModuleNotFoundError as error:
            if error.name and f"{source}.".startswith(f"{error.name}."):
                where = f"Python looks in {Path.cwd()} and in what is installed"
                raise ValueError(f"there is no module {error.name}: {where}") from None
            raise
    path = Path(source).resolve()
    spec = spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ValueError(f"there is no file {source}")
    sys.path.insert(0, str(path.parent))
    module = module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def parsed(text: str) -> Any:
    """Return the number, the list of numbers, or the nested numbers that --at gives.

    >>> parsed("3"), parsed("1.0,2.0"), parsed('{"w": [1, [2]]}')
    (3.0, [1.0, 2.0], {'w': [1.0, [2.0]]})
    """
    try:
        numbers = [float(part) for part in text.removesuffix(",").split(",")]
        return numbers if "," in text else numbers[0]
    except ValueError:
        pass
    try:
        return json.loads(text, parse_int=float)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"--at {text}: neither a number, nor several as 1.0,2.0, nor JSON ({error})"
        ) from None


def _called_with_one(f: Function, x: Any, options: argparse.Namespace) -> tuple[Function, Any]:
    """Return a function of one argument, and that; one of several is given an item for each."""
    try:
        parameters = signature(f).parameters.values()
    except (TypeError, ValueError):  # some functions written in C do not say what they take
        return f, arrays(x)
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    needed = sum(p.kind in positional and p.default is Parameter.empty for p in parameters)
    if needed <= 1:
        return f, arrays(x)
    if not isinstance(x, list) or len(x) != needed:
        raise ValueError(
            f"{f.__name__} takes {needed} arguments, and --at {options.at} has "
            f"{len(x) if isinstance(x, list) else 1}: give {needed}, as in --at "
            f"{','.join(f'{i}.0' for i in range(1, needed + 1))}"
        )

    @wraps(f)
    def of_one(items: Any) -> Any:
        return f(*items)

    return of_one, [arrays(item) for item in x]


def arrays(tree: Any) -> Any:
    """Return nested numbers with NumPy arrays for lists, ragged lists aside.

    >>> arrays([[1.0, 2.0], [3.0, 4.0]]).shape
    (2, 2)
    """
    if isinstance(tree, dict):
        return {key: arrays(item) for key, item in tree.items()}
    if isinstance(tree, list):
        items = [arrays(item) for item in tree]
        same = {(type(item), np.shape(item)) for item in items if not isinstance(item, dict)}
        plain = not any(isinstance(item, (dict, list)) for item in items)
        return np.array(items, dtype=float) if plain and len(same) <= 1 else items
    if type(tree) is not float:
        raise ValueError(f"--at: {json.dumps(tree)} is not a number")
    return tree


def _one_line(error: BaseException) -> str:
    """Return what went wrong: our message, or the error in their code and where it arose."""
    message = " ".join(str(error).split("\n\n")[0].split())  # without what follows, as a table
    steps = extract_tb(error.__traceback__)
    ours = steps[-1].filename.startswith(OURS) and isinstance(error, (TypeError, ValueError))
    installed = (OURS, "<", *map(get_path, ("stdlib", "purelib", "platlib")))
    theirs = [step for step in steps if not step.filename.startswith(installed)]
    place = f" ({theirs[-1].filename}, line {theirs[-1].lineno})" if theirs else ""
    return (message if ours else f"{type(error).__name__}: {message}") + place
