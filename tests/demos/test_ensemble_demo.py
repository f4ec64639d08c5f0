"""The demo of networks that train at once."""

from __future__ import annotations

import numpy as np
import pytest
from running_demos import figures, run

from demos import ensemble
from nn.training.many.ensemble import Ensemble
from nn.training.many.fit_many import fit_many


@pytest.mark.demo
def test_ensemble(tmp_path, capsys):
    status, _, said, written = run("ensemble", tmp_path, capsys)
    assert status == 0
    assert written == {"agreement.svg", "spread.svg", "sweep.svg"}
    assert "times as fast as" in said.replace("\n", " ")
    reached = figures(said)
    assert reached["how much more networks disagree where they are wrong"] > 1.2


def test_the_mean_of_probabilities_is_not_that_of_scores():
    X, y = [[0.0, 1.0], [1.0, 0.0], [2.0, -1.0]], [0, 1, 1]
    found = fit_many(
        ensemble.network, X, y, ensemble.LOSS, epochs=1, seeds=range(3), progress=False
    )
    each = np.array([model.predict(X)[:, 0] for model in found.models])
    wanted = np.mean(1 / (1 + np.exp(-each)), axis=0) - 0.5
    np.testing.assert_allclose(ensemble.scores(found, X), wanted, rtol=1e-12)
    one = Ensemble(found.members[:1])
    np.testing.assert_allclose(ensemble.scores(one, X), 1 / (1 + np.exp(-each[0])) - 0.5)
