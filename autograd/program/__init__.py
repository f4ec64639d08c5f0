"""Programs: scalar functions recorded once, lifted into matrix operations, and run as NumPy."""

from autograd.program.compiled import Compiled, compile
from autograd.program.recording.draws import draw

__all__ = ["Compiled", "compile", "draw"]
