"""Toys of the models of two domains, CycleGAN and ADA: each domain has two images, of eight by eight pixels."""

import tensorflow as tf

from ....core.phase import Batch
from ....theory.evaluation import Atoms, World
from .adversarial import by_label, label_atoms
from .toy import SHARES, Run, Toy, log_label, product, tiny

IMAGE_SHAPE = (8, 8, 1)  # the least that convolutional networks take


def _domains():
    """The images of both domains, [2, *IMAGE_SHAPE] each, and their probabilities [2]."""
    images = tf.random.stateless_uniform([2, 2, *IMAGE_SHAPE], [1, 2], dtype=tf.float64)
    return tuple(zip(tf.unstack(images), tf.constant(SHARES, tf.float64), strict=True))


def _all_pairs(domains, labels=None):
    """A batch of every pair of images, and its weights."""
    rows = product(2, 2)
    batch = Batch(tuple(tf.gather(images, row) for (images, _), row in zip(domains, rows, strict=True)))
    weights = [tf.gather(shares, row) for (_, shares), row in zip(domains, rows, strict=True)]
    return batch._replace(labels=None if labels is None else tf.gather(labels, rows[0])), weights[0] * weights[1]


def cyclegan(model):
    """Of a CycleGAN."""
    toy = tiny(model, image_shape=IMAGE_SHAPE, filters=1, blocks=1, instance_noise=0.0)
    domains = _domains()
    (a, of_a), (b, of_b) = domains
    to_a, to_b = toy.translator_b_to_a, toy.translator_a_to_b

    def pairs(translator, name, images, shares, other, origin):
        """What makes the atoms of translations and what they are of, or of data and nothing, by the label."""
        data, shares_of_data = other

        def translated(values):
            return Atoms(shares, {name: translator(images), origin: images}, shared=True)

        def real(values):
            return Atoms(shares_of_data, {name: data, origin: tf.zeros_like(images)}, shared=True)

        return by_label(translated, real)

    def log_label_by(discriminator, name):
        return lambda values, fixed: log_label(values["y"], discriminator(values[name])[:, 0])

    def log_laplace(translator, name, origin):
        """Of images translated back, but for a constant; for y = 1 there are no parameters."""

        def log_density(values, fixed):
            error = tf.reduce_mean(tf.abs(values[name] - translator(values[origin])), axis=[1, 2, 3])
            return tf.where(values["y"] == 0, -toy.cycle_weight * error, 0.0)

        return log_density

    in_a = pairs(to_a, "x", b, of_b, (a, of_a), "z")
    in_b = pairs(to_b, "z", a, of_a, (b, of_b), "x")
    world = World(
        atoms={
            "p(y)": label_atoms,
            "p_theta(x|y)": in_a,
            "p_theta(x,z|y)": in_a,
            "q_eta(z|y)": in_b,
            "q_eta(z,x|y)": in_b,
        },
        log_densities={
            "q_phi(y|x)": log_label_by(toy.discriminator_a, "x"),
            "q_phi(y|z)": log_label_by(toy.discriminator_b, "z"),
            "q_eta(z|x,y)": log_laplace(to_b, "z", "x"),
            "p_theta(x|z,y)": log_laplace(to_a, "x", "z"),
        },
    )
    batch, weights = _all_pairs(domains)
    run = Run(batch, dict.fromkeys("ab", (0.0, 0.0)), weights)
    return Toy(toy, world, {phase.name: [run] for phase in toy.phases})


def ada(model):
    """Of an ADA without dropout and moves, for which all images of a batch are what they are."""
    toy = tiny(
        model, image_shape=IMAGE_SHAPE, filters=1, num_features=3, hidden=(2,), num_classes=2, dropout=0.0, shift=0.0
    )
    domains, labels = _domains(), tf.constant([1, 0])
    (source, of_source), (target, of_target) = domains

    def features_of(images, shares):
        return lambda values: Atoms(shares, {"x": toy.features(images)}, shared=True)

    def log_class(values, fixed):
        return toy.classifier(values["G"]).log_prob(values["c"])

    world = World(
        atoms={
            "p(y)": label_atoms,
            "p_theta(x|y)": by_label(features_of(target, of_target), features_of(source, of_source)),
            "p(z,c|y)": lambda values: Atoms(of_source, {"z": source, "c": labels}, shared=True),
        },
        log_densities={
            "q_phi(y|x)": lambda values, fixed: log_label(values["y"], toy.discriminator(values["x"])[:, 0]),
            "f_omega(c|G)": log_class,
        },
        functions={"G_theta": lambda z, values: toy.features(z)},
    )
    batch, weights = _all_pairs(domains, labels)
    still = {"moves": tf.zeros([4, 2], tf.int32), "uniform": tf.ones([4, 3], tf.float64)}
    run = Run(batch, (still, still), weights)
    return Toy(toy, world, {phase.name: [run] for phase in toy.phases})


DOMAINS = {"CycleGAN": cyclegan, "ADA": ada}
