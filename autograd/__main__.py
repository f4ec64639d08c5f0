"""The prompt, python -m autograd, and the command beside it, python -m autograd check."""

from __future__ import annotations

import argparse
import builtins
import code
import sys
from contextlib import suppress
from typing import Any

import autograd
import autograd.installed

TOUR = """\
[bold]chalkgrad[/bold]  Write scalars. See every derivative. Run at matrix speed.

  a = Value(2.0, label="a")              a number that remembers
  y = a * tanh(a) + 1                    write mathematics
  y.backward(); a.grad                   dy/da
  grad(lambda x: x**3)(2.0)              derivatives of functions ...
  hessian(lambda x: x[0]**2 * x[1])([3.0, 5.0])
  derivative(sin, 4)(1.0)                ... of any order
  table(y)                               the forward and the reverse trace
  tree(y)                                the expression as a tree
  explain(y, a)                          the chain rule with numbers
  why(a)                                 why a gradient is 0 or nan
  import viz; viz.draw(y).save("y.svg")  the diagram

Imported: Value, grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp,
derivative, every function, np, and autograd itself, whose sum, abs, max, min
and round leave Python's own alone: autograd.sum(xs).
"""


def names() -> dict[str, Any]:
    """Return what the prompt imports: every public name that shadows no built-in."""
    import numpy as np

    public = {name: getattr(autograd, name) for name in autograd.__all__}
    kept = {name: f for name, f in public.items() if not hasattr(builtins, name)}
    return {**kept, "autograd": autograd, "np": np}


def main() -> int:
    """Open the prompt, IPython's where it is installed, or check a gradient."""
    if sys.argv[1:2] == ["check"]:
        return check(sys.argv[2:])
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description=__doc__,
        epilog="Check a gradient: python -m autograd check --help",
    )
    parser.add_argument("--plain", action="store_true", help="Python's own prompt, not IPython's")
    plain = parser.parse_args().plain
    from rich.console import Console

    Console().print(TOUR, highlight=False)
    try:
        import IPython
    except ImportError:
        plain = True
    if plain:
        with suppress(ImportError):  # line editing and history; Windows has none
            import readline  # noqa: F401

        code.interact(banner="", local=names(), exitmsg="")
    else:
        IPython.start_ipython(argv=["--no-banner"], user_ns=names())
    return 0


def check(arguments: list[str]) -> int:
    """Return the exit status of the check; 2, as for other bad input, without mpmath."""
    try:
        from autograd.check import command
    except ImportError as error:
        print(error, file=sys.stderr)
        return 2
    return command.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
