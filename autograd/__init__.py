"""A scalar reverse-mode automatic differentiation engine: write scalars, see every derivative."""

from autograd import functions
from autograd.functions import *  # noqa: F403
from autograd.value import Value, derivatives, gradients, no_grad, nodes
