"""The named signatures that a model is served by: which there are, their inputs and their outputs.

Every input and output has the batch as its first dimension, so that a server can batch requests; randomness comes in as
one int64 seed a row, so that a row's answer does not depend on what else is in the batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from ..zoo.core.inputs import within

DEFAULT = "serving_default"


@dataclass(frozen=True)
class Signature:
    """One endpoint: its name, the function from tensors to a flat dict of tensors, and the named inputs."""

    name: str
    function: Callable
    inputs: tuple[tf.TensorSpec, ...]


def signatures(model, log_prob_samples):
    """The signatures of a model, as much as it supports.

    | name | inputs | outputs |
    |---|---|---|
    | generate | seed int64 [n] | image [n, h, w, c] |
    | generate_with_codes | seed, label, continuous [n, num_continuous] | image |
    | encode | image | mean, stddev [n, latent_dim]; with several stochastic layers `_1`, `_2`, ... of each |
    | translate_a_to_b, translate_b_to_a | image | image |
    | reconstruct | image | image |
    | log_prob | image, seed | log_prob [n] in nats, num_samples int32 [n] |
    | discriminate | image | logit, probability [n] |
    | classify | image | class int64 [n], probability [n, num_classes] |

    The first of those that there are is also `serving_default`.

    Those of a conditional model take `label` int64 [n] as well, all but `classify`; of a semi-supervised one `generate`
    alone does, since the others infer the class.

    A model that finds classes of its own (InfoGAN) takes `label` in `generate` and `generate_with_codes` alone; this
    sets continuous codes too. Codes with names have outputs that begin with them: `category_probabilities`
    [n, num_categories], `continuous_mean`, `continuous_stddev`.

    Args:
        model: a `GenerativeModel`.
        log_prob_samples: importance samples of `log_prob`, fixed in the exported graph.

    Returns:
        List of `Signature`; floats are float32. Their graphs refuse images outside [0, 1] and labels that do not exist.
    """
    seed = tf.TensorSpec([None], tf.int64, name="seed")
    image = tf.TensorSpec([None, *model.image_shape], tf.float32, name="image")

    label = tf.TensorSpec([None], tf.int64, name="label")
    chosen = () if model.sample_classes is None else (label,)
    known = () if model.num_classes is None or model.missing_labels else (label,)

    def of(image):
        """The image, refused by the served graph where it has 8-bit values."""
        return within(image, 0, 1, "image must lie between 0 and 1. Received: values from")

    def checked(label):
        """The label, refused by the served graph where there is no such class."""
        last = (model.sample_classes or 0) - 1
        sentence = f"label must lie between 0 and {last}. Received: values from"
        return None if label is None else within(label, 0, last, sentence)

    def generate(seed, label=None):
        return {"image": model.generate(seed, checked(label))}

    def generate_with_codes(seed, label, continuous):
        return {"image": model.generate(seed, checked(label), continuous=continuous)}

    def encode(image, label=None):
        return _moments(model.encode(of(image), checked(label)))

    def translate(to):
        return lambda image: {"image": model.translate(of(image), to)}

    def reconstruct(image, label=None):
        return {"image": model.reconstruct(of(image), labels=checked(label))}

    def log_prob(image, seed, label=None):
        value = model.importance_log_prob(of(image), seed, log_prob_samples, checked(label))
        return {"log_prob": value, "num_samples": tf.fill(tf.shape(seed), log_prob_samples)}

    def discriminate(image, label=None):
        logit = model.discriminate(of(image), checked(label))
        return {"logit": logit, "probability": tf.sigmoid(logit)}

    def classify(image):
        probability = model.classify(of(image))
        return {"class": tf.argmax(probability, axis=-1), "probability": probability}

    offered = {
        "generate": [Signature("generate", generate, (seed, *chosen))],
        "translate": [Signature(f"translate_{way}", translate(way[-1]), (image,)) for way in ("a_to_b", "b_to_a")],
        "classify": [Signature("classify", classify, (image,))],
        "encode": [Signature("encode", encode, (image, *known))],
        "reconstruct": [Signature("reconstruct", reconstruct, (image, *known))],
        "log_prob": [Signature("log_prob", log_prob, (image, seed, *known))],
        "discriminate": [Signature("discriminate", discriminate, (image, *known))],
    }
    if codes := getattr(model, "num_continuous", 0):
        continuous = tf.TensorSpec([None, codes], tf.float32, name="continuous")
        offered["generate"].append(Signature("generate_with_codes", generate_with_codes, (seed, *chosen, continuous)))
    supported = [one for method, those in offered.items() if model.supports(method) for one in those]
    return [*supported, *(Signature(DEFAULT, one.function, one.inputs) for one in supported[:1])]


def _moments(posterior):
    """Mean and standard deviation of a posterior, those of an upper stochastic layer at the mean of the lower one."""
    if isinstance(posterior, tfp.distributions.Categorical):
        return {"probabilities": posterior.probs_parameter()}
    if isinstance(posterior, tfp.distributions.JointDistributionNamed):
        parts = {code: _moments(part) for code, part in posterior.model.items()}
        return {f"{code}_{name}": value for code, part in parts.items() for name, value in part.items()}
    if not isinstance(posterior, tfp.distributions.JointDistribution):
        return {"mean": posterior.mean(), "stddev": posterior.stddev()}
    lowest, *uppers = posterior.model
    layers = [lowest]
    for given in uppers:
        layers.append(given(layers[-1].mean()))
    return {
        f"{name}_{number}": getattr(layer, name)()
        for number, layer in enumerate(layers, 1)
        for name in ("mean", "stddev")
    }


def example_inputs(signature, rows):
    """Inputs for a trial or warm-up call, arrays of `rows` rows by name: seeds 0, 1, ..., mid-grey images, zeros."""
    values = {"seed": np.arange(rows), "image": 0.5}
    return {
        spec.name: np.broadcast_to(values.get(spec.name, 0), (rows, *spec.shape[1:])).astype(spec.dtype.as_numpy_dtype)
        for spec in signature.inputs
    }
