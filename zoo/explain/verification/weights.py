"""What importance weighting does to a generator's gradient (Eqs. 15-16): of IWGAN's own phase, batch by batch."""

from dataclasses import replace

import tensorflow as tf

from ...iwgan import IWGAN
from ...theory.adversarial_losses import VIEWS
from ...theory.evaluation import Atoms, evaluate
from ...theory.expressions import E, p, x, y
from ...theory.transforms import substitute
from .identity import Identity
from .toys.adversarial import iwgan
from .toys.toy import double_precision, uniform_weights


def weighting():
    """Of every loss with a ratio r and any discriminator: l' becomes r l', over the sum of the weights.

    So the non-saturating loss's weighted gradient is the minimax GAN's, over that sum.
    """
    with double_precision():
        # Whose outputs all losses can read as a ratio.
        toy = iwgan(IWGAN(image_shape=(8, 8, 1), latent_dim=1, filters=1, adversarial_loss="least_squares"))
        for name, view in VIEWS.items():
            if view.weighted is None:
                continue
            toy.model.adversarial_loss = name
            (phase,) = (one for one in toy.model.phases if one.name == "generator")
            for run in toy.runs["generator"]:
                yield _gradients(toy, phase, run, view)


def _gradients(toy, phase, run, view):
    """Of one batch: the trained gradient, and that of the weighted loss over the mean weight."""

    def atoms(values):
        made = toy.model.generator(run.noise["codes"])
        return Atoms(uniform_weights(len(made)), {"x": made}, shared=True)

    world = replace(toy.world, atoms={**toy.world.atoms, "p_g(x)": atoms})
    ratio = substitute(view.ratio, {y: y.at(0)})
    weights = [weight.value for network in phase.networks for weight in network.trainable_weights]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(weights)
        trained = tf.reduce_sum(run.weights * phase.loss(run.batch, run.noise, True)[0])
        weighted = evaluate(E(p.g(x))[view.weighted], world)
    mean_weight = evaluate(E(p.g(x))[ratio], world)
    return tape.gradient(trained, weights), [one / mean_weight for one in tape.gradient(weighted, weights)]


IDENTITIES = (
    Identity("IWGAN: weights turn l' into r l', over their sum", "Hu et al. 2018, Eq. 16", weighting, ("IWGAN",)),
)
