"""Neural networks of visible scalars: every weight is a `Value`, every neuron a few nodes."""

import autograd.installed  # noqa: F401  (first: says if it is another package)
from nn.adam import Adam as Adam
from nn.initialisers import glorot as glorot
from nn.initialisers import he as he
from nn.initialisers import uniform as uniform
from nn.layer import Layer as Layer
from nn.losses import cross_entropy as cross_entropy
from nn.losses import hinge as hinge
from nn.losses import mean_squared_error as mean_squared_error
from nn.metrics import accuracy as accuracy
from nn.mlp import MLP as MLP
from nn.module import Module as Module
from nn.neuron import Neuron as Neuron
from nn.sgd import SGD as SGD
