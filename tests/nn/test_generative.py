"""Autoencoders, the variational one and adversarial training: formulas, errors, and what is learned."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import nn
from autograd import Value, dot
from autograd.check import check_gradient
from nn.generative.adversarial import fit_adversarial
from nn.generative.adversarial_losses import discriminator_loss, generator_loss
from nn.generative.autoencoder import Autoencoder
from nn.generative.variational import VariationalAutoencoder
from nn.layers.noise import Noise
from nn.training.checkpoint import Checkpoint


def linear(nin, nout, **options):
    return nn.Layer(nin, nout, activation="linear", **options)


# --- noise ---


def test_noise_is_normal_and_absent_in_use():
    noise = Noise(0.5, seed=3)
    moved = np.array(noise([1.0] * 20_000)) - 1
    assert abs(moved.mean()) < 5 * 0.5 / math.sqrt(20_000)
    assert abs(moved.std() - 0.5) < 5 * 0.5 / math.sqrt(40_000)
    within = [float((np.abs(moved) < k * 0.5).mean()) for k in (1, 2)]
    assert within == pytest.approx([math.erf(k / math.sqrt(2)) for k in (1, 2)], abs=0.02)
    assert noise.eval()([[1.0], [2.0]]) == [[1.0], [2.0]]
    assert Noise(0.0)([1.0]) == [1.0]


@pytest.mark.parametrize("deviation", [-0.1, math.nan, math.inf, True, "0.1"])
def test_a_deviation_that_is_none_is_refused(deviation):
    with pytest.raises(ValueError, match="0 or above"):
        Noise(deviation)


@pytest.mark.parametrize("model", [
    lambda: Autoencoder(nn.Sequential(Noise(0.3, seed=1), linear(3, 2, seed=0)), linear(2, 3, seed=1)),
    lambda: VariationalAutoencoder(linear(3, 4, seed=0), linear(2, 3, seed=1), seed=1),
])  # fmt: skip
def test_programs_draw_what_graphs_draw(model):
    X = np.random.RandomState(0).uniform(0, 1, (20, 3))
    losses = []
    for engine in ("compiled", "eager"):
        of = model()
        loss = of.negative_elbo if hasattr(of, "negative_elbo") else "mean_squared_error"
        history = nn.fit(of, X, X, loss=loss, epochs=3, batch_size=8, seed=0, engine=engine,
                         progress=False)  # fmt: skip
        assert history.engine == engine
        losses.append(history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


# --- the autoencoder ---


def test_a_linear_autoencoder_finds_the_principal_plane():
    """No linear code of 2 numbers can have a smaller error than the discarded eigenvalues (Eckart
    and Young 1936), and the one learned comes to it."""
    source = np.random.RandomState(0)
    turned = np.linalg.qr(source.standard_normal((4, 4)))[0]
    X = source.standard_normal((60, 4)) @ np.diag([1.5, 1.0, 0.3, 0.2]) @ turned
    X -= X.mean(axis=0)
    least = np.linalg.eigvalsh(X.T @ X / 60)[:2].sum() / 4
    model = Autoencoder(linear(4, 2, seed=0), linear(2, 4, seed=1))
    nn.fit(model, X, X, loss="mean_squared_error", optimizer=nn.Adam(lr=0.05), epochs=1500,
           batch_size=None, schedule=nn.CosineDecay(), seed=0, progress=False)  # fmt: skip
    error = model.reconstruction_errors(X).mean()
    assert least - 1e-12 <= error <= least * 1.0001


def test_errors_are_those_of_what_is_decoded():
    model = Autoencoder(linear(2, 1, init=lambda *_: 0.5), linear(1, 2, init=lambda *_: 1.0))
    X = [[1.0, 3.0], [2.0, 2.0]]  # decoded [2, 2] both
    np.testing.assert_array_equal(model.reconstruct(X), [[2.0, 2.0], [2.0, 2.0]])
    np.testing.assert_array_equal(model.reconstruction_errors(X), [1.0, 0.0])
    assert model.encode([1.0, 3.0]).data == 2.0
    assert [y.data for y in model.decode(4.0)] == [4.0, 4.0]


def test_images_keep_their_form():
    model = Autoencoder(nn.Sequential(nn.Flatten(), linear(4, 1, seed=0)), linear(1, 4, seed=1))
    X = np.random.RandomState(0).uniform(0, 1, (3, 1, 2, 2))
    assert model.reconstruct(X).shape == X.shape
    assert model.reconstruction_errors(X).shape == (3,)


def test_both_halves_see_a_whole_batch():
    model = Autoencoder(nn.Sequential(nn.BatchNorm(2), linear(2, 1, seed=0)), linear(1, 2, seed=1))
    rows = [[1.0, 5.0], [3.0, 9.0]]
    together = model.batch(rows)
    norm = nn.BatchNorm(2)
    expected = [model.decoder(model.encoder.parts[1](row)) for row in norm.batch(rows)]
    assert [[y.data for y in row] for row in together] == [
        [y.data for y in row] for row in expected
    ]
    assert model.encoder.parts[0].running_mean == norm.running_mean


def test_layers_are_numbered_through_both_halves():
    model = Autoencoder(nn.MLP(2, [3, 1], seed=0), nn.MLP(1, [2], seed=1))
    assert len({p.label for p in model.parameters()}) == len(model.parameters())
    assert [len(layer.neurons) for layer in model.layers] == [3, 1, 2]
    assert repr(model).startswith("Autoencoder(MLP of [")


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("kind", [Autoencoder, VariationalAutoencoder])
def test_a_half_must_be_a_module(kind, half):
    halves = [linear(2, 2), linear(1, 2)]
    halves[half] = abs
    with pytest.raises(
        TypeError, match=f"{kind.__name__}.*{('encoder', 'decoder')[half]}=.*Module"
    ):
        kind(*halves)


def test_a_decoder_of_another_size_is_told():
    model = Autoencoder(linear(3, 1), linear(1, 2))
    with pytest.raises(ValueError, match="gives 2 numbers and a sample has 3"):
        model.reconstruct([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="2 outputs and 3 targets"):
        nn.fit(model, [[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]], loss="mean_squared_error")


@pytest.mark.parametrize("model", [
    Autoencoder(nn.Sequential(Noise(0.3), linear(3, 2)), linear(2, 3)),
    VariationalAutoencoder(linear(3, 4), linear(2, 3), "normal", 0.25),
])  # fmt: skip
def test_a_saved_model_is_the_same(model, tmp_path):
    model.save(tmp_path / "model.json")
    loaded = nn.load(tmp_path / "model.json")
    assert repr(loaded) == repr(model)
    assert loaded.state_dict() == model.state_dict()
    X = [[0.1, 0.2, 0.3]]
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    if isinstance(model, VariationalAutoencoder):
        assert (loaded.likelihood, loaded.deviation) == ("normal", 0.25)


# --- the variational autoencoder ---


def coded(n=1, likelihood="normal", deviation=1.0, seed=0):
    """Return a model from and to n numbers with a code of one."""
    return VariationalAutoencoder(
        linear(n, 2, seed=seed), linear(1, n, seed=seed + 1), likelihood, deviation, seed=2
    )


@pytest.mark.parametrize(
    ("mean", "log_variance"), [(0.0, 0.0), (1.5, -2.0), (-0.3, 1.2), (0.1, -9)]
)
def test_the_divergence_is_the_integral_of_its_definition(mean, log_variance):
    """KL = integral of q(z) ln(q(z) / p(z)) dz, summed with steps of a tiny part of q's width."""
    scale = math.exp(log_variance / 2)
    z, step = np.linspace(mean - 12 * scale, mean + 12 * scale, 20_001, retstep=True)
    log_q = -((z - mean) ** 2) / (2 * scale**2) - math.log(scale * math.sqrt(2 * math.pi))
    log_p = -(z**2) / 2 - math.log(math.sqrt(2 * math.pi))
    expected = float((np.exp(log_q) * (log_q - log_p)).sum() * step)
    found = coded().divergence([0.0, mean, log_variance], [0.0])
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-14)


