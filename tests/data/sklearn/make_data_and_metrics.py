"""Write data_and_metrics.json: what scikit-learn 1.9.1 says of fixed samples (run by hand)."""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn import datasets, metrics, preprocessing
from sklearn.model_selection import train_test_split

source = np.random.RandomState(7)
logits = source.normal(size=(40, 4)).round(2)
classes = source.randint(0, 4, 40)
classes[classes == 3] = 1  # class 3 is predicted, and no target
predicted = logits.argmax(axis=1)
probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

scores = source.normal(size=30).round(1)  # with ties
binary = (scores + source.normal(size=30) > 0).astype(int)
said = (scores > 0).astype(int)

outputs, targets = source.normal(size=(25, 2)).round(3), source.normal(size=(25, 2)).round(3)
table = (source.normal(size=(12, 3)) * [1, 100, 0] + [5, -3, 0.1]).round(3)


def averages(of):
    result = {
        average: of(classes, predicted, average=average, zero_division=0)
        for average in ("macro", "micro", "weighted")
    }
    return result | {"binary": of(binary, said), "negative": of(binary, said, pos_label=0)}


roc = metrics.roc_curve(binary, scores, drop_intermediate=False)
kinds = {
    "moons": datasets.make_moons(9, noise=0.1, random_state=3),
    "circles": datasets.make_circles(9, noise=0.1, factor=0.5, random_state=3),
    "blobs": datasets.make_blobs(9, centers=3, random_state=3),
}
stored = {
    "source": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
    "logits": logits.tolist(),
    "classes": classes.tolist(),
    "scores": scores.tolist(),
    "binary": binary.tolist(),
    "outputs": outputs.tolist(),
    "targets": targets.tolist(),
    "table": table.tolist(),
    "accuracy": metrics.accuracy_score(classes, predicted),
    "confusion": metrics.confusion_matrix(classes, predicted).tolist(),
    "precision": averages(metrics.precision_score),
    "recall": averages(metrics.recall_score),
    "f1": averages(metrics.f1_score),
    "log_loss": metrics.log_loss(classes, probabilities, labels=[0, 1, 2, 3]),
    "binary_log_loss": metrics.log_loss(binary, 1 / (1 + np.exp(-scores))),
    "roc_curve": [roc[0].tolist(), roc[1].tolist(), roc[2][1:].tolist()],  # without inf
    "roc_auc": metrics.roc_auc_score(binary, scores),
    "r2": metrics.r2_score(targets, outputs),
    "mae": metrics.mean_absolute_error(targets, outputs),
    "mse": metrics.mean_squared_error(targets, outputs),
    "rmse": metrics.root_mean_squared_error(targets.ravel(), outputs.ravel()),
    "standardised": preprocessing.StandardScaler().fit_transform(table).tolist(),
    "min_max": preprocessing.MinMaxScaler((-1, 1)).fit_transform(table).tolist(),
    # the fixed splits of iris, wine, diabetes, breast cancer, digits: (training, test)
    "splits": {
        str(n): [
            part.tolist() for part in train_test_split(np.arange(n), test_size=0.25, random_state=0)
        ]
        for n in (150, 178)
    },
    "split_sums": {  # of place * sample, which tells one order from another
        str(n): [
            int((part * np.arange(1, len(part) + 1)).sum())
            for part in train_test_split(np.arange(n), test_size=0.25, random_state=0)
        ]
        for n in (442, 569, 1797)
    },
    "toys": {name: [X.tolist(), y.tolist()] for name, (X, y) in kinds.items()},
}
path = Path(__file__).with_name("data_and_metrics.json")
path.write_text(json.dumps(stored) + "\n")
