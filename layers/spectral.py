"""Spectral normalisation (Miyato et al. 2018): a layer whose kernel, as a matrix, has the spectral norm one.

For a dense layer that is the norm of its linear map. A convolution's own norm, as a map of images, may be larger, for
the places that its kernel is laid on overlap: up to ceil(k / s), the kernel's size over the stride, which is 2 for
DCGAN's layers of 4 by 4 and stride 2, and 3 for one of 3 by 3 and stride 1. The slope is bounded all the same.

Keras has a layer of this name, which assigns the normalised kernel back to the wrapped layer's variable; a pass through
the discriminator in the generator's phase would then change weights that are not the generator's. Here the kernel stays
as the optimizer leaves it, and every call divides by its norm.
"""

import keras


@keras.saving.register_keras_serializable(package="unizoo")
class SpectralNormalization(keras.layers.Layer):
    """A dense or convolutional layer with its kernel W divided by an estimate of its largest singular value.

    The estimate is sigma = v' W u, with W as a matrix [everything else, outputs], after one step of power iteration
    from the u of the last call in training; u and v are constants to the gradient, W in sigma is not (Miyato et al.
    2018, Eqs. 9-12 and Algorithm 1). u depends on the kernel alone, and is thus the same on all replicas. The bias is
    not normalised. A frozen layer (`trainable` false) leaves u as it is. Of a convolution it is W that gets the norm
    one; the norm of the map of images may be up to ceil(k / s), with kernels of k by k and stride s.

    Args:
        layer: a `keras.layers.Dense` or `keras.layers.Conv2D`, built or not.
        seed: int seed of the first u, a normal draw.
        **kwargs: the other arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: as for the layer.
        training: whether to keep the new u.

    Raises:
        TypeError: for a layer of another kind, whose kernel is not such a matrix.
    """

    def __init__(self, layer, seed=None, **kwargs):
        if not isinstance(layer, (keras.layers.Dense, keras.layers.Conv2D)):
            raise TypeError(f"layer must be a keras.layers.Dense or Conv2D. Received: {type(layer).__name__}")
        # The power iteration needs single precision; the wrapped layer casts for itself.
        super().__init__(autocast=False, **kwargs)
        self.layer = layer
        self.seed = seed

    def build(self, input_shape):
        """Build the wrapped layer and the vector u."""
        if not self.layer.built:
            self.layer.build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self.layer.kernel.shape[-1],),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=self.seed),
            trainable=False,
            aggregation="only_first_replica",  # they all have the same
        )

    def call(self, inputs, training=False):
        """The layer's output under the normalised kernel."""
        kernel = keras.ops.convert_to_tensor(self.layer.kernel)
        sigma, u = self._power_iteration(keras.ops.reshape(kernel, (-1, kernel.shape[-1])))
        if training and self.trainable:
            self.u.assign(u)
        with keras.StatelessScope(state_mapping=[(self.layer.kernel, kernel / sigma)]):
            return self.layer(inputs)

    def _power_iteration(self, matrix):
        """The norm's estimate, and the next u."""
        constant = keras.ops.stop_gradient(matrix)
        v = _unit(keras.ops.matmul(constant, self.u))
        u = _unit(keras.ops.matmul(v, constant))
        return keras.ops.sum(keras.ops.matmul(v, matrix) * u), u

    def compute_output_shape(self, input_shape):
        """The wrapped layer's."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        """The constructor's arguments, the layer serialised."""
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer), "seed": self.seed}

    @classmethod
    def from_config(cls, config):
        """The layer of a configuration from `get_config`."""
        return cls(**{**config, "layer": keras.saving.deserialize_keras_object(config["layer"])})


def _unit(vector):
    return vector / (keras.ops.norm(vector) + keras.config.epsilon())