def test_the_mean_elbo_is_ln_p_where_the_code_is_the_true_posterior():
    """x = w z + b + noise of deviation d: ln p(x) is that of N(b, w**2 + d**2), q(z | x) is normal,
    and with it the ELBO is exactly ln p(x), whatever the draws' mean; it is taken by quadrature."""
    w, b, d, x = 0.8, 0.3, 0.5, 1.7
    variance = 1 / (1 + w**2 / d**2)
    model = coded(deviation=d)
    encoder, decoder = model.encoder.neurons, model.decoder.neurons
    encoder[0].w[0].data, encoder[0].b.data = variance * w / d**2, -variance * w * b / d**2
    encoder[1].w[0].data, encoder[1].b.data = 0.0, math.log(variance)
    decoder[0].w[0].data, decoder[0].b.data = w, b
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)  # exact for squares
    draws = iter(nodes.tolist())
    model.generator.gauss = lambda: next(draws)
    elbos = [-model.negative_elbo(model([x]), [x]).data for _ in nodes]
    total = w**2 + d**2
    log_p = -((x - b) ** 2) / (2 * total) - math.log(2 * math.pi * total) / 2
    assert dot(weights, elbos) / math.sqrt(2 * math.pi) == pytest.approx(log_p, rel=1e-12)
    encoder[1].b.data += 0.5  # any other q: the bound is lower
    draws = iter(nodes.tolist())
    lower = [-model.negative_elbo(model([x]), [x]).data for _ in nodes]
    assert dot(weights, lower) / math.sqrt(2 * math.pi) < log_p - 0.01


