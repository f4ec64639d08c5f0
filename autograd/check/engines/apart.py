"""Work that could kill the process or never end, done where it can do no harm."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable
from typing import Any

from autograd.check.engines.candidate import NotThere, Wrong, said

SECONDS = 20  # of computing; what is done here takes an engine of linear cost less than one


class _TooMuch(BaseException):  # an engine's own `except Exception` must not catch it
    pass


def apart(action: Callable[[], str], *, too_much: str, died: str, calls: int = 0) -> str:
    """Return what an action returns, or raise its Wrong or NotThere, from a forked child.

    An engine in C or Rust that overflows the stack then costs a child and not the session; one
    that goes on for more than `SECONDS` of computing, or that many `calls` of functions, is
    stopped. Where the system has no safe fork it is done here, with the limit of calls only.
    """
    if not hasattr(os, "fork") or sys.platform == "darwin":  # Apple's libraries do not bear it
        return _answered(*_answer(action, too_much, died, calls))
    source, target = os.pipe()
    with warnings.catch_warnings():  # JAX, if it is loaded, warns of its threads at any fork
        warnings.simplefilter("ignore", RuntimeWarning)
        child = os.fork()
    if child == 0:  # pragma: no cover - in another process
        _work(target, lambda: _answer(action, too_much, died, calls))
    os.close(target)
    with os.fdopen(source) as pipe:
        text = pipe.read()
    status = os.waitpid(child, 0)[1]
    if text:
        return _answered(*json.loads(text))
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGVTALRM:
        raise Wrong("an end", f"none after {SECONDS} s of computing", too_much)
    cause = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "no answer"
    raise Wrong("an answer", f"the process died: {cause}", died)


def _work(target: int, answer: Callable[[], list[Any]]) -> None:
    for each in (signal.SIGVTALRM, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
        signal.signal(each, signal.SIG_DFL)
    gc.disable()  # a collection would copy every page that the parent holds
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        os.write(target, json.dumps(answer()).encode())
    finally:
        os._exit(0)  # without the parent's exit handlers, and without its buffers


def _answer(action: Callable[[], str], too_much: str, died: str, calls: int) -> list[Any]:
    """Return the kind of the outcome and its arguments."""
    try:
        return ["passed", _counted(action, calls)]
    except (Wrong, NotThere) as error:
        return [type(error).__name__, *error.args]
    except _TooMuch:
        return ["Wrong", "an end", f"none after {calls:,} calls of functions", too_much]
    except Exception as error:
        return ["Wrong", "an answer", said(error), died]


def _answered(kind: str, *arguments: Any) -> str:
    if kind == "passed":
        return str(arguments[0])
    raise {"Wrong": Wrong, "NotThere": NotThere}[kind](*arguments)


def _counted(action: Callable[[], str], limit: int) -> str:
    """Return what the action returns; raise _TooMuch after that many calls, if there is a limit."""
    if not limit:
        return action()
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")
        if calls > limit:
            raise _TooMuch

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return action()
    finally:
        sys.setprofile(before)
