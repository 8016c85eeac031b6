"""Toys of the VAE, the IWAE and the semi-supervised VAE: normal noise takes a few values."""

import tensorflow as tf

from ....core.phase import Batch
from ....theory.evaluation import Atoms, World
from .toy import (
    IMAGE_SHAPE,
    Run,
    Toy,
    class_atoms,
    data_atoms,
    data_rows,
    gaussian_kl,
    normals,
    one_hot,
    product,
    tiny,
    twin,
    uniform_weights,
    with_class,
)

LABELLED_SHARE = 0.4


def pixels(values):
    """What a dense encoder is given: images, or of a conditional model their pixels with the class behind."""
    if "c" not in values:
        return values["x"]
    return tf.concat([tf.reshape(values["x"], [values["x"].shape[0], -1]), one_hot(values["c"])], axis=-1)


def coded(values, code):
    """What a decoder is given: a code, or of a conditional model the code with the class behind."""
    return tf.concat([code, one_hot(values["c"])], axis=-1) if "c" in values else code


def gaussian_world(toy, noise):
    """The world of encoder and decoder: codes z are mean + stddev * noise for each of the noise's values [m, d]."""
    labelled = toy.num_classes is not None

    def posterior_atoms(values):
        posterior = toy.encoder(pixels(values))
        codes = posterior.mean()[:, None] + posterior.stddev()[:, None] * noise
        return Atoms(uniform_weights(len(noise)), {"z": codes})

    posterior, likelihood = (with_class(one, labelled) for one in ("q_eta(z|x)", "p_theta(x|z)"))
    return World(
        atoms={
            with_class("p_data(x)", labelled): data_atoms,
            "p(c)": lambda values: class_atoms(),
            posterior: posterior_atoms,
        },
        log_densities={
            likelihood: lambda values, fixed: toy.decoder(coded(values, values["z"])).log_prob(values["x"]),
        },
        divergences={(posterior, "p(z)"): lambda values: gaussian_kl(toy.encoder(pixels(values)))},
    )


def vae(model):
    """Of a VAE, with labels or without."""
    toy, noise = tiny(model, image_shape=IMAGE_SHAPE, latent_dim=1, hidden=(2,)), normals(1)
    rows, (of_noise,) = data_rows(toy.num_classes, len(noise))
    run = Run(rows.batch, [tf.gather(noise, of_noise)], rows.weights)
    return Toy(toy, gaussian_world(toy, noise), {"autoencoder": [run]})


def iwae(model):
    """Of an IWAE of any bound: two samples, or two groups of two, of one or two stochastic layers."""
    layers = len(model.latent_dims)
    k = 4 if model.groups else 2
    toy = tiny(
        model,
        image_shape=IMAGE_SHAPE,
        latent_dim=(1,) * layers if layers > 1 else 1,
        hidden=((2,),) * layers if layers > 1 else (2,),
        num_samples=k,
        groups=2 if model.groups else None,
    )
    steady, labelled, noise = twin(toy), toy.num_classes is not None, normals(layers)[:2]

    def chain(networks, values, code):
        """The posterior of each layer, given the code below."""
        lower = networks.encoder(pixels(values))
        return [lower] if layers == 1 else [lower, networks.upper_encoder(code[:, :1])]

    def posterior_atoms(values):
        codes = []
        for one in noise:
            lower = toy.encoder(pixels(values))
            code = lower.mean() + lower.stddev() * one[:1]
            if layers > 1:
                upper = toy.upper_encoder(code)
                code = tf.concat([code, upper.mean() + upper.stddev() * one[1:]], axis=-1)
            codes.append(code)
        return Atoms(uniform_weights(len(noise)), {"z": tf.stack(codes, axis=1)})

    def log_posterior(values, fixed):
        posteriors = chain(steady if fixed else toy, values, values["z"])
        return tf.add_n([one.log_prob(values["z"][:, i : i + 1]) for i, one in enumerate(posteriors)])

    def log_joint(values, fixed):
        code = values["z"]
        total = toy.decoder(coded(values, code[:, :1])).log_prob(values["x"]) + toy.prior.log_prob(code[:, -1:])
        return total if layers == 1 else total + toy.upper_decoder(code[:, 1:]).log_prob(code[:, :1])

    world = World(
        atoms={
            with_class("p_data(x)", labelled): data_atoms,
            "p(c)": lambda values: class_atoms(),
            with_class("q_eta(z|x)", labelled): posterior_atoms,
        },
        log_densities={
            with_class("q_eta(z|x)", labelled): log_posterior,
            with_class("p_theta(x,z)", labelled): log_joint,
        },
    )
    rows, draws = data_rows(toy.num_classes, *[len(noise)] * k)
    drawn = tf.stack([tf.gather(noise, of_noise) for of_noise in draws])  # [k, n, layers]
    run = Run(rows.batch, [drawn[..., i : i + 1] for i in range(layers)], rows.weights)
    uppers = ([], []) if layers == 1 else ([toy.upper_decoder], [toy.upper_encoder])
    players = {"theta": [toy.decoder, *uppers[0]], "eta": [toy.encoder, *uppers[1]]}
    return Toy(toy, world, {"autoencoder": [run]}, players)


