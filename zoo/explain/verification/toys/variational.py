"""Toys of the VAE and its relatives: normal noise takes three values, images are two of two pixels."""

import tensorflow as tf

from ....core.phase import Batch
from ....theory.evaluation import Atoms, World
from .toy import IMAGE_SHAPE, SHARES, Run, Toy, data_atoms, gaussian_kl, images, normals, product, tiny


def vae(model):
    """Of a VAE without labels."""
    toy = tiny(model, image_shape=IMAGE_SHAPE, latent_dim=1, hidden=(2,))
    noise = normals(1)

    def posterior_atoms(values):
        posterior = toy.encoder(values["x"])
        codes = posterior.mean()[:, None] + posterior.stddev()[:, None] * noise
        return Atoms(tf.fill([len(noise)], tf.constant(1 / len(noise), tf.float64)), {"z": codes})

    world = World(
        atoms={"p_data(x)": lambda values: data_atoms(), "q_eta(z|x)": posterior_atoms},
        log_densities={"p_theta(x|z)": lambda values, fixed: toy.decoder(values["z"]).log_prob(values["x"])},
        divergences={("q_eta(z|x)", "p(z)"): lambda values: gaussian_kl(toy.encoder(values["x"]))},
    )
    of_image, of_noise = product(2, len(noise))
    weights = tf.gather(tf.constant(SHARES, tf.float64), of_image) / len(noise)
    run = Run(Batch(tf.gather(images(), of_image)), [tf.gather(noise, of_noise)], weights)
    return Toy(toy, world, {"autoencoder": [run]})
