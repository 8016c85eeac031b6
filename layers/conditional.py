"""Conditional distributions p(a | b): a network, a linear projection to the parameters, and a head."""

import math

import keras

from .dense import mlp
from .heads import IndependentBernoulli, MultivariateNormalDiag


@keras.saving.register_keras_serializable(package="unizoo")
class Conditional(keras.layers.Layer):
    """A distribution whose parameters are read off a network's output by a linear projection.

    Of features of the whole example every parameter sees all. Of a feature map as large as the image that is observed
    each pixel's parameters see the features of this pixel alone (a 1x1 convolution): for an image of 32 by 32 pixels
    and three colours that is some hundred weights in the place of millions.

    Args:
        network: a built Sequential or Functional model, the trunk: from [batch, ...] to features [batch, size], or, for
            a head over images [height, width, channels], to a feature map [batch, height, width, size].
        head: a `layers.DistributionHead`, which says how many parameters it needs.
        seed: int seed of the projection's Glorot uniform initialisation.
        **kwargs: the other arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: [..., *network.input_shape[1:]]; leading axes beyond the first (samples, say) are folded into the batch.

    Returns (of the call):
        A `tfd.Distribution` with the leading axes of `inputs` as its batch shape.

    Raises:
        ValueError: if the network is not built, or its features are neither vectors nor such a map.
    """

    def __init__(self, network, head, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.network = network
        self.head = head
        self.seed = seed
        features = getattr(network, "output_shape", None)
        if features is None:
            raise ValueError(
                "network must know its input and output shapes: a built Sequential or Functional model. "
                f"Received: network={network!r}"
            )
        initializer = keras.initializers.GlorotUniform(seed=seed)
        self.projection = keras.layers.Dense(_parameters_at_a_place(features, head), kernel_initializer=initializer)
        self.projection.build(features)
        self.head.build((None, head.params_size))
        self._places = math.prod(features[1:-1])  # of the feature map, 1 of vectors
        self._event_rank = len(network.input_shape) - 1
        self.built = True

    def call(self, inputs, training=False):
        """The distribution of each example."""
        leading = keras.ops.shape(inputs)[: -self._event_rank]
        if len(leading) == 1:
            return self.head(self._parameters(inputs, training))
        flat = keras.ops.reshape(inputs, (-1, *inputs.shape[-self._event_rank :]))
        params = self._parameters(flat, training)
        return self.head(keras.ops.reshape(params, (*leading, self.head.params_size)))

    def _parameters(self, inputs, training):
        """The head's parameters [batch, params_size]: of all pixels the locations, say, and then the scales."""
        params = self.projection(self.network(inputs, training=training))
        if self._places == 1:
            return params
        kinds = self.head.params_per_value
        if kinds > 1:
            params = keras.ops.reshape(params, (-1, self._places, kinds, params.shape[-1] // kinds))
            params = keras.ops.transpose(params, (0, 2, 1, 3))
        return keras.ops.reshape(params, (-1, self.head.params_size))

    def get_config(self):
        """The constructor's arguments, the two layers serialised."""
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "head": keras.saving.serialize_keras_object(self.head),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        """The layer of a configuration from `get_config`."""
        layers = {key: keras.saving.deserialize_keras_object(config[key]) for key in ("network", "head")}
        return cls(**{**config, **layers})


def _parameters_at_a_place(features, head):
    """How many parameters the projection gives: all of a vector, or of each place of a feature map a pixel's."""
    if len(features) == 2:
        return head.params_size
    *grid, channels = head.event_shape
    if len(features) == 4 and features[1:-1] == tuple(grid):
        return head.params_per_value * channels
    raise ValueError(
        "network must map to features [batch, size], or to a feature map [batch, *event_shape[:2], size] of a head "
        f"over images. Received: output shape {features}, event_shape={head.event_shape}"
    )


def normal_units(size, event_size, hidden, activation="tanh", *, seed=None, name="units"):
    """Dense layers and a normal distribution: one layer's code, given another's.

    Args:
        size: of the code that is given.
        event_size: of the other.
        hidden: widths of the dense layers between.
        activation: of these, a Keras activation's name.
        seed: int seed of the initialisation.
        name: the layer's name.

    Returns:
        A `Conditional`.
    """
    trunk = mlp((size,), hidden, activation, seed, name=f"{name}_trunk")
    return Conditional(trunk, MultivariateNormalDiag(event_size), seed + len(hidden), name=name)


def binary_units(input_shape, event_shape, hidden, activation="tanh", *, trunk=None, seed=None, name="units"):
    """A layer of a sigmoid belief net: independent Bernoulli variables, given others.

    Args:
        input_shape: shape of what they are given, values of 0 and 1.
        event_shape: of the variables, an int or a tuple.
        hidden: widths of deterministic dense layers between; without any there is the projection alone.
        activation: of these, a Keras activation's name.
        trunk: a built Keras network from `input_shape` to features [batch, size], in place of these; or None.
        seed: int seed of the initialisation.
        name: the layer's name.

    Returns:
        A `Conditional`.
    """
    if trunk is None and hidden:
        trunk = mlp(input_shape, hidden, activation, seed, name=f"{name}_trunk")
    elif trunk is None:  # units of -1 and 1, from which the projection learns faster than from 0 and 1
        trunk = keras.Sequential(
            [
                keras.Input(input_shape),
                keras.layers.Reshape((math.prod(input_shape),)),
                keras.layers.Rescaling(2.0, offset=-1.0),
            ],
            name=f"{name}_trunk",
        )
    return Conditional(trunk, IndependentBernoulli(event_shape), seed + len(hidden), name=name)
