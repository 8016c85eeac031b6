"""Networks by name: how a model gets its parts of `network="mlp"`, `network="dcgan"`, or a built Keras network.

A model asks for what it needs, an encoder, a decoder, a generator, a discriminator; the name says of which family
(`layers.families`) that is. A built network in the place of a name is passed through.
"""

import keras

from .conditional import Conditional
from .dense import mlp
from .families import NetworkOptions, network_family
from .labels import ProjectionDiscriminator
from .normalization import batch_norm, seed_after

DEFAULTS = NetworkOptions()
PROJECTION_SEED = 100  # of a `ProjectionDiscriminator`, behind its trunk's


def encoder_trunk(
    network, image_shape, options=DEFAULTS, *, num_classes=None, normalize=False, seed=None, name="encoder_trunk"
):
    """From images to features.

    Args:
        network: a name in `NETWORKS`, or a built Keras network, which is returned as it is.
        image_shape: (height, width, channels).
        options: `NetworkOptions`.
        num_classes: how many classes a conditional model has, whose encoder is given the label: its input is what
            `label_images` makes of both. None for a model without labels.
        normalize: whether batch normalisation follows the last layer.
        seed: int seed of the initialisation.
        name: the network's name.

    Returns:
        A built Keras network to features [batch, size].

    Raises:
        ValueError: for an unknown name.
    """
    if isinstance(network, keras.Layer):
        return network
    trunk = network_family(network).encoder(image_shape, options, num_classes, seed, name)
    if normalize:
        trunk.add(batch_norm())
    return trunk


def decoder_trunk(network, code_size, image_shape, options=DEFAULTS, *, seed=None, name="decoder_trunk"):
    """From codes to features of an image.

    Args:
        network: as for `encoder_trunk`.
        code_size: size of the code, with the label's one-hot vector behind it of a conditional model.
        image_shape: (height, width, channels).
        options: `NetworkOptions`.
        seed: int seed of the initialisation.
        name: the network's name.

    Returns:
        A built Keras network to features [batch, size], or to a feature map [batch, height, width, size]; `Conditional`
        takes both.

    Raises:
        ValueError: for an unknown name.
    """
    if isinstance(network, keras.Layer):
        return network
    return network_family(network).decoder(code_size, image_shape, options, seed, name)


def encoder(network, image_shape, head, options=DEFAULTS, *, seed=None, name="encoder", **trunk):
    """A distribution given an image: a posterior over codes, or over classes.

    Args:
        network: as for `encoder_trunk`.
        image_shape: (height, width, channels).
        head: a `layers.DistributionHead` over codes.
        options: `NetworkOptions`.
        seed: int seed of the trunk; the projection takes the one behind.
        name: the layer's name; its trunk's ends in "_trunk".
        **trunk: the other arguments of `encoder_trunk`.

    Returns:
        A `Conditional`.
    """
    network = encoder_trunk(network, image_shape, options, seed=seed, name=f"{name}_trunk", **trunk)
    return Conditional(network, head, seed_after(network, seed), name=name)


def decoder(network, code_size, head, options=DEFAULTS, *, seed=None, name="decoder"):
    """A distribution over images given a code: a likelihood.

    Args:
        network: as for `decoder_trunk`.
        code_size: as for `decoder_trunk`.
        head: a `layers.DistributionHead` over images.
        options: `NetworkOptions`.
        seed: int seed of the trunk; the projection takes the one behind.
        name: the layer's name; its trunk's ends in "_trunk".

    Returns:
        A `Conditional`.
    """
    network = decoder_trunk(network, code_size, head.event_shape, options, seed=seed, name=f"{name}_trunk")
    return Conditional(network, head, seed_after(network, seed), name=name)


def generator(network, code_size, image_shape, options=DEFAULTS, *, seed=None, name="generator"):
    """From codes to images.

    Args:
        network: as for `encoder_trunk`.
        code_size: size of the code, with the label's one-hot vector behind it of a conditional model.
        image_shape: (height, width, channels).
        options: `NetworkOptions`.
        seed: int seed of the initialisation.
        name: the network's name.

    Returns:
        A built Keras network to images [batch, *image_shape] in [0, 1].

    Raises:
        ValueError: for an unknown name.
    """
    if isinstance(network, keras.Layer):
        return network
    return network_family(network).generator(code_size, image_shape, options, seed, name)


def discriminator_trunk(
    network, image_shape, options=DEFAULTS, *, outputs=0, dense_units=0, seed=None, name="discriminator_trunk"
):
    """From images to what discriminators judge by.

    Args:
        network: as for `encoder_trunk`.
        image_shape: (height, width, channels).
        options: `NetworkOptions`.
        outputs: size of a linear read-out; 0 leaves the features of the last hidden layer.
        dense_units: width of a dense layer behind the others, normalised like them; 0 for none.
        seed: int seed of the initialisation.
        name: the network's name.

    Returns:
        A built Keras network to features [batch, size], or to [batch, outputs].

    Raises:
        ValueError: for an unknown name.
    """
    if isinstance(network, keras.Layer):
        return network
    return network_family(network).discriminator(image_shape, options, outputs, dense_units, seed, name)


def input_discriminator(network, image_shape, options=DEFAULTS, *, num_classes=None, seed=None, name="discriminator"):
    """From what an encoder is given to logits: an encoder's trunk, and a logit behind it.

    Args:
        network: as for `encoder_trunk`.
        image_shape: (height, width, channels).
        options: `NetworkOptions`.
        num_classes: as for `encoder_trunk`.
        seed: int seed of the initialisation.
        name: the network's name.

    Returns:
        A built Keras network from images, or from what `label_images` makes of images and labels, to logits [batch, 1].

    Raises:
        ValueError: for an unknown name.
    """
    if isinstance(network, keras.Layer):
        return network
    trunk = encoder_trunk(network, image_shape, options, num_classes=num_classes, seed=seed, name=f"{name}_trunk")
    logit = mlp(trunk.output_shape[1:], (1,), "linear", seed_after(trunk, seed), name=f"{name}_logit")
    return keras.Sequential([trunk, logit], name=name)


def discriminator(network, image_shape, options=DEFAULTS, *, num_classes=None, seed=None, name="discriminator"):
    """From images, or images and labels, to logits.

    Args:
        network: as for `encoder_trunk`.
        image_shape: (height, width, channels).
        options: `NetworkOptions`.
        num_classes: how many classes a conditional model has, whose discriminator is a `ProjectionDiscriminator` of
            the pair of images and one-hot labels. None for a model without labels.
        seed: int seed of the initialisation.
        name: the network's name.

    Returns:
        A built Keras network to logits [batch, 1].

    Raises:
        ValueError: for an unknown name.
    """
    if isinstance(network, keras.Layer):
        return network
    if num_classes is None:
        return discriminator_trunk(network, image_shape, options, outputs=1, seed=seed, name=name)
    trunk = discriminator_trunk(network, image_shape, options, seed=seed, name=name)
    spectral = options.normalization == "spectral"
    seed = None if seed is None else seed + PROJECTION_SEED
    return ProjectionDiscriminator(trunk, num_classes, seed, spectral, name=name)
