"""The codes of an InfoGAN: what they are drawn from, how they stand beside the noise, how likely they are."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from ... import layers
from .interface import in_chunks
from .randomness import categories, fold_in, row_draws, row_labels, row_seeds, uniform

tfd = tfp.distributions

PHASE_STREAMS = (10, 11)  # of a phase's noise, behind the GAN's
ROW_STREAM = 1  # of a row's seed; stream 0 makes the noise


@dataclass(frozen=True)
class Codes:
    """A category, uniform, and continuous codes, uniform on [-1, 1], behind noise: `[noise, one-hot, continuous]`.

    Attributes:
        noise: size of the noise.
        categories: number of categories.
        continuous: number of continuous codes.
        category_weight: of log q(category|x) in the players' objectives.
        continuous_weight: of log q(continuous|x).

    Raises:
        ValueError: for less than two categories, or a negative number of codes.
    """

    noise: int
    categories: int
    continuous: int
    category_weight: float
    continuous_weight: float

    def __post_init__(self):
        if self.categories < 2 or self.continuous < 0:
            raise ValueError(
                "There must be at least 2 categories and 0 or more continuous codes. "
                f"Received: num_categories={self.categories}, num_continuous={self.continuous}"
            )

    @property
    def size(self):
        """How many values all are."""
        return self.noise + self.categories + self.continuous

    @property
    def weights(self):
        """The weight of each kind of code that there is, by its name."""
        weights = {"category": self.category_weight, "continuous": self.continuous_weight}
        return weights if self.continuous else {"category": self.category_weight}

    def join(self, noise, category, continuous):
        """One vector [n, size] of noise [n, noise], categories [n] and continuous codes [n, continuous]."""
        return tf.concat([noise, layers.one_hot(category, self.categories), continuous], axis=-1)

    def behind(self, noise, n, seed):
        """Noise [n, noise] with a draw of the codes behind it, from a phase's seed: [n, size]."""
        category, continuous = (fold_in(seed, stream) for stream in PHASE_STREAMS)
        category = categories(n, self.categories, category)
        return self.join(noise, category, uniform([n, self.continuous], continuous, -1.0, 1.0))

    def row_draws(self, seeds):
        """Continuous codes [n, continuous], a draw for each row's seed."""
        ends = -tf.ones(self.continuous), tf.ones(self.continuous)
        return row_draws(tfd.Independent(tfd.Uniform(*ends), 1), seeds, ROW_STREAM)

    def checked_rows(self, continuous, n):
        """Continuous codes given for n images, one vector for all or one for each: float32 [n, continuous]."""
        continuous = np.asarray(continuous, np.float32)
        if continuous.shape not in ((self.continuous,), (n, self.continuous)):
            raise ValueError(
                f"continuous must be one vector of {self.continuous} codes, or one for each of {n} images. "
                f"Received: shape {continuous.shape}"
            )
        return np.broadcast_to(continuous, (n, self.continuous))

    def log_prob(self, inferred, joined):
        """How likely codes are under what was inferred.

        Args:
            inferred: what a network with the head `layers.CategoryAndContinuous` returns.
            joined: [n, size], as `join` makes them.

        Returns:
            A dict of log q(code|x) [n], by the kind of code: "category", and "continuous" if there are any.
        """
        _, category, continuous = tf.split(joined, [self.noise, self.categories, self.continuous], axis=-1)
        codes = {"category": tf.argmax(category, axis=-1, output_type=tf.int32), "continuous": continuous}
        return {kind: code.log_prob(codes[kind]) for kind, code in inferred.model.items()}


class Coded:
    """A mixin for a `GAN` whose generator is given `codes`, and whose `inference` on its `trunk` reads them off images.

    How it is used: codes can be set, and are inferred.
    """

    @property
    def generator_inputs(self):
        """How many values the generator is given: noise, a category's one-hot vector, continuous codes."""
        return self.codes.size

    @property
    def sample_classes(self):
        """The categories."""
        return self.codes.categories

    def sample(self, n, *, labels=None, continuous=None, seed=None, draw=False):
        """Generate images of chosen codes.

        Args:
            n: how many, as for every model; so are `seed` (it makes what is not given) and `draw` (there is none).
            labels: int categories [n], one int for all, or None for categories drawn at random.
            continuous: float continuous codes [n, num_continuous], or one vector [num_continuous] for all, trained on
                [-1, 1]; None for codes drawn at random.

        Returns:
            float32 [n, *image_shape] in [0, 1].
        """
        if continuous is None:
            return super().sample(n, labels=labels, seed=seed, draw=draw)
        seeds = row_seeds(n, seed)
        rows = seeds, self._labels_for(seeds, labels), self.codes.checked_rows(continuous, n)
        return in_chunks(lambda seeds, labels, continuous: self.generate(seeds, labels, draw, continuous), *rows)

    def generate(self, seeds, labels=None, draw=False, continuous=None):
        """As for every model, of categories and continuous codes [n, num_continuous]; None: drawn by the seeds."""
        if draw:
            raise self._has_no_draw()
        labels = row_labels(seeds, self.codes.categories) if labels is None else labels
        continuous = self.codes.row_draws(seeds) if continuous is None else continuous
        return self._images_of(self.codes.join(row_draws(self.prior, seeds), labels, continuous))

    def encode(self, x, labels=None):
        """q(z|x) over the codes of images x [n, *image_shape], the noise left out.

        Returns:
            A `tfd.JointDistributionNamed` of batch shape [n] of `category`, a `tfd.Categorical`, and (if there are any)
            `continuous`, a multivariate normal: `encode(x).model["category"].probs_parameter()` [n, num_categories].
        """
        return self.inference(self.trunk(self._images(x), training=False), training=False)

    def categorize(self, x):
        """The most probable category of images x [n, *image_shape]: int32 [n]."""
        images = self._images(x)
        return in_chunks(lambda images: self.encode(images).model["category"].mode(), images)
