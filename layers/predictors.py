"""What predictability minimisation needs: predictors of each unit from the others, and the units' running means."""

import keras
import tensorflow as tf

from .precision import working_dtype


@keras.saving.register_keras_serializable(package="unizoo")
class LeaveOneOutPredictors(keras.layers.Layer):
    """One small network for each unit of a code, which predicts it from all the others (Schmidhuber 1992).

    All networks run at once. The weights from a unit to its own predictor are masked, so that nothing of it is seen.

    Args:
        units: size of the code, at least 2.
        hidden: width of each predictor's hidden layer.
        seed: int seed of the initialisation.
        **kwargs: the other arguments of `keras.layers.Layer`.

    Call arguments:
        codes: [batch, units] in [0, 1].

    Returns (of the call):
        [batch, units] in (0, 1): each unit as predicted from the others.

    Raises:
        ValueError: if there are less than two units.
    """

    def __init__(self, units, hidden=32, seed=None, **kwargs):
        super().__init__(**kwargs)
        if units < 2:
            raise ValueError(f"A unit is predicted from the others: there must be at least 2. Received: units={units}")
        self.units = units
        self.hidden = hidden
        self.seed = seed
        # Each predictor is a network of its own: fans are those of one, not of the whole tensor.
        seeds = (None, None) if seed is None else (seed, seed + 1)
        inner, outer = (
            keras.initializers.RandomNormal(stddev=fan**-0.5, seed=one)
            for fan, one in zip((units - 1, hidden), seeds, strict=True)
        )
        self.kernel = self.add_weight(shape=(units, units, hidden), initializer=inner, name="kernel")
        self.bias = self.add_weight(shape=(units, hidden), initializer="zeros", name="bias")
        self.output_kernel = self.add_weight(shape=(units, hidden), initializer=outer, name="output_kernel")
        self.output_bias = self.add_weight(shape=(units,), initializer="zeros", name="output_bias")
        self.built = True

    def call(self, codes):
        """The prediction of each unit."""
        ops = keras.ops
        others = ops.expand_dims(1.0 - ops.eye(self.units, dtype=self.compute_dtype), -1)
        hidden = ops.tanh(ops.einsum("bi,uih->buh", codes - 0.5, self.kernel * others) + self.bias)
        return ops.sigmoid(ops.sum(hidden * self.output_kernel, axis=-1) + self.output_bias)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "units": self.units, "hidden": self.hidden, "seed": self.seed}


def relaxed_draws(logits, uniform, temperature):
    """Relaxed draws of Bernoulli variables (Maddison et al. 2017), which have a gradient.

    Args:
        logits: the variables'.
        uniform: uniform noise in (0, 1) of the same shape.
        temperature: the lower, the nearer to 0 and 1 the draws are.

    Returns:
        Values in (0, 1) of the same shape.
    """
    logistic = tf.math.log(uniform) - tf.math.log1p(-uniform)
    return tf.sigmoid((logits + logistic) / temperature)


@keras.saving.register_keras_serializable(package="unizoo")
class RunningMean(keras.layers.Layer):
    """An exponential running mean of vectors, kept as a weight that is not trained: `mean`. It is not to be called.

    Args:
        size: length of the vectors.
        initial: where it starts.
        momentum: share of the old mean in the new one, in (0, 1).
        **kwargs: the other arguments of `keras.layers.Layer`.
    """

    def __init__(self, size, initial=0.0, momentum=0.99, **kwargs):
        super().__init__(**{"trainable": False, "dtype": working_dtype(), **kwargs})
        self.size = size
        self.initial = initial
        self.momentum = momentum
        # Replicas hand in the same global mean; taking the mean of those leaves it.
        self.mean = self.add_weight(
            shape=(size,),
            initializer=keras.initializers.Constant(initial),
            trainable=False,
            aggregation="mean",
            name="mean",
        )
        self.built = True

    def update(self, mean):
        """Move towards the mean [size] of a batch, the whole one where replicas share it."""
        self.mean.assign(self.momentum * self.mean + (1.0 - self.momentum) * keras.ops.cast(mean, self.mean.dtype))

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "size": self.size, "initial": self.initial, "momentum": self.momentum}
