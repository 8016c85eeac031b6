"""Toys of the models with binary codes, wake-sleep and predictability minimisation, and of the AAE."""

import itertools

import keras
import tensorflow as tf

from .....layers import petals
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
    tiny,
    uniform_weights,
    with_class,
)
from .variational import coded, pixels

UNIFORM = (0.35, 0.75)  # what draws a binary unit, equally probable


def _uniform(size):
    """Values [2, size] of the uniform noise of a layer of units."""
    return tf.constant(UNIFORM, tf.float64)[:, None] * (1.0 - 0.2 * tf.range(size, dtype=tf.float64))


def _binary(units, uniform):
    """Units that are one where the uniform noise is below their probability: without a gradient."""
    return tf.stop_gradient(tf.cast(uniform < units.mean(), tf.float64))


class _Helmholtz:
    """A tiny Helmholtz machine: its densities, and its draws for every value of the noise."""

    def __init__(self, model, **changes):
        sizes = (2, 1)[: len(model.latent_dims)]
        self.model = tiny(
            model, image_shape=IMAGE_SHAPE, latent_dim=sizes if len(sizes) > 1 else sizes[0], hidden=(), **changes
        )
        self.sizes, self.labelled = sizes, self.model.num_classes is not None
        self.choices = list(itertools.product(range(2), repeat=len(sizes)))  # of each layer's noise

    def split(self, code):
        """The layers of a code [n, sum of sizes], from the data upwards."""
        return tf.split(code, self.sizes, axis=-1)

    def posteriors(self, values, code):
        """q of each layer, given the one below."""
        layers = self.split(code)
        return [
            self.model.encoder(pixels(values)),
            *(encoder(lower) for encoder, lower in zip(self.model.upper_encoders, layers[:-1], strict=True)),
        ]

    def log_posterior(self, values, fixed):
        """log q_lambda(h|x)."""
        parts = zip(self.posteriors(values, values["h"]), self.split(values["h"]), strict=True)
        return tf.add_n([units.log_prob(layer) for units, layer in parts])

    def log_joint(self, values, fixed):
        """log p_theta(x,h)."""
        layers = self.split(values["h"])
        logs = [self.model.decoder(coded(values, layers[0])).log_prob(values["x"])]
        logs.append(self.model.top.distribution.log_prob(layers[-1]))
        uppers = zip(self.model.upper_decoders, layers[1:], layers[:-1], strict=True)
        return tf.add_n([*logs, *(decoder(upper).log_prob(lower) for decoder, upper, lower in uppers)])

    def inferred(self, values):
        """The `Atoms` of q_lambda(h|x)."""
        codes = []
        for choice in self.choices:
            layers = [_binary(self.model.encoder(pixels(values)), _uniform(self.sizes[0])[choice[0]])]
            for level, encoder in enumerate(self.model.upper_encoders, 1):
                layers.append(_binary(encoder(layers[-1]), _uniform(self.sizes[level])[choice[level]]))
            codes.append(tf.concat(layers, axis=-1))
        return Atoms(uniform_weights(len(codes)), {"h": tf.stack(codes, axis=1)})

    def dreamt(self, values):
        """The `Atoms` of p_theta(x,h)."""
        n, codes, pictures = (len(values["c"]) if self.labelled else 1), [], []
        for *choice, of_image in itertools.product(*[range(2)] * len(self.sizes), range(2)):
            layers = [_binary(self.model.top.distribution, _uniform(self.sizes[-1])[choice[-1]])[None]]
            for level in reversed(range(len(self.sizes) - 1)):
                noise = _uniform(self.sizes[level])[choice[level]]
                layers.insert(0, _binary(self.model.upper_decoders[level](layers[0]), noise))
            code = tf.tile(tf.concat(layers, axis=-1), [n, 1])
            image = self.model.decoder(coded(values, self.split(code)[0]))
            codes.append(code)
            pictures.append(_binary(image, tf.reshape(_uniform(2)[of_image], IMAGE_SHAPE)))
        return Atoms(uniform_weights(len(codes)), {"h": tf.stack(codes, axis=1), "x": tf.stack(pictures, axis=1)})

    @property
    def world(self):
        """What the symbols of both phases' lines stand for."""
        posterior, joint = (with_class(one, self.labelled) for one in ("q_lambda(h|x)", "p_theta(x,h)"))
        return World(
            atoms={
                "p(c)": lambda values: class_atoms(),
                with_class("p_data(x)", self.labelled): data_atoms,
                posterior: self.inferred,
                joint: self.dreamt,
            },
            log_densities={posterior: self.log_posterior, joint: self.log_joint},
        )

    def sleep(self):
        """The run of the sleep phase."""
        rows, (*of_layers, of_image) = data_rows(self.model.num_classes, *[2] * len(self.sizes), 2)
        noise = {
            "latents": [tf.gather(_uniform(size), one) for size, one in zip(self.sizes, of_layers, strict=True)],
            "image": tf.reshape(tf.gather(_uniform(2), of_image), [-1, *IMAGE_SHAPE]),
        }
        return Run(rows.batch, noise, rows.weights)


