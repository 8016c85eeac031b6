"""Toys of the adversary-activated VAEs: the model's own draws, judged by the discriminator, count as data."""

import tensorflow as tf

from ....core.phase import Batch
from ....theory.evaluation import Atoms, World
from .toy import (
    IMAGE_SHAPE,
    Run,
    Toy,
    data_atoms,
    data_rows,
    log_label,
    normals,
    tiny,
    uniform_weights,
    with_class,
)
from .variational import coded, gaussian_world, partly_labelled_rows, pixels, semi_supervised_world

UNIFORM = ((0.3, 0.8), (0.7, 0.4))  # what draws the two pixels


def _uniform():
    """The uniform noise's values [2, *IMAGE_SHAPE]."""
    return tf.reshape(tf.constant(UNIFORM, tf.float64), [len(UNIFORM), *IMAGE_SHAPE])


def _drawn(toy, values, noise):
    """The images of every code and every uniform noise, [n, m, *IMAGE_SHAPE], for rows with a class or without."""
    n = len(values["c"]) if "c" in values else 1
    images = []
    for code in noise:
        probabilities = toy.decoder(coded(values, tf.tile(code[None], [n, 1]))).mean()
        images += [tf.cast(uniform > 1.0 - probabilities, tf.float64) for uniform in _uniform()]
    return tf.stack(images, axis=1)


def _adversary(toy, noise, judged):
    """What the discriminator brings to a world; `judged` is what it is given of the rows' values."""
    labelled = toy.num_classes is not None and not toy.missing_labels

    def logits(values):
        return toy.discriminator(judged(values))[:, 0]

    def generated(values):
        if toy.missing_labels:  # the class is drawn too
            n = next((len(one) for one in values.values()), 1)
            inner = [_drawn(toy, {"c": tf.fill([n], label)}, noise) for label in (0, 1)]
            return tf.concat(inner, axis=1)
        return _drawn(toy, values, noise)

    def generated_atoms(values):
        images = generated(values)
        return Atoms(uniform_weights(images.shape[1]), {"x": images})

    def both_atoms(values):
        """Generated images for y = 0, data for y = 1."""
        n, images, data = len(values["y"]), generated(values), data_atoms(values)
        images = tf.repeat(images, n // images.shape[0], axis=0)
        m = images.shape[1]
        shares = data.weights if data.weights.shape.rank == 2 else tf.tile(data.weights[None], [n, 1])
        real = tf.cast(values["y"], tf.float64)[:, None]
        weights = tf.concat([(1 - real) * tf.fill([n, m], tf.constant(1 / m, tf.float64)), real * shares], axis=1)
        data = tf.tile(data.values["x"][None], [n, 1, 1, 1, 1])
        return Atoms(weights, {"x": tf.concat([images, data], axis=1)})

    return World(
        atoms={
            "p(y)": lambda values: Atoms(uniform_weights(2), {"y": tf.constant([0, 1])}, shared=True),
            with_class("p_theta(x|y)", labelled): both_atoms,
            with_class("p_g(x)", labelled): generated_atoms,
        },
        log_densities={
            with_class("q_phi(y|x)", labelled): lambda values, fixed: log_label(values["y"], logits(values)),
        },
        functions={"V_phi": lambda x, values: logits({**values, "x": x})},
    )


def _joined(*worlds):
    """One world of several."""
    names = ("atoms", "log_densities", "functions", "divergences", "values_of", "scalars")
    return World(**{name: {k: v for world in worlds for k, v in getattr(world, name).items()} for name in names})


def aavae(model):
    """Of an adversary-activated VAE, with labels or without."""
    toy, noise = tiny(model, image_shape=IMAGE_SHAPE, latent_dim=1, hidden=(2,)), normals(1)[:2]
    world = _joined(gaussian_world(toy, noise), _adversary(toy, noise, pixels))
    rows, (of_code, of_uniform, of_real, of_generated) = data_rows(toy.num_classes, 2, len(UNIFORM), 2, 2)
    generation = {"codes": tf.gather(noise, of_code), "uniform": tf.gather(_uniform(), of_uniform)}
    posteriors = {"real": [tf.gather(noise, of_real)], "generated": [tf.gather(noise, of_generated)]}
    runs = {
        "discriminator": [Run(rows.batch, generation, rows.weights)],
        "autoencoder": [Run(rows.batch, {"generation": generation, **posteriors}, rows.weights)],
    }
    return Toy(toy, world, runs)


def aasvae(model):
    """Of an adversary-activated semi-supervised VAE, whose discriminator is given no class."""
    toy = tiny(model, image_shape=IMAGE_SHAPE, latent_dim=1, hidden=(2,), num_classes=2)
    noise = normals(1)[:2]
    world = _joined(
        semi_supervised_world(toy, noise), _adversary(toy, noise, lambda values: values["x"]), World(atoms={})
    )
    batch, weights, (of_class, of_code, of_uniform, of_real, of_generated) = partly_labelled_rows(2, 2, 2, 2, 2)
    generation = {
        "classes": of_class,
        "codes": tf.gather(noise, of_code),
        "uniform": tf.gather(_uniform(), of_uniform),
    }
    posteriors = {"real": [tf.gather(noise, of_real)], "generated": [tf.gather(noise, of_generated)]}
    bare, (of_class_d, of_code_d, of_uniform_d) = data_rows(None, 2, 2, 2)
    shown = {
        "classes": of_class_d,
        "codes": tf.gather(noise, of_code_d),
        "uniform": tf.gather(_uniform(), of_uniform_d),
    }
    missing = Batch(bare.batch.images, tf.fill([len(bare.weights)], -1))
    runs = {
        "discriminator": [Run(missing, shown, bare.weights)],
        "autoencoder": [Run(batch, {"generation": generation, **posteriors}, weights)],
    }
    return Toy(toy, world, runs)


ACTIVATED = {"AAVAE": aavae, "AASVAE": aasvae}
