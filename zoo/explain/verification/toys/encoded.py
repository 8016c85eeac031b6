"""Toys of the GANs that infer codes: InfoGAN, ALI and the VAE-GAN."""

import keras
import tensorflow as tf

from ..... import layers
from ....theory.evaluation import Atoms, World
from .adversarial import by_label, dense, dense_generator, dense_trunk, label_atoms, mixed
from .toy import (
    IMAGE_SHAPE,
    Run,
    Toy,
    data_atoms,
    data_rows,
    gaussian_kl,
    images,
    log_label,
    normals,
    one_hot,
    product,
    tiny,
    uniform_weights,
)

CONTINUOUS = (-0.4, 0.7)  # values of InfoGAN's continuous codes


def _half(label, log_density):
    """A log-density that has parameters for one label alone, and is zero for the other."""
    return lambda values, fixed: tf.where(values["y"] == label, log_density(values), 0.0)


def infogan(model):
    """Of an InfoGAN with two categories, and one continuous code or none."""
    continuous = 1 if model.num_continuous else 0
    toy = tiny(
        model,
        image_shape=IMAGE_SHAPE,
        latent_dim=1,
        num_categories=2,
        num_continuous=continuous,
        instance_noise=0.0,
        generator_network=dense_generator(3 + continuous),
        discriminator_network=dense_trunk(),
    )
    noise, category, value = product(2, 2, len(CONTINUOUS) if continuous else 1)
    of_value = tf.gather(tf.constant(CONTINUOUS, tf.float64), value)[:, None][:, :continuous]
    codes = tf.concat([tf.gather(normals(1), noise), one_hot(category), of_value], axis=1)
    drawn = {"z": codes, "z1": category, "z2": of_value}

    def log_inferred(kind, symbol):
        def log_density(values):
            inferred = toy.inference(toy.trunk(values["x"])).model
            return inferred[kind].log_prob(values[symbol])

        return log_density

    kinds = {"z1": log_inferred("category", "z1"), **({"z2": log_inferred("continuous", "z2")} if continuous else {})}

    def generated(values):
        return Atoms(uniform_weights(len(codes)), {"x": toy.generator(codes), **drawn}, shared=True)

    def real(values):
        idle = {name: tf.zeros([2, *one.shape[1:]], one.dtype) for name, one in drawn.items()}
        return Atoms(data_atoms(values).weights, {"x": images(), **idle}, shared=True)

    def log_discriminator(values, fixed):
        return log_label(values["y"], toy.discriminator(toy.trunk(values["x"]))[:, 0])

    world = World(
        atoms={"p(y)": label_atoms, "p_theta(x,z|y)": by_label(generated, real)},
        log_densities={
            "q_phi(y|x)": log_discriminator,
            "q_eta(z|x,y)": _half(0, lambda values: tf.add_n([one(values) for one in kinds.values()])),
            **{f"q_eta({symbol}|x,y)": _half(0, one) for symbol, one in kinds.items()},
        },
    )
    rows, (code,) = data_rows(None, len(codes))
    run = Run(rows.batch, {"codes": tf.gather(codes, code)}, rows.weights)
    return Toy(toy, world, {"discriminator": [run], "generator": [run]})


def ali(model):
    """Of an ALI with a normal or a deterministic posterior."""
    code_trunk = keras.Sequential([keras.Input((1,)), dense(1, "tanh")])
    toy = tiny(
        model,
        image_shape=IMAGE_SHAPE,
        latent_dim=1,
        instance_noise=0.0,
        generator_network=dense_generator(1),
        encoder_network=dense_trunk(),
        discriminator_network=layers.PairDiscriminator(dense_trunk(), code_trunk, (2,), 0),
    )
    codes = normals(1)[:2]
    noise = codes if toy.posterior == "normal" else tf.zeros([1, 1], tf.float64)

    def generated(values):
        return Atoms(uniform_weights(len(codes)), {"x": toy.generator(codes), "z": codes}, shared=True)

    def real(values):
        atoms = _inferred(toy, data_atoms(values), noise)
        return Atoms(atoms.weights, {name: atoms.values[name] for name in ("x", "z")}, shared=True)

    def log_discriminator(values, fixed):
        return log_label(values["y"], toy.discriminator((values["x"], values["z"]))[:, 0])

    world = World(
        atoms={"p(y)": label_atoms, "p(x,z|y)": by_label(generated, real)},
        log_densities={"q_phi(y|x,z)": log_discriminator},
    )
    rows, (code, posterior) = data_rows(None, len(codes), len(noise))
    given = {"codes": tf.gather(codes, code)}
    if toy.posterior == "normal":
        given["posterior"] = tf.gather(noise, posterior)
    run = Run(rows.batch, given, rows.weights)
    return Toy(toy, world, {"discriminator": [run], "generator": [run]})


