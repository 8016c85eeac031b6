"""Toys of the GAN and the IWGAN: codes take a few values, data are two images of two pixels."""

import itertools
from dataclasses import replace

import keras
import tensorflow as tf

from ..... import layers
from ....core.phase import Batch
from ....theory.evaluation import Atoms, World
from .toy import (
    IMAGE_SHAPE,
    Run,
    Toy,
    class_atoms,
    data_atoms,
    data_rows,
    images,
    log_label,
    normals,
    one_hot,
    tiny,
    uniform_weights,
    with_class,
)

BETWEEN = (0.2, 0.7)  # where between data and generated images a gradient penalty is taken
BLUR = ((0.0, 0.2), (-0.1, 0.1))  # what stands for instance noise


# Networks -------------------------------------------------------------------------------------------------------------


def dense(units, activation):
    """A steep dense layer, the same each time it is made."""
    return keras.layers.Dense(units, activation, kernel_initializer=keras.initializers.Orthogonal(2.0, seed=0))


def dense_generator(size):
    """A generator that looks at each code alone."""
    return keras.Sequential([keras.Input((size,)), dense(2, "sigmoid"), keras.layers.Reshape(IMAGE_SHAPE)])


def dense_trunk(units=2, shape=IMAGE_SHAPE):
    """From images to bounded features."""
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten(), dense(units, "tanh")])


def dense_discriminator(classes=None):
    """A discriminator of small outputs, which all losses can read as a density ratio; given the class, or not."""
    if classes is not None:
        return layers.ProjectionDiscriminator(dense_trunk(), classes, 0)
    trunk = dense_trunk()
    trunk.add(keras.layers.Dense(1, kernel_initializer="zeros"))
    return trunk


def coded(values, code):
    """What a generator is given: a code, or of a conditional model the code with the class behind."""
    return tf.concat([code, one_hot(values["c"])], axis=-1) if "c" in values else code


# Atoms ----------------------------------------------------------------------------------------------------------------