def wakesleep(model):
    """Of a Helmholtz machine, of one or two layers."""
    machine = _Helmholtz(model)
    rows, of_layers = data_rows(machine.model.num_classes, *[2] * len(machine.sizes))
    noise = [tf.gather(_uniform(size), one) for size, one in zip(machine.sizes, of_layers, strict=True)]
    runs = {"wake": [Run(rows.batch, noise, rows.weights)], "sleep": [machine.sleep()]}
    return Toy(machine.model, machine.world, runs)


def rws(model):
    """Of reweighted wake-sleep, of two codes."""
    machine = _Helmholtz(model, num_samples=2)
    layers = len(machine.sizes)
    rows, draws = data_rows(machine.model.num_classes, *[2] * (2 * layers))
    noise = [
        tf.stack([tf.gather(_uniform(size), draws[sample * layers + level]) for sample in range(2)])
        for level, size in enumerate(machine.sizes)
    ]
    runs = {"wake": [Run(rows.batch, noise, rows.weights)], "sleep": [machine.sleep()]}
    return Toy(machine.model, machine.world, runs)


# Adversarial autoencoder ----------------------------------------------------------------------------------------------


def aae(model):
    """Of an adversarial autoencoder, of either posterior, with the mixture prior or without."""
    labelled = model.num_classes is not None
    size = 2 if labelled else 1
    toy = tiny(model, image_shape=IMAGE_SHAPE, latent_dim=size, hidden=(2,), adversary_hidden=(2,))
    noise, draws = normals(size), normals(size)[:2]
    random = toy.posterior == "normal"

    def codes(x):
        """The codes of images [n, ...] for every noise, [n, m, size]."""
        posterior = toy.encoder(x)
        spread = posterior.stddev()[:, None] * noise if random else tf.zeros([1, 1, 1], tf.float64)
        return posterior.mean()[:, None] + spread

    def prior_codes(values):
        """The prior's draws, [n, m, size] in the rows' class's part."""
        if not labelled:
            return tf.tile(draws[None], [len(values["y"]), 1, 1])
        loc, scale = (tf.gather(part, values["c"]) for part in petals(2, size))
        return loc[:, None] + tf.einsum("nij,mj->nmi", scale, draws)

    def both_atoms(values):
        """Codes of data for y = 0, the prior's for y = 1."""
        n, data = len(values["y"]), data_atoms(values)
        shares = data.weights if data.weights.shape.rank == 2 else tf.tile(data.weights[None], [n, 1])
        inferred = codes(images())  # [2, m, size]
        m = inferred.shape[1]
        of_data = tf.repeat(shares, m, axis=1) / m
        inferred = tf.tile(tf.reshape(inferred, [1, 2 * m, size]), [n, 1, 1])
        of_prior = tf.fill([n, len(draws)], tf.constant(1 / len(draws), tf.float64))
        real = tf.cast(values["y"], tf.float64)[:, None]
        weights = tf.concat([(1 - real) * of_data, real * of_prior], axis=1)
        return Atoms(weights, {"z": tf.concat([inferred, prior_codes(values)], axis=1)})

    def logits(values):
        code = values["z"]
        if labelled:  # a third class stands for a missing label
            code = tf.concat([code, tf.one_hot(values["c"], 3, dtype=tf.float64)], axis=-1)
        return toy.discriminator(code)[:, 0]

    def posterior_atoms(values):
        drawn = codes(values["x"])
        return Atoms(uniform_weights(drawn.shape[1]), {"z": drawn})

    world = World(
        atoms={
            "p_data(x)": data_atoms if not labelled else lambda values: _pooled_data(),
            "p(c)": lambda values: class_atoms(),
            "p(y)": lambda values: Atoms(uniform_weights(2), {"y": tf.constant([0, 1])}, shared=True),
            "q_eta(z|x)": posterior_atoms,
            with_class("q_eta(z|y)", labelled): both_atoms,
        },
        log_densities={
            "p_theta(x|z)": lambda values, fixed: toy.decoder(values["z"]).log_prob(values["x"]),
            with_class("q_phi(y|z)", labelled): lambda values, fixed: log_label(values["y"], logits(values)),
        },
    )
    rows, (of_noise, of_draw) = data_rows(toy.num_classes, len(noise), len(draws))
    posterior = [tf.gather(noise, of_noise)] if random else []
    adversary = {"posterior": posterior, "prior": tf.gather(draws, of_draw)}
    if labelled:
        adversary["class"] = tf.zeros_like(of_noise)
    runs = {
        "autoencoder": [Run(rows.batch, posterior, rows.weights)],
        "discriminator": [Run(rows.batch, adversary, rows.weights)],
        "encoder": [Run(rows.batch, posterior, rows.weights)],
    }
    return Toy(toy, world, runs)