def _inferred(toy, data, noise):
    """`Atoms` of data and their codes: each image with each of the noises [m, d]."""
    posterior = toy.encoder(data.values["x"])
    codes = posterior.mean()[:, None] + posterior.stddev()[:, None] * noise
    x = tf.repeat(data.values["x"], len(noise), axis=0)
    weights = tf.repeat(data.weights, len(noise)) / len(noise)
    return Atoms(weights, {"x": x, "z": tf.reshape(codes, [-1, codes.shape[-1]])}, shared=True)


def vaegan(model):
    """Of a VAE-GAN with either likelihood."""
    toy = tiny(
        model,
        image_shape=IMAGE_SHAPE,
        latent_dim=1,
        instance_noise=0.0,
        network="mlp",
        hidden=(2,),
        normalization="none",
        generator_network=dense_generator(1),
        encoder_network=dense_trunk(),
    )
    codes = normals(1)[:2]

    def generated(values):
        return Atoms(uniform_weights(len(codes)), {"x": toy.generator(codes)}, shared=True)

    def reconstructed(values):
        atoms = _inferred(toy, data_atoms({}), codes)
        return Atoms(atoms.weights, {"x": toy.generator(atoms.values["z"])}, shared=True)

    def either(values):
        half = tf.fill([len(values["y"])], tf.constant(0.5, tf.float64))
        return mixed([half, half], [generated(values), reconstructed(values)])

    def posterior_atoms(values):
        posterior = toy.encoder(values["x"])
        drawn = posterior.mean()[:, None] + posterior.stddev()[:, None] * codes
        return Atoms(uniform_weights(len(codes)), {"z": drawn})

    def features(x):
        return toy.discriminator(x)[0]

    def log_pixels(values, fixed):
        means, x = toy.generator(values["z"]), values["x"]
        return tf.reduce_sum(tf.math.xlogy(x, means) + tf.math.xlog1py(1.0 - x, -means), axis=[1, 2, 3])

    def log_features(values, fixed):
        """Normal with unit variance, but for a constant."""
        return -tf.reduce_sum(tf.square(values["f"] - features(toy.generator(values["z"]))), axis=1) / 2.0

    world = World(
        atoms={
            "p(y)": label_atoms,
            "p_data(x)": data_atoms,
            "q_eta(z|x)": posterior_atoms,
            "p_theta(x|y)": by_label(either, data_atoms),
        },
        log_densities={
            "q_phi(y|x)": lambda values, fixed: log_label(values["y"], toy.discriminator(values["x"])[1][:, 0]),
            "p_theta(x|z)": log_pixels,
            "p_theta(f|z)": log_features,
        },
        functions={"f": lambda x, values: features(x)},
        divergences={("q_eta(z|x)", "p(z)"): lambda values: gaussian_kl(toy.encoder(values["x"]))},
    )
    rows, (code, posterior) = data_rows(None, len(codes), len(codes))
    noise = {"codes": tf.gather(codes, code), "posterior": tf.gather(codes, posterior)}
    run = Run(rows.batch, noise, rows.weights)
    return Toy(toy, world, {name: [run] for name in ("discriminator", "encoder", "generator")})


ENCODED = {"InfoGAN": infogan, "ALI": ali, "VAEGAN": vaegan}
