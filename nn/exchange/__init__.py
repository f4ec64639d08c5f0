"""Multi-layer perceptrons to and from PyTorch and scikit-learn, with equal predictions."""

from nn.exchange.sklearn_networks import from_sklearn as from_sklearn
from nn.exchange.sklearn_networks import to_sklearn as to_sklearn
from nn.exchange.torch_networks import from_torch as from_torch
from nn.exchange.torch_networks import to_torch as to_torch
