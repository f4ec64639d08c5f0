"""Fits by second derivatives, through SciPy."""