def test_training_comes_to_the_likelihood_of_the_linear_model():
    """The best linear model is probabilistic PCA, whose ELBO is its likelihood: here of N(m, v)."""
    X = np.random.RandomState(1).normal(2.0, 1.5, (100, 1))
    model = coded(deviation=0.9)
    nn.fit(model, X, X, loss=model.negative_elbo, optimizer=nn.Adam(lr=0.05), epochs=800,
           batch_size=50, schedule=nn.CosineDecay(), seed=0, progress=False)  # fmt: skip
    [w], b = (p.data for p in model.decoder.neurons[0].w), model.decoder.neurons[0].b.data
    assert b == pytest.approx(X.mean(), rel=0.01)
    assert w**2 + 0.9**2 == pytest.approx(X.var(), rel=0.03)
    generated = model.generate(np.random.RandomState(0).standard_normal((5000, 1)))
    assert generated.std() == pytest.approx(abs(w), rel=0.05)


def test_codes_are_drawn_in_training_and_means_in_use():
    model = coded(2)
    assert model([1.0, 2.0])[0].data != model([1.0, 2.0])[0].data
    model.eval()
    mean, _ = model.encode([1.0, 2.0])
    assert [y.data for y in model([1.0, 2.0])[:2]] == [y.data for y in model.decode(mean)]
    np.testing.assert_array_equal(
        model.reconstruct([[1.0, 2.0]]), [[y.data for y in model.decode(mean)]]
    )


def test_chances_are_generated_for_pixels():
    model = coded(2, "bernoulli")
    logits = model.decoder.predict([[800.0], [-800.0]])
    expected = [[0.0 if y < 0 else 1.0 for y in row] for row in logits.tolist()]
    np.testing.assert_allclose(model.generate([[800.0], [-800.0]]), expected, atol=1e-12)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("likelihood", ["bernoulli", "normal"])
def test_elbo_gradients_by_its_parameters(likelihood, order):
    model, x = coded(2, likelihood, 0.7), [0.2, 0.9]
    model.generator.gauss = lambda: 0.6
    halves = [layer.neurons for layer in (model.encoder, model.decoder)]
    points = [p.data for p in model.parameters()]

    def f(values):
        numbers = iter(values)
        for neurons in halves:
            for neuron in neurons:
                neuron.w = [next(numbers) for _ in neuron.w]
                neuron.b = next(numbers)
        return model.negative_elbo(model(x), x, beta=1.5)

    report = check_gradient(f, points, order=order)
    assert report.ok, report


@pytest.mark.parametrize(("options", "match"), [
    ({"likelihood": "bernouli"}, "did you mean 'bernoulli'"),
    ({"deviation": 0.0}, "above 0"),
    ({"deviation": math.nan}, "above 0"),
])  # fmt: skip
def test_options_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        VariationalAutoencoder(linear(2, 2), linear(1, 2), **options)