def _pooled_data():
    """The `Atoms` of p_data(x) over both classes."""
    each = [data_atoms({"c": tf.constant([label])}).weights[0] for label in (0, 1)]
    return Atoms(tf.add_n(each) / 2, {"x": images()}, shared=True)


# Predictability minimisation ------------------------------------------------------------------------------------------


def pm(model):
    """Of predictability minimisation, with two units; its encoder is given, for it must not mix a batch's images."""
    encoder = keras.Sequential([keras.Input(IMAGE_SHAPE), keras.layers.Flatten(), keras.layers.Dense(2, "tanh")])
    toy = tiny(model, image_shape=IMAGE_SHAPE, latent_dim=2, hidden=(2,), predictor_units=2, encoder_network=encoder)
    noise = _uniform(2)

    def relaxed(values):
        logits = toy.encoder(values["x"]).distribution.logits[:, None]
        return tf.sigmoid((logits + tf.math.log(noise) - tf.math.log1p(-noise)) / toy.temperature)

    world = World(
        atoms={
            "p_data(x)": data_atoms,
            "q_eta(z|x)": lambda values: Atoms(uniform_weights(len(noise)), {"z": relaxed(values)}),
        },
        log_densities={"p_theta(x|z)": lambda values, fixed: toy.decoder(values["z"]).log_prob(values["x"])},
        functions={
            "pi_eta": lambda x, values: tf.sigmoid(toy.encoder(x).distribution.logits),
            "f_phi": lambda z, values: toy.predictors(z),
        },
    )
    rows, (of_noise,) = data_rows(None, len(noise))
    run = Run(rows.batch, [tf.gather(noise, of_noise)], rows.weights)
    return Toy(toy, world, {"predictors": [run], "autoencoder": [run]})


CODES = {"WakeSleep": wakesleep, "RWS": rws, "AAE": aae, "PM": pm}