def semi_supervised_world(toy, noise):
    """The world of a VAE whose class is a part of the code where no label gives it."""
    plain = gaussian_world(toy, noise)

    def log_class(values, fixed):
        return toy.classifier(values["x"]).log_prob(values["c"])

    return World(
        atoms={**plain.atoms, "p_data(x)": data_atoms, "p_data(x,c)": labelled_atoms},
        log_densities={
            **plain.log_densities,
            "q_eta(c|x)": log_class,
            "p(c)": lambda values, fixed: tf.fill([len(values["c"])], -tf.math.log(tf.constant(2.0, tf.float64))),
        },
        divergences=plain.divergences,
        functions=plain.functions,
        values_of={"c": tf.constant([0, 1])},
        scalars={"s": LABELLED_SHARE},
    )


def labelled_atoms(values):
    """The `Atoms` of p_data(x,c)."""
    classes = class_atoms()
    inner = [data_atoms({"c": tf.constant([label])}) for label in (0, 1)]
    weights = tf.concat([classes.weights[label] * inner[label].weights[0] for label in (0, 1)], axis=0)
    of_class, of_image = product(2, 2)
    return Atoms(weights, {"x": tf.gather(inner[0].values["x"], of_image), "c": of_class}, shared=True)


def partly_labelled_rows(*sizes):
    """`data_rows` of examples without labels, then with them: batch, weights, and the noise's indices."""
    (bare, of_noise), (labelled, of_more) = data_rows(None, *sizes), data_rows(2, *sizes)
    missing = tf.fill([len(bare.weights)], -1)
    batch = Batch(
        tf.concat([bare.batch.images, labelled.batch.images], axis=0),
        tf.concat([missing, labelled.batch.labels], axis=0),
    )
    weights = [(1 - LABELLED_SHARE) * bare.weights, LABELLED_SHARE * labelled.weights]
    indices = [tf.concat(pair, axis=0) for pair in zip(of_noise, of_more, strict=True)]
    return batch, tf.concat(weights, axis=0), indices


def svae(model):
    """Of a semi-supervised VAE, in whose data a share of the examples is labelled."""
    toy, noise = tiny(model, image_shape=IMAGE_SHAPE, latent_dim=1, hidden=(2,), num_classes=2), normals(1)
    batch, weights, (of_noise,) = partly_labelled_rows(len(noise))
    run = Run(batch, [tf.gather(noise, of_noise)], weights)
    return Toy(toy, semi_supervised_world(toy, noise), {"autoencoder": [run]})


VARIATIONAL = {"VAE": vae, "IWAE": iwae, "SVAE": svae}