def test_wrong_counts_of_numbers_are_told():
    with pytest.raises(ValueError, match="encoder gives 3 numbers"):
        VariationalAutoencoder(linear(2, 3), linear(1, 2))([0.0, 1.0])
    with pytest.raises(ValueError, match="encoder gives 3 numbers"):
        VariationalAutoencoder(linear(2, 3), linear(1, 2)).reconstruct([[0.0, 1.0]])
    with pytest.raises(ValueError, match="gives 4 numbers and a sample has 6"):
        VariationalAutoencoder(linear(6, 8), linear(4, 4))(
            [0.0] * 6
        )  # 4 + 4 + 4: enough for a loss
    with pytest.raises(ValueError, match="4 outputs for a sample of 3"):
        coded(2).negative_elbo([0.0] * 4, [0.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="must be from 0 to 1"):
        nn.fit(coded(2, "bernoulli"), [[0.0, 2.0]], [[0.0, 2.0]],
               loss=coded(2, "bernoulli").negative_elbo)  # fmt: skip


# --- adversarial losses ---


def test_losses_are_those_of_the_probabilities():
    for real, fake in ((0.0, 0.0), (2.0, -1.0), (-0.5, 3.0)):
        d, g = (1 / (1 + math.exp(-y)) for y in (real, fake))
        assert discriminator_loss(real, fake) == pytest.approx(-math.log(d) - math.log(1 - g))
        smoothed = -0.9 * math.log(d) - 0.1 * math.log(1 - d) - math.log(1 - g)
        assert discriminator_loss(real, fake, label_smoothing=0.1) == pytest.approx(smoothed)
        assert generator_loss(fake) == pytest.approx(-math.log(g))
        assert generator_loss(fake, saturating=True) == pytest.approx(math.log(1 - g))


def test_the_best_discriminator_is_the_share_of_the_densities():
    """Proposition 1: at a place where p and q are the densities, D = p / (p + q) has slope 0."""
    p, q = 0.3, 1.1
    y = Value(math.log(p / q))  # the logit of p / (p + q)
    (p * discriminator_loss(y, -1e3) + q * discriminator_loss(1e3, y)).backward()
    assert y.grad == pytest.approx(0, abs=1e-15)


def test_only_the_saturating_loss_is_flat_for_a_sure_discriminator():
    slopes = []
    for saturating in (False, True):
        y = Value(-20.0)
        generator_loss(y, saturating=saturating).backward()
        slopes.append(y.grad)
    assert slopes == pytest.approx([-1.0, -math.exp(-20)], rel=1e-8)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, math.nan])
def test_a_smoothing_that_is_no_share_is_refused(smoothing):
    with pytest.raises(ValueError, match="label_smoothing"):
        discriminator_loss(0.0, 0.0, label_smoothing=smoothing)


# --- adversarial training ---


def pair(seed=0):
    return linear(1, 2, seed=seed), nn.MLP(2, [8, 1], activation="tanh", seed=seed + 1)


CLOUD = np.random.RandomState(0).normal([1.0, -1.0], 0.2, (50, 2))
train = partial(fit_adversarial, noise=1, seed=0, progress=False)


def test_fakes_come_to_where_the_samples_are():
    generator, discriminator = pair()
    before = generator.predict(np.zeros((1, 1)))[0]
    history = train(generator, discriminator, CLOUD, epochs=150, batch_size=10)
    after = generator.predict(np.random.RandomState(1).standard_normal((500, 1))).mean(axis=0)
    assert np.abs(after - [1.0, -1.0]).max() < 0.25 < np.abs(before - [1.0, -1.0]).max()
    assert len(history) == 150
    assert list(history.columns) == ["discriminator_loss", "generator_loss"]


def test_the_seed_decides_all():
    histories = [train(*pair(), CLOUD, epochs=2, batch_size=16) for _ in range(2)]
    assert histories[0] == histories[1]
    assert train(*pair(), CLOUD, epochs=2, batch_size=16, seed=1) != histories[0]


def test_only_its_own_steps_move_a_network():
    generator, discriminator = pair()
    start = generator.state_dict()
    moved = []

    class Watch:
        def on_batch_end(self, state):
            state.write_back()
            moved.append(state.generator.state_dict() != start)

    train(generator, discriminator, CLOUD, epochs=1, batch_size=10, discriminator_steps=3,
          callbacks=[Watch()])  # fmt: skip
    assert moved == [False, False, True, True, True]


def test_frozen_parts_and_modes_are_kept():
    generator = nn.Sequential(linear(1, 3, seed=0), nn.Dropout(0.5, seed=0), linear(3, 2, seed=1))
    discriminator = pair()[1].eval()
    frozen = generator.parts[0].freeze().state_dict()
    train(generator, discriminator, CLOUD, epochs=1)
    assert generator.parts[0].state_dict() == frozen
    assert generator.training
    assert not discriminator.training


def test_callbacks_see_every_epoch_and_may_stop_it():
    seen, numbers = [], [pair()[0].state_dict()]

    def watch(state):
        seen.append((state.epoch, len(state.history)))
        assert state.generator.state_dict() not in numbers
        numbers.append(state.generator.state_dict())
        if state.epoch == 2:
            state.stop("enough")

    history = train(*pair(), CLOUD, epochs=5, callbacks=[watch])
    assert seen == [(1, 1), (2, 2)]
    assert history.stopped == "enough"


