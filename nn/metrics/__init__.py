"""Metrics: what people read, and no gradient flows through.

A metric takes outputs, as a model gives them, and targets. The outputs of classifiers are rows of
logits or probabilities, whose largest is the class (from 0, the first of equal ones), or single
scores: above the threshold (0; give 0.5 for the output of a sigmoid) the class 1, else -1 if the
targets are -1 and 1, 0 if they are 0 and 1. Targets are the numbers of classes, or one-hot rows
as wide as the outputs. Values count by their data.
"""

from nn.metrics.classification import accuracy as accuracy
from nn.metrics.classification import f1 as f1
from nn.metrics.classification import log_loss as log_loss
from nn.metrics.classification import precision as precision
from nn.metrics.classification import recall as recall
from nn.metrics.confusion import confusion_matrix as confusion_matrix
from nn.metrics.confusion import confusion_table as confusion_table
from nn.metrics.learning import LearningPoint as LearningPoint
from nn.metrics.learning import learning_curve as learning_curve
from nn.metrics.names import METRICS as METRICS
from nn.metrics.names import find_metric as find_metric
from nn.metrics.ranking import roc_auc as roc_auc
from nn.metrics.ranking import roc_curve as roc_curve
from nn.metrics.regression import mae as mae
from nn.metrics.regression import mse as mse
from nn.metrics.regression import r2 as r2
from nn.metrics.regression import rmse as rmse
