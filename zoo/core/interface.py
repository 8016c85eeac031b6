"""What every model of the zoo can be asked; a model overrides the part that makes sense for it."""

import functools
import numbers

import numpy as np
import tensorflow as tf

from ..theory.transforms import give
from .inputs import checked_images, checked_labels, unit_floats
from .randomness import Between, row_labels, row_seeds

NO_CODE = "it infers no whole code of an image; a VAE or IWAE does"
CHUNK = 500  # examples at a time, so that memory stays bounded


def in_chunks(function, *rows):
    """`function` applied to successive slices of tensors that share their first axis, and its results joined."""
    n = rows[0].shape[0]
    if n is None or n <= CHUNK:  # unknown in an exported graph, where the caller bounds it
        return function(*rows)
    parts = [function(*(row[i : i + CHUNK] for row in rows)) for i in range(0, n, CHUNK)]
    return tf.concat(parts, axis=0)


def check_ends(a, b):
    """Refuse images at the two ends of lines that are not as many."""
    if len(a) != len(b):
        raise ValueError(f"Lines join as many images as there are at the other end. Received: {len(a)} and {len(b)}")


def check_steps(steps):
    """Refuse a way from one end to another without the ends."""
    if steps < 2:
        raise ValueError(f"steps must be at least 2, the two ends. Received: steps={steps}")


def straight_line(start, end, steps):
    """Codes evenly spaced from one to another, both ends included.

    Args:
        start: codes [n, latent_dim].
        end: codes of the same shape.
        steps: how many, at least 2.

    Returns:
        [steps, n, latent_dim].

    Raises:
        ValueError: for less than two steps.
    """
    check_steps(steps)
    share = tf.linspace(0.0, 1.0, steps)[:, None, None]
    return start + share * (end - start)


def _checked_seeds(start, end):
    """Rows' seeds at the two ends of walks as int64 tensors; what are no seeds, or not as many, is refused."""
    ends = [np.asarray(seeds) for seeds in (start, end)]
    if any(seeds.ndim != 1 or seeds.dtype.kind not in "iu" for seeds in ends) or ends[0].shape != ends[1].shape:
        shown = " and ".join(f"{seeds.dtype} of shape {seeds.shape}" for seeds in ends)
        raise ValueError(f"A walk goes between seeds: integers [n], as many at both ends. Received: {shown}")
    return [tf.constant(seeds, tf.int64) for seeds in ends]


