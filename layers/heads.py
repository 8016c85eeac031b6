"""Keras 3 layers whose call returns a TensorFlow Probability distribution.

`tfp.layers` is tied to Keras 2; these take its place. A head has no weights: it reads the last axis of its input, of
size `params_size`, as a distribution's parameters. It computes in float32 whatever the global dtype policy, since
log-densities need it.

Use them in subclassed models and layers: Keras's Sequential and Functional APIs pass tensors between layers and cannot
carry a distribution.
"""

import math
import operator

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .precision import working_dtype
from .quantized import QuantizedLogistic

tfd = tfp.distributions


@tf.custom_gradient
def _softplus(logits):
    """`log(1 + exp(logits))`, by operations that a CPU runs faster than TensorFlow's own softplus kernel."""
    value = tf.nn.relu(logits) + tf.math.log1p(tf.exp(-tf.abs(logits)))
    return value, lambda upstream: upstream * tf.sigmoid(logits)


@tf.custom_gradient
def _sum_softplus(logits):
    """The sum of `_softplus` over the last axis, whose length is known.

    The logarithm of a product takes the place of a sum of logarithms, 16 factors between 1 and 2 at a time: logarithms
    are what a softplus costs.
    """
    size = logits.shape[-1]
    factors = max(divisor for divisor in range(1, 17) if size % divisor == 0)
    shape = tf.concat([tf.shape(logits)[:-1], [size // factors, factors]], axis=0)
    products = tf.reduce_prod(tf.reshape(1.0 + tf.exp(-tf.abs(logits)), shape), axis=-1)
    value = tf.reduce_sum(tf.nn.relu(logits), axis=-1) + tf.reduce_sum(tf.math.log(products), axis=-1)
    return value, lambda upstream: upstream[..., None] * tf.sigmoid(logits)


class _StableBernoulli(tfd.Bernoulli):
    """A Bernoulli whose log-density is `x l - softplus(l)`.

    One softplus instead of TFP's two, a third of the work of a binary decoder's likelihood, and defined for x anywhere
    in [0, 1] (then it is the cross-entropy).
    """

    def _log_prob(self, event):
        logits = self.logits
        return tf.cast(event, logits.dtype) * logits - _softplus(logits)

    def _quantile(self, value):
        return tf.cast(value > tf.sigmoid(-self.logits), self.dtype)


class _StableBernoullis(tfd.Independent):
    """Independent `_StableBernoulli`s, whose softplus terms are summed in one go."""

    def _log_prob(self, event):
        logits, rank = self.distribution.logits, len(self.event_shape)
        axes = list(range(-rank, 0))
        flat = tf.reshape(logits, tf.concat([tf.shape(logits)[:-rank], [self.event_shape.num_elements()]], axis=0))
        return tf.reduce_sum(tf.cast(event, logits.dtype) * logits, axis=axes) - _sum_softplus(flat)


def _positive_ints(shape):
    """A shape given as an int or a sequence of ints, as a tuple."""
    try:
        sizes = tuple(operator.index(n) for n in (shape if hasattr(shape, "__iter__") else [shape]))
    except TypeError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise ValueError(f"event_shape must be one or more positive ints. Received: event_shape={shape!r}")
    return sizes


class DistributionHead(keras.layers.Layer):
    """Base of the heads: turns features [..., params_size] into a distribution over `event_shape`.

    Args:
        event_shape: shape of one draw, a tuple of ints.
        dtype: the dtype to compute in; default single precision, not the global policy.
        **kwargs: the other arguments of `keras.layers.Layer`.

    Call arguments:
        features: [..., params_size] the distributions' parameters.

    Returns (of the call):
        A `tfd.Distribution` with batch shape `features.shape[:-1]` and event shape `event_shape`.

    Raises:
        ValueError: if the event shape is not of positive ints, or the features are not `params_size`.
    """

    params_per_value = 1

    def __init__(self, event_shape, dtype=None, **kwargs):
        super().__init__(dtype=dtype or working_dtype(), **kwargs)
        self.event_shape = _positive_ints(event_shape)
        self.params_size = self.params_per_value * math.prod(self.event_shape)

    def call(self, features):
        """The distribution with batch shape `features.shape[:-1]` and event shape `event_shape`."""
        if features.shape[-1] not in (None, self.params_size):
            raise ValueError(
                f"{type(self).__name__} over {self.event_shape} reads {self.params_size} features on the last axis. "
                f"Received: features of shape {tuple(features.shape)}"
            )
        parts = tf.split(features, self.params_per_value, axis=-1)
        shape = tf.concat([tf.shape(features)[:-1], self.event_shape], axis=0)
        static = features.shape[:-1] + self.event_shape
        parts = [tf.ensure_shape(tf.reshape(part, shape), static) for part in parts]
        return self.distribution(*parts)

    def distribution(self, *params):
        """The distribution of parameters that each have shape `[..., *event_shape]`."""
        raise NotImplementedError(f"{type(self).__name__} must define distribution(*params).")

    def _independent(self, distribution):
        return tfd.Independent(distribution, reinterpreted_batch_ndims=len(self.event_shape))

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "event_shape": list(self.event_shape)}


@keras.saving.register_keras_serializable(package="unizoo")
class IndependentBernoulli(DistributionHead):
    """Independent Bernoulli variables; one feature per value, its logit. Draws and modes are floats, as images are."""

    def distribution(self, logits):
        """Bernoulli with these logits."""
        return _StableBernoullis(_StableBernoulli(logits=logits, dtype=logits.dtype), len(self.event_shape))


def _positive(raw, floor):
    """Softplus shifted so that raw = 0 gives a scale of one, and never below `floor`."""
    return floor + (1.0 - floor) * tf.nn.softplus(raw + math.log(math.expm1(1.0)))


class _LocationScaleHead(DistributionHead):
    """A head whose features are locations and then raw scales; a raw scale of zero means a scale of one.

    Args:
        event_shape: shape of one draw.
        min_scale: the smallest scale, positive, which bounds the density.
        **kwargs: the other arguments of `DistributionHead`.
    """

    params_per_value = 2

    def __init__(self, event_shape, min_scale=1e-4, **kwargs):
        super().__init__(event_shape, **kwargs)
        if not 0.0 < min_scale < 1.0:
            raise ValueError(f"min_scale must lie between 0 and 1. Received: min_scale={min_scale!r}")
        self.min_scale = min_scale

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "min_scale": self.min_scale}


@keras.saving.register_keras_serializable(package="unizoo")
class IndependentNormal(_LocationScaleHead):
    """Independent normal variables of any event shape.

    Its `log_prob` is that of a density, which may exceed one: of 8-bit grey levels it is no probability mass. There it
    grows without bound as scales shrink around values that repeat, minus it may be negative and is no code length, and
    as nats or bits a dimension it compares with no discretised likelihood's. `DiscretizedLogistic` has masses.
    """

    def distribution(self, loc, raw_scale):
        """Normal with this mean and scale."""
        return self._independent(tfd.Normal(loc, _positive(raw_scale, self.min_scale)))


@keras.saving.register_keras_serializable(package="unizoo")
class MultivariateNormalDiag(_LocationScaleHead):
    """A multivariate normal with diagonal covariance over vectors."""

    def __init__(self, event_shape, **kwargs):
        super().__init__(event_shape, **kwargs)
        if len(self.event_shape) != 1:
            raise ValueError(f"MultivariateNormalDiag is over vectors. Received: event_shape={event_shape!r}")

    def distribution(self, loc, raw_scale):
        """Multivariate normal with this mean and diagonal scale."""
        return tfd.MultivariateNormalDiag(loc, _positive(raw_scale, self.min_scale))


@keras.saving.register_keras_serializable(package="unizoo")
class DiscretizedLogistic(_LocationScaleHead):
    """Logistic noise rounded to `levels` grey levels, over values in [0, 1]: see `QuantizedLogistic`.

    Features of zero mean mid-grey with a scale of a tenth of the range.

    Args:
        event_shape: shape of one draw.
        levels: number of grey levels, 256 for 8-bit images.
        **kwargs: `min_scale`, the smallest scale, in tenths of the range; the other arguments of `DistributionHead`.
    """

    def __init__(self, event_shape, levels=256, **kwargs):
        super().__init__(event_shape, **kwargs)
        if levels < 2:
            raise ValueError(f"levels must be at least 2. Received: levels={levels!r}")
        self.levels = levels

    def distribution(self, loc, raw_scale):
        """The rounded logistic around `loc + 1/2`."""
        scale = 0.1 * _positive(raw_scale, self.min_scale)
        return self._independent(QuantizedLogistic(loc + 0.5, scale, self.levels))

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "levels": self.levels}


@keras.saving.register_keras_serializable(package="unizoo")
class Categorical(DistributionHead):
    """One categorical variable; one feature per class, its logit. A draw is an int32 class index.

    Args:
        num_classes: number of classes, at least 2.
        **kwargs: the other arguments of `DistributionHead`, without `event_shape`.
    """

    def __init__(self, num_classes, **kwargs):
        if num_classes < 2:
            raise ValueError(f"num_classes must be at least 2. Received: num_classes={num_classes!r}")
        super().__init__(num_classes, **kwargs)
        self.num_classes = num_classes

    def distribution(self, logits):
        """Categorical with these logits."""
        return tfd.Categorical(logits=logits)

    def get_config(self):
        """The constructor's arguments."""
        config = super().get_config()
        del config["event_shape"]
        return {**config, "num_classes": self.num_classes}
