"""The logistic distribution seen through a quantiser: pixel values in [0, 1] of finitely many grey levels."""

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class QuantizedLogistic(tfd.Distribution):
    """Logistic noise rounded to `levels` equally spaced values in [0, 1] (Salimans et al. 2017, Sec. 2.1).

    The probability of a value is the logistic's mass on the interval of width `1 / (levels - 1)` around it; the first
    and the last level take the tails, so that the masses of all levels sum to one. `log_prob` is in nats of a
    probability (not a density), and reads any value as the nearest level. `mean` is exact but for the
    rounding, to within half a level. Draws pass no gradient.

    Args:
        loc: float tensor, the logistic's location on the scale of the values.
        scale: positive float tensor that broadcasts with `loc`, the logistic's scale on the same scale.
        levels: int, number of grey levels, at least 2.
        validate_args: as for every `tfd.Distribution`.
        allow_nan_stats: as for every `tfd.Distribution`.
        name: the distribution's name.
    """

    def __init__(self, loc, scale, levels=256, validate_args=False, allow_nan_stats=True, name="QuantizedLogistic"):
        parameters = dict(locals())
        self.loc = tf.convert_to_tensor(loc)
        self.scale = tf.convert_to_tensor(scale, dtype=self.loc.dtype)
        self.levels = levels
        super().__init__(
            dtype=self.loc.dtype,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            name=name,
        )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {"loc": tfp.util.ParameterProperties(), "scale": tfp.util.ParameterProperties()}

    def _event_shape(self):
        return tf.TensorShape([])

    def _event_shape_tensor(self):
        return tf.constant([], tf.int32)

    def _nearest(self, value):
        steps = self.levels - 1
        return tf.round(tf.clip_by_value(value, 0.0, 1.0) * steps) / steps

    def _log_prob(self, value):
        width = 1.0 / (self.levels - 1)
        value = self._nearest(tf.cast(value, self.dtype))
        below_upper = tf.math.log_sigmoid((value + 0.5 * width - self.loc) / self.scale)
        above_lower = tf.math.log_sigmoid((self.loc - value + 0.5 * width) / self.scale)
        # sigmoid(u) - sigmoid(l) = sigmoid(u) sigmoid(-l) (1 - exp(l - u)), which keeps its precision in both tails.
        inside = below_upper + above_lower + tf.math.log(-tf.math.expm1(-width / self.scale))
        return tf.where(value < 0.5 * width, below_upper, tf.where(value > 1.0 - 0.5 * width, above_lower, inside))

    def _sample_n(self, n, seed=None):
        return self._nearest(tfd.Logistic(self.loc, self.scale).sample(n, seed=seed))

    def _quantile(self, value):
        return self._nearest(tfd.Logistic(self.loc, self.scale).quantile(value))

    def _mean(self):
        # E[clip(X, 0, 1)] = 1 - the integral of the distribution function over [0, 1].
        area = tf.nn.softplus((1.0 - self.loc) / self.scale) - tf.nn.softplus(-self.loc / self.scale)
        return tf.clip_by_value(1.0 - self.scale * area, 0.0, 1.0)