class Interface:
    """The methods for using a model; those that a model does not override say why it has none.

    Attributes:
        num_classes: how many classes a conditional model knows; None for a model that takes no labels.
        missing_labels: whether training takes -1 for a label that is not known, and the methods do without labels.
        two_domains: whether training takes pairs of images, of two domains, in the place of images.
    """

    num_classes = None
    missing_labels = False
    two_domains = False
    # Why a model does not answer, where the reason is another than for most:
    _no_density = "its density is implicit; compare samples instead (unizoo evaluate)"
    _no_discriminator = "it has no discriminator; a GAN or IWGAN has"

    def given(self, tree):
        """A formula, of a conditional model given the class c."""
        return tree if self.num_classes is None else give(tree)

    @property
    def sample_classes(self):
        """How many classes `sample` and `generate` take labels of; None for none. A model may find them itself."""
        return self.num_classes

    def sample(self, n, *, labels=None, seed=None, draw=False):
        """Generate images.

        Args:
            n: how many.
            labels: int class labels [n] for models with `sample_classes`, one int for all, or None for ones drawn at
                random.
            seed: int; the same seed gives the same images. None: new ones each time.
            draw: False for the mean of p(x|z), True for a draw from it.

        Returns:
            float32 [n, *image_shape] in [0, 1].
        """
        self._check_generates("sample", n)
        seeds = row_seeds(n, seed)
        rows = [seeds] if (labels := self._labels_for(seeds, labels)) is None else [seeds, labels]
        return in_chunks(lambda *rows: self._generate(*rows, draw=draw), *rows)

    def walk(self, n, steps=8, *, seed=0, labels=None):
        """Images on the way from one draw of the prior to another: n walks.

        A walk goes on the sphere where the codes are normal, on the line where they are uniform; binary units pass over
        one after another.

        Args:
            n: how many walks.
            steps: images of each, its two ends included, at least 2.
            seed: int; the same seed gives the same walks, from the images of `sample(2 * n, seed=seed)`, the first n,
                to the other n. None: new ones each time.
            labels: as for `sample`, those of the n walks: a walk keeps its label.

        Returns:
            float32 [n, steps, *image_shape] in [0, 1].

        Example:
            ```python
            gan = unizoo.from_preset("gan_mnist")
            walks = gan.walk(4, steps=10, seed=1)  # [4, 10, 28, 28, 1]
            ```
        """
        self._check_generates("walk", n)
        return self.walk_between(*tf.split(row_seeds(n * 2, seed), 2), steps, labels=labels)

    def walk_between(self, start, end, steps=8, *, labels=None):
        """Images on the way from the codes of some seeds to those of others; see `walk`.

        Args:
            start: int64 [n], seeds as `generate` takes them: that of each walk's first image.
            end: int64 [n], that of each walk's last image.
            steps: images of each walk, its two ends included, at least 2.
            labels: as for `sample`; None for ones drawn by the seeds at the start.

        Returns:
            float32 [n, steps, *image_shape] in [0, 1].

        Example:
            ```python
            images = gan.generate(np.arange(64))  # of which those of the seeds 3 and 17 please
            walk = gan.walk_between([3], [17])  # [1, 8, 28, 28, 1]
            ```
        """
        self._check_generates("walk_between")
        check_steps(steps)
        start, end = _checked_seeds(start, end)
        rows = [start, end] if (labels := self._labels_for(start, labels)) is None else [start, end, labels]

        def image(share):
            return in_chunks(lambda start, end, *labels: self._generate(Between(start, end, share), *labels), *rows)

        return tf.stack([image(share) for share in tf.linspace(0.0, 1.0, steps)], axis=1)

    def _check_generates(self, method, n=1):
        """Refuse a method for making images from noise if the model makes none, and a number of images that is none."""
        if not self.supports("generate"):
            raise self._has_no(method, self._no_noise)
        if not isinstance(n, numbers.Integral) or n < 1:
            raise ValueError(f"n must be an integer, at least 1. Received: n={n!r}")

    def _labels_for(self, seeds, labels):
        """Labels [n] of generated images: those given, or a draw for each row's seed; None if the model takes none."""
        if self.sample_classes is None:
            if labels is not None:
                raise ValueError(f"{type(self).__name__} takes no labels. Received: labels={labels!r}")
            return None
        if labels is None:
            return row_labels(seeds, self.sample_classes)
        labels = np.broadcast_to(labels, seeds.shape) if np.ndim(labels) == 0 else np.asarray(labels)
        labels = checked_labels(labels, self.sample_classes, use="one for each image, or one for all")
        if labels.shape != seeds.shape:
            raise ValueError(
                f"labels must be one for each image, {seeds.shape[0]} here. Received: {len(labels)} of them"
            )
        return tf.constant(labels, tf.int32)

    @functools.cached_property  # of each model: one for all would be traced anew for every model, with a warning
    def _generate(self):
        # Without autograph, whose rewriting of the code would take longer than the tracing.
        return tf.function(self.generate, reduce_retracing=True, autograph=False)

    def _images(self, x):
        """Images x, in any form, as a float32 tensor in [0, 1]; what is no batch of the model's images is refused."""
        return unit_floats(checked_images(x, self.image_shape))

    def _rows(self, x, labels):
        """Images x as a float32 tensor and, of a conditional model, their labels: a list, for `in_chunks`."""
        rows = [self._images(x)]
        if self.num_classes is not None and not (self.missing_labels and labels is None):
            rows.append(tf.cast(checked_labels(labels, self.num_classes), tf.int32))
        return rows

    def generate(self, seeds, labels=None, draw=False):
        """Generate one image for each row's own seed: what `sample` and the exported signature run.

        Args:
            seeds: int64 [n].
            labels: int class labels [n], for conditional models.
            draw: False for the mean of p(x|z), True for a draw from it.

        Returns:
            float32 [n, *image_shape] in [0, 1].
        """
        raise self._has_no("generate", self._no_noise)

    def encode(self, x, labels=None):
        """The posterior over the code of images x [n, *image_shape]: a `tfd.Distribution` of batch shape [n]."""
        raise self._has_no("encode", "it has no inference network q(z|x); a VAE or IWAE has")

    def decode(self, z, labels=None):
        """The likelihood of images given codes z [n, latent_dim]: a `tfd.Distribution` of batch shape [n]."""
        raise self._has_no(
            "decode", "it has no likelihood p(x|z): its generator is deterministic; use sample or generate"
        )

    def reconstruct(self, x, *, labels=None, seed=None):
        """The mean of p(x|z) at a code of each image: the posterior's mean, or a draw from it where `seed` is given."""
        raise self._has_no("reconstruct", NO_CODE)

    def interpolate(self, a, b, steps=8, *, labels=None):
        """Images on the straight line between two images' codes: [n, steps, *image_shape]."""
        raise self._has_no("interpolate", NO_CODE)

    def log_prob(self, x, num_samples=5000, *, labels=None, seed=None):
        """An importance-weighted lower bound on log p(x) of each image, [n], in nats."""
        raise self._has_no("log_prob", self._no_density)

    def discriminate(self, x, labels=None):
        """The discriminator's logits of images, [n] float32; above zero: taken for real."""
        raise self._has_no("discriminate", self._no_discriminator)

    def classify(self, x):
        """The probabilities of the classes of images x [n, *image_shape]: [n, num_classes] float32."""
        raise self._has_no("classify", "it has no classifier q(c|x); a semi-supervised VAE (svae) has")

    def translate(self, x, to="b"):
        """Images x [n, *image_shape] of one domain as images of the other: [n, *image_shape] float32 in [0, 1]."""
        raise self._has_no("translate", "it knows one domain of images; a CycleGAN knows two")

    def supports(self, name):
        """Whether this model answers a method of the interface, such as "encode"."""
        return getattr(type(self), name) is not getattr(Interface, name)

    def _has_no_draw(self):
        return NotImplementedError(
            f"{type(self).__name__} has no draws: its p(x|z) is deterministic; leave draw out. Received: draw=True"
        )

    @property
    def _no_noise(self):
        others = [name for name in ("translate", "classify") if self.supports(name)]
        return (
            f"it makes no images from noise; use {' or '.join(others)}" if others else "it makes no images from noise"
        )

    def _has_no(self, method, why):
        return NotImplementedError(f"{type(self).__name__} has no {method}: {why}. Received: {self.name}.{method}(...)")
