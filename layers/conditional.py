"""Conditional distributions p(a | b): a network, a linear projection to the parameters, and a head."""

import keras


@keras.saving.register_keras_serializable(package="unizoo")
class Conditional(keras.layers.Layer):
    """A distribution whose parameters are a network's output.

    Args:
        network: a built Sequential or Functional model from [batch, ...] to features [batch, size], the trunk.
        head: a `layers.DistributionHead`, which says how many parameters it needs.
        seed: int seed of the projection's Glorot uniform initialisation.
        **kwargs: the other arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: [..., *network.input_shape[1:]]; leading axes beyond the first (samples, say) are folded into the batch.

    Returns (of the call):
        A `tfd.Distribution` with the leading axes of `inputs` as its batch shape.

    Raises:
        ValueError: if the network is not built, or does not map to vectors of features.
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
        if len(features) != 2:
            raise ValueError(f"network must map to features [batch, size]. Received: output shape {features}")
        initializer = keras.initializers.GlorotUniform(seed=seed)
        self.projection = keras.layers.Dense(head.params_size, kernel_initializer=initializer)
        self.projection.build(features)
        self.head.build((None, head.params_size))
        self._event_rank = len(network.input_shape) - 1
        self.built = True

    def call(self, inputs, training=False):
        """The distribution of each example."""
        leading = keras.ops.shape(inputs)[: -self._event_rank]
        if len(leading) == 1:
            return self.head(self.projection(self.network(inputs, training=training)))
        flat = keras.ops.reshape(inputs, (-1, *inputs.shape[-self._event_rank :]))
        params = self.projection(self.network(flat, training=training))
        return self.head(keras.ops.reshape(params, (*leading, self.head.params_size)))

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
