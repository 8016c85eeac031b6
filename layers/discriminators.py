"""Discriminators of images together with their codes, and what a discriminator ends in."""

import keras

from .dense import mlp_discriminator


@keras.saving.register_keras_serializable(package="unizoo")
class PairDiscriminator(keras.layers.Layer):
    """A discriminator of pairs (x, z): features of both, side by side, then dense layers (Dumoulin et al. 2017).

    Args:
        image_trunk: a built Keras network from images to features [batch, size].
        code_trunk: a built Keras network from codes to features [batch, size].
        units: widths of the dense layers that see both, a sequence of ints.
        seed: int seed of their initialisation.
        **kwargs: the other arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: a pair of images [batch, h, w, c] and codes [batch, latent_dim].

    Returns (of the call):
        Logits [batch, 1].
    """

    def __init__(self, image_trunk, code_trunk, units, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.image_trunk = image_trunk
        self.code_trunk = code_trunk
        self.units = units
        self.seed = seed
        size = image_trunk.output_shape[-1] + code_trunk.output_shape[-1]
        self.joint = mlp_discriminator(size, units, seed, name="joint")
        self.built = True

    def call(self, inputs, training=False):
        """The logit of each pair."""
        images, codes = inputs
        features = [self.image_trunk(images, training=training), self.code_trunk(codes, training=training)]
        return self.joint(keras.ops.concatenate(features, axis=-1), training=training)

    def get_config(self):
        """The constructor's arguments, the trunks serialised."""
        return {
            **super().get_config(),
            "image_trunk": keras.saving.serialize_keras_object(self.image_trunk),
            "code_trunk": keras.saving.serialize_keras_object(self.code_trunk),
            "units": list(self.units),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        """The layer of a configuration from `get_config`."""
        trunks = {key: keras.saving.deserialize_keras_object(config[key]) for key in ("image_trunk", "code_trunk")}
        return cls(**{**config, **trunks})


def with_features(discriminator, name="discriminator"):
    """A discriminator that also gives what its logit is read off.

    Args:
        discriminator: a built `keras.Sequential` that ends in the layer of the logit.
        name: the network's name.

    Returns:
        A Keras network from images to the last hidden layer [batch, size] and the logit [batch, 1].
    """
    outputs = [layer.output for layer in discriminator.layers[-2:]]
    return keras.Model(discriminator.inputs[0], outputs, name=name)


def logit(shape, seed=None, name="logit"):
    """A linear read-out of one value, which features of a `shape` are judged by.

    Args:
        shape: shape of the features of one example, a tuple of ints.
        seed: int seed of the N(0, 0.02) initialisation.
        name: the layer's name.

    Returns:
        A built `keras.layers.Dense` from [batch, *shape] to [batch, 1].
    """
    initializer = keras.initializers.RandomNormal(stddev=0.02, seed=seed)
    layer = keras.layers.Dense(1, kernel_initializer=initializer, name=name)
    layer.build((None, *shape))
    return layer
