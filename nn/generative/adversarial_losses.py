"""What a generator and a discriminator each make small, as formulas of logits."""

from __future__ import annotations

from typing import Any

from nn.losses import binary_cross_entropy_with_logits as cross_entropy


def discriminator_loss(real: Any, fake: Any, *, label_smoothing: float = 0) -> Any:
    """Return -ln D(x) - ln(1 - D(G(z))), D the sigmoid of the logits of a real and a fake sample.

    Its least value is reached by D = p / (p + q), p and q the densities of real and fake samples,
    and is 2 ln 2 where these are equal. With smoothing e the first term is that of the target
    1 - e: a discriminator that is never quite sure keeps a slope. The fake one's target stays 0.
    Raises ValueError for a smoothing outside [0, 1). Sources: Goodfellow et al. 2014, "Generative
    Adversarial Nets", equation 1 and proposition 1; Salimans et al. 2016, "Improved Techniques for
    Training GANs", section 3.4 (one-sided smoothing).

    >>> discriminator_loss(0.0, 0.0)  # 2 ln 2: it cannot tell
    1.3862943611198906
    """
    if not isinstance(label_smoothing, (int, float)) or not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing={label_smoothing!r}: a share, at least 0 and below 1")
    return cross_entropy(real, 1 - label_smoothing) + cross_entropy(fake, 0)


def generator_loss(fake: Any, *, saturating: bool = False) -> Any:
    """Return -ln D(G(z)) of a fake sample's logit; `saturating` gives ln(1 - D(G(z))).

    Both fall as D takes the fake for real. The second, the game's own, is flat where D is sure that
    it is not, as D is at first; the first is steep there. Source: Goodfellow et al. 2014,
    "Generative Adversarial Nets", section 3.

    >>> generator_loss(0.0), generator_loss(0.0, saturating=True)  # ln 2, -ln 2
    (0.6931471805599453, -0.6931471805599453)
    """
    return -cross_entropy(fake, 0) if saturating else cross_entropy(fake, 1)
