"""What models with a generator and a discriminator share: their networks, what they draw, and how they are used."""

from ... import layers
from .adversary import Game, check_slope
from .autoencoder import standard_normal
from .averages import average_of, checked_decay, with_statistics
from .base import GenerativeModel
from .checks import checked_latent_dim, checked_num_classes
from .interface import in_chunks
from .randomness import fold_in, normal, row_draws


class GeneratorModel(GenerativeModel):
    """Base of the models with a `generator` from codes to images and a `discriminator`, which play a `game`.

    Args: as for `GAN`.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        filters=32,
        adversarial_loss="non_saturating",
        discriminator_steps=1,
        instance_noise=0.0,
        moving_average=None,
        num_classes=None,
        gradient_penalty=0.0,
        r1_penalty=0.0,
        normalization="batch",
        generator_network=None,
        discriminator_network=None,
        seed=0,
        network="dcgan",
        hidden=(512, 256),
        **kwargs,
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        self.latent_dim = checked_latent_dim(latent_dim)
        self.filters = filters
        self.adversarial_loss = adversarial_loss
        self.discriminator_steps = discriminator_steps
        self.instance_noise = instance_noise
        self.moving_average = checked_decay(moving_average)
        self.num_classes = checked_num_classes(num_classes)
        self.gradient_penalty = gradient_penalty
        self.r1_penalty = r1_penalty
        self.normalization = normalization
        self.network = network
        self.hidden = hidden
        self.generator_network = generator_network
        self.discriminator_network = discriminator_network
        check_slope(self.game, normalization, discriminator_network)
        self.generator = layers.generator(
            generator_network or network, self.generator_inputs, self.image_shape, self.options, seed=seed
        )
        self.discriminator = self.make_discriminator(discriminator_network or network, seed + 1000)
        self.average_generator = None if moving_average is None else average_of(self.generator)

    def make_discriminator(self, network, seed):
        """The discriminator, of a name or a built network."""
        return layers.discriminator(network, self.image_shape, self.options, num_classes=self.num_classes, seed=seed)

    @property
    def options(self):
        """The networks' `layers.NetworkOptions`."""
        return layers.NetworkOptions(self.hidden, filters=self.filters, normalization=self.normalization)

    @property
    def generator_inputs(self):
        """How many values the generator is given: a code, and a label's one-hot vector."""
        return self.latent_dim + (self.num_classes or 0)

    @property
    def game(self):
        """The `Game` that is played."""
        return Game(
            self.adversarial_loss,
            self.discriminator_steps,
            self.instance_noise,
            self.gradient_penalty,
            self.r1_penalty,
        )

    @property
    def prior(self):
        """p(z), a standard normal."""
        return standard_normal(self.latent_dim)

    @property
    def moving_averages(self):
        """The generator's average, if there is one."""
        if self.average_generator is None:
            return ()
        return ((self.generator, self.average_generator, self.moving_average),)

    def averaging(self, loss):
        """The generator's loss, in whose training its average, if there is one, takes statistics of its own."""

        def codes(batch, noise):
            return self._codes(noise["codes"], batch.labels)

        return with_statistics(loss, self.generator, self.average_generator, codes)

    def _noise(self, n, seed):
        """Codes, and what the game draws."""
        return {"codes": normal([n, self.latent_dim], fold_in(seed, 0)), **self.game.noise(n, self.image_shape, seed)}

    def _codes(self, z, labels):
        """What the generator is given: codes, or codes and labels."""
        return z if self.num_classes is None else layers.append_labels(z, labels, self.num_classes)

    def _generated(self, z, labels, training):
        return layers.full_precision(self.generator(self._codes(z, labels), training=training))

    def _shown_generated(self, batch, noise, training):
        """Generated images as the discriminator sees them."""
        return self._generated(noise["codes"], batch.labels, training) + noise.get("generated", 0.0)

    def _shown(self, batch, noise, training):
        """Real and generated images as the discriminator sees them."""
        return batch.images + noise.get("real", 0.0), self._shown_generated(batch, noise, training)

    def _logits(self, images, labels, training):
        """The discriminator's outputs [batch], of a density ratio or not."""
        inputs = images if self.num_classes is None else (images, layers.one_hot(labels, self.num_classes))
        return layers.logits(self.discriminator, inputs, training)

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, labels=None, training=False):
        """What the discriminator says of images: `discriminate`."""
        return self._log_ratio(*self._rows(inputs, labels), training=training)

    def _log_ratio(self, images, labels=None, training=False):
        outputs = self._logits(images, labels, training)
        log_ratio = self.game.losses.log_ratio
        return outputs if log_ratio is None else log_ratio(outputs)

    def generate(self, seeds, labels=None, draw=False):
        """Run the generator (its moving average, if there is one) on a draw from the prior for each row's seed."""
        if draw:
            raise self._has_no_draw()
        return self._images_of(self._codes(row_draws(self.prior, seeds), labels))

    def _images_of(self, codes):
        """The images that samples show, of what the generator is given."""
        generator = self.average_generator or self.generator
        return layers.full_precision(generator(codes, training=False))

    def discriminate(self, x, labels=None):
        """The discriminator's logits of images x [n, *image_shape]: [n] float32; above zero means taken for real.

        The logit is the log density ratio that the loss reads from the discriminator's output; of a loss that reads
        none, the output itself: under the hinge loss zero still parts the two kinds, under the Wasserstein loss only
        differences mean something.
        """
        return in_chunks(self._log_ratio, *self._rows(x, labels))