def spread(atoms, n):
    """The same atoms with weights [n, m] and values [n, m, ...] for each row."""
    weights, values = atoms.weights, dict(atoms.values)
    if weights.shape.rank == 1:
        weights = weights[None]
    if atoms.shared:
        values = {name: one[None] for name, one in values.items()}
    values = {name: tf.repeat(one, n // one.shape[0], axis=0) for name, one in values.items()}
    return Atoms(tf.repeat(weights, n // weights.shape[0], axis=0), values)


def mixed(shares, parts):
    """Atoms of a mixture: with shares [n] of each of some `Atoms` for each row."""
    parts = [spread(part, len(share)) for share, part in zip(shares, parts, strict=True)]
    weights = [share[:, None] * part.weights for share, part in zip(shares, parts, strict=True)]
    values = {name: tf.concat([part.values[name] for part in parts], axis=1) for name in parts[0].values}
    return Atoms(tf.concat(weights, axis=1), values)


def by_label(generated, real):
    """What makes the atoms of p_theta(x|y): those of `generated` for y = 0, of `real` for y = 1."""

    def atoms(values):
        share = tf.cast(values["y"], tf.float64)
        return mixed([1.0 - share, share], [generated(values), real(values)])

    return atoms


def label_atoms(values):
    """The `Atoms` of p(y)."""
    return Atoms(uniform_weights(2), {"y": tf.constant([0, 1])}, shared=True)


def blurred(atoms, blur):
    """The atoms with each of the noises [b, *IMAGE_SHAPE] added to x."""
    shared, x = atoms.shared, atoms.values["x"]
    x = tf.expand_dims(x, -4) + blur
    x = tf.reshape(x, [*x.shape[: 0 if shared else 1], -1, *IMAGE_SHAPE])
    return Atoms(tf.repeat(atoms.weights, len(blur), axis=-1) / len(blur), {"x": x}, shared)


def between(real, generated):
    """The `Atoms` of p(x'), on the lines between real and generated images."""

    def atoms(values):
        n = len(values["c"]) if "c" in values else 1
        one, other = spread(real(values), n), spread(generated(values), n)
        pairs = one.weights[:, :, None] * other.weights[:, None, :] / len(BETWEEN)
        ends = one.values["x"][:, :, None], other.values["x"][:, None]
        points = tf.stack([e * ends[0] + (1.0 - e) * ends[1] for e in BETWEEN], axis=1)
        weights = tf.stack([pairs] * len(BETWEEN), axis=1)
        return Atoms(tf.reshape(weights, [n, -1]), {"x'": tf.reshape(points, [n, -1, *IMAGE_SHAPE])})

    return atoms


# Worlds ---------------------------------------------------------------------------------------------------------------


def game_world(toy, codes, blur=None):
    """The world of generator and discriminator.

    Args:
        toy: the model.
        codes: the values [m, latent_dim] of the code z.
        blur: the values [b, *IMAGE_SHAPE] of the instance noise.
    """
    labelled = toy.num_classes is not None
    blur = tf.zeros([1, *IMAGE_SHAPE], tf.float64) if blur is None else blur

    def generator(z, values):
        return toy.generator(coded(values, z))

    def output(x, values):
        return toy.discriminator((x, one_hot(values["c"])) if labelled else x)[:, 0]

    def generated(values):
        n = len(values["c"]) if labelled else 1
        made = tf.stack([generator(tf.tile(code[None], [n, 1]), values) for code in codes], axis=1)
        return blurred(Atoms(uniform_weights(len(codes)), {"x": made}), blur)

    def real(values):
        return blurred(data_atoms(values), blur)

    def log_discriminator(values, fixed):
        return log_label(values["y"], output(values["x"], values))

    return World(
        atoms={
            "p(y)": label_atoms,
            "p(z)": lambda values: Atoms(uniform_weights(len(codes)), {"z": codes}, shared=True),
            "p(c)": lambda values: class_atoms(),
            "p(x')": between(real, generated),
            with_class("p_data(x)", labelled): real,
            with_class("p_g(x)", labelled): generated,
            with_class("p_theta(x|y)", labelled): by_label(generated, real),
        },
        log_densities={with_class("q_phi(y|x)", labelled): log_discriminator},
        functions={"V_phi": output, "x": generator},
        scalars={"k": 2},
    )


# Models ---------------------------------------------------------------------------------------------------------------


def _playing(model, **changes):
    """A tiny GAN whose networks look at each example alone."""
    classes = 2 if model.num_classes is not None else None
    toy = tiny(
        model,
        image_shape=IMAGE_SHAPE,
        latent_dim=1,
        generator_network=dense_generator(1 + (classes or 0)),
        discriminator_network=dense_discriminator(classes),
        **changes,
    )
    if toy.adversarial_loss == "least_squares":  # which reads a ratio from outputs between 0 and 1 alone
        last = toy.discriminator.logit if classes else toy.discriminator.layers[-1]
        last.bias.assign([0.5])
    return toy


def gan(model):
    """Of a GAN of any loss, with penalties and labels or without."""
    toy, codes = _playing(model), normals(1)[:2]
    blur = tf.reshape(tf.constant(BLUR, tf.float64), [len(BLUR), *IMAGE_SHAPE]) if toy.instance_noise else None
    of_blur = 1 if blur is None else len(blur)
    of_between = len(BETWEEN) if toy.gradient_penalty else 1
    rows, (code, real, generated, position) = data_rows(toy.num_classes, len(codes), of_blur, of_blur, of_between)
    noise = {"codes": tf.gather(codes, code)}
    if blur is not None:
        noise |= {"real": tf.gather(blur, real), "generated": tf.gather(blur, generated)}
    if toy.gradient_penalty:
        noise["coefficients"] = tf.gather(tf.constant(BETWEEN, tf.float64), position)
    run = Run(rows.batch, noise, rows.weights)
    return Toy(toy, game_world(toy, codes, blur), {"discriminator": [run], "generator": [run]})


def iwgan(model):
    """Of an IWGAN, for which k = 2 samples are a batch: all pairs of samples in turn."""
    toy = _playing(model, instance_noise=0.0)
    plain, codes = gan(toy), normals(1)[:2]
    world = game_world(toy, codes)
    classes = (0, 1) if toy.num_classes is not None else (0,)
    samples = list(itertools.product(range(len(codes)), classes))
    batches = []
    for pair in itertools.product(samples, repeat=2):
        code, label = (tf.constant(one) for one in zip(*pair, strict=True))
        batches.append(
            Run(Batch(images(), label), {"codes": tf.gather(codes, code)}, uniform_weights(2), 1 / len(samples) ** 2)
        )
    return replace(plain, model=toy, world=world, runs={**plain.runs, "generator": batches})


ADVERSARIAL = {"GAN": gan, "IWGAN": iwgan}
