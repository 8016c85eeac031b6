"""The least that trains the same networks with Keras: what unizoo's step is held against.

A `keras.Model` with a network, a loss and one metric a player; nothing is configurable, nothing is checked. Batches are
gathered from one tensor, and a call of the compiled function runs a hundred of them.
"""

import keras
import numpy as np
import tensorflow as tf

STEPS_PER_EXECUTION = 100


def batches(images, batch_size):
    """Shuffled batches [batch_size, h, w, c], each gathered in one operation from the images in memory."""
    table = tf.constant(images)
    order = tf.data.Dataset.range(len(images)).shuffle(len(images)).batch(batch_size, drop_remainder=True)
    return order.map(lambda indices: tf.gather(table, indices)).prefetch(tf.data.AUTOTUNE)


class _Logging(keras.Model):
    """A model with one mean a player, by the player's name."""

    def __init__(self, *players):
        super().__init__()
        self.means = [keras.metrics.Mean(name) for name in players]

    @property
    def metrics(self):
        return self.means

    def logs(self, *losses):
        for mean, loss in zip(self.means, losses, strict=True):
            mean.update_state(loss)
        return {mean.name: mean.result() for mean in self.means}


def _mlp(size_in, size_out, hidden):
    dense = [keras.layers.Dense(width, "tanh") for width in hidden]
    return keras.Sequential([keras.Input((size_in,)), *dense, keras.layers.Dense(size_out)])


class BareAutoencoder(_Logging):
    """A Bernoulli autoencoder on the evidence lower bound (k = 0, KL in closed form) or the bound of k samples."""

    def __init__(self, num_samples, image_size=784, latent_dim=50, hidden=(200, 200)):
        super().__init__("loss")
        self.num_samples, self.image_size, self.latent_dim = num_samples, image_size, latent_dim
        self.encoder = _mlp(image_size, 2 * latent_dim, hidden)
        self.decoder = _mlp(latent_dim, image_size, hidden[::-1])

    def _log_likelihood(self, z, x):
        logits = tf.reshape(self.decoder(tf.reshape(z, (-1, self.latent_dim))), (*z.shape[:-1], self.image_size))
        return tf.reduce_sum(x * logits - tf.nn.softplus(logits), axis=-1)

    def _bound(self, images):
        x = tf.reshape(images, (-1, self.image_size))
        mean, log_variance = tf.split(self.encoder(x), 2, axis=-1)
        stddev = tf.exp(0.5 * log_variance)
        if not self.num_samples:
            z = mean + stddev * tf.random.normal(tf.shape(mean))
            kl = 0.5 * tf.reduce_sum(mean**2 + stddev**2 - log_variance - 1.0, axis=-1)
            return self._log_likelihood(z, x) - kl
        noise = tf.random.normal((self.num_samples, *mean.shape))
        z = mean + stddev * noise
        log_w = self._log_likelihood(z, x) + 0.5 * tf.reduce_sum(noise**2 + log_variance - z**2, axis=-1)
        return tf.reduce_logsumexp(log_w, axis=0) - np.log(self.num_samples)

    def train_step(self, images):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(self._bound(images))
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return self.logs(loss)


class BareGAN(_Logging):
    """A GAN with the non-saturating loss: the discriminator's step, then the generator's with codes of its own."""

    def __init__(self, generator, discriminator):
        super().__init__("discriminator", "generator")
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim = generator.input_shape[-1]

    def compile(self, **options):
        super().compile(**options)
        self.players = (self.discriminator, self.generator)
        self.player_optimizers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in self.players]
        for optimizer, player in zip(self.player_optimizers, self.players, strict=True):
            optimizer.build(player.trainable_variables)

    def _generated(self, batch_size):
        return self.generator(tf.random.normal((batch_size, self.latent_dim)), training=True)

    def _discriminator_loss(self, images):
        real = self.discriminator(images, training=True)
        generated = self.discriminator(self._generated(images.shape[0]), training=True)
        return tf.reduce_mean(tf.nn.softplus(-real) + tf.nn.softplus(generated))

    def _generator_loss(self, images):
        logits = self.discriminator(self._generated(images.shape[0]), training=True)
        return tf.reduce_mean(tf.nn.softplus(-logits))

    def train_step(self, images):
        losses = []
        for player, optimizer, objective in zip(
            self.players, self.player_optimizers, (self._discriminator_loss, self._generator_loss), strict=True
        ):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([variable.value for variable in player.trainable_variables])
                loss = objective(images)
            variables = player.trainable_variables
            gradients = tape.gradient(loss, [variable.value for variable in variables])
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            losses.append(loss)
        return self.logs(*losses)