def test_images_are_made_and_judged():
    generator = nn.Sequential(linear(1, 4, seed=0), lambda y: [[y[:2], y[2:]]])
    discriminator = nn.Sequential(nn.Flatten(), linear(4, 1, seed=1))
    X = np.random.RandomState(0).uniform(0, 1, (6, 1, 2, 2))
    assert len(train(generator, discriminator, X, epochs=2)) == 2


def test_a_loss_that_is_not_finite_ends_it():
    generator, discriminator = pair()[0], linear(2, 1, seed=1)
    optimizer = nn.SGD(lr=1e200)
    with pytest.raises(nn.DivergedError, match=r"the discriminator: .* epoch 1 of 3") as caught:
        train(generator, discriminator, CLOUD * 1e150, epochs=3, discriminator_optimizer=optimizer)
    assert all(math.isfinite(p.data) for p in discriminator.parameters())
    assert len(caught.value.history) == 0


def test_ctrl_c_keeps_whole_steps_and_the_history():
    def interrupt(state):
        if state.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(nn.Interrupted, match="epoch 2 of 4") as caught:
        train(*pair(), CLOUD, epochs=4, callbacks=[interrupt])
    assert len(caught.value.history) == 2
    assert caught.value.history.stopped.startswith("interrupted in epoch 2")


@pytest.mark.parametrize(("change", "error", "match"), [
    ({"generator": abs}, TypeError, "generator=.*Module"),
    ({"discriminator": None}, TypeError, "discriminator=None.*Module"),
    ({"noise": 0}, ValueError, "noise=0"),
    ({"noise": 2}, ValueError, "Layer of 1 input: 2 were given"),
    ({"X": [[1.0, math.inf]]}, ValueError, "X: nan or infinite in row 0"),
    ({"X": [[1.0, 2.0, 3.0]]}, ValueError, r"makes \(2,\) and a sample of X has the shape \(3,\)"),
    ({"discriminator": linear(2, 3)}, ValueError, "gives 3 numbers"),
    ({"generator": nn.Sequential(linear(1, 2), nn.BatchNorm(2))}, ValueError, "BatchNorm.*LayerNorm"),
    ({"generator": linear(1, 2).freeze()}, ValueError, "generator has no parameters to train"),
    ({"discriminator_steps": 3}, ValueError, "discriminator_steps=3.*from 1 to 2"),
    ({"label_smoothing": 2}, ValueError, "label_smoothing=2"),
    ({"label_smoothing": "0.1"}, ValueError, "label_smoothing='0.1'"),
    ({"callbacks": [nn.EarlyStopping("generator_loss")]}, TypeError, "EarlyStopping.* is for fit"),
    ({"callbacks": [Checkpoint("c.json")]}, TypeError, "Checkpoint.* is for fit"),
    ({"generator_optimizer": "adam"}, TypeError, "generator_optimizer='adam'"),
    ({"epochs": 0}, ValueError, "epochs=0"),
])  # fmt: skip
def test_what_does_not_fit_together_is_told(change, error, match):
    generator, discriminator = pair()
    given = {"generator": generator, "discriminator": discriminator, "X": CLOUD, "noise": 1}
    start = generator.state_dict()
    with pytest.raises(error, match=match):
        fit_adversarial(**{**given, "progress": False, **change})
    assert generator.state_dict() == start


def test_a_layer_of_both_networks_is_refused():
    shared = linear(2, 2)
    generator, discriminator = (
        nn.Sequential(linear(1, 2), shared),
        nn.Sequential(shared, linear(2, 1)),
    )
    with pytest.raises(ValueError, match="the same 6 parameters"):
        train(generator, discriminator, CLOUD)
    shared.freeze()
    assert len(train(generator, discriminator, CLOUD, epochs=1)) == 1


def test_one_optimizer_for_both_is_refused():
    optimizer = nn.Adam()
    with pytest.raises(ValueError, match="each needs its own"):
        train(*pair(), CLOUD, generator_optimizer=optimizer, discriminator_optimizer=optimizer)


def test_progress_shows_both_losses(capsys):
    fit_adversarial(*pair(), CLOUD, noise=1, epochs=2, seed=0)
    said = capsys.readouterr().out
    assert "discriminator_loss" in said
    assert "generator_loss" in said
