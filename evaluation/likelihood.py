"""Log-likelihood of held-out images by importance sampling (Burda et al. 2015, Sec. 5)."""

import math
import time

import numpy as np

BATCH = 100  # images between two reports of progress
SAMPLE_COUNTS = (50, 100, 200, 500, 1000, 2000, 5000)  # that `affordable_samples` chooses from
_PROBE_IMAGES, _PROBE_SAMPLES = 10, 500


def negative_log_likelihood(model, images, num_samples=5000, seed=0, progress=None, labels=None):
    """Estimate -log p(x), an upper bound in expectation that tightens with the number of samples.

    Args:
        model: a model with `log_prob`.
        images: [n, h, w, c] as the model takes them, of the kind the likelihood is over (binary for a Bernoulli).
        num_samples: importance samples for each image.
        seed: int; the same seed gives the same estimate.
        progress: called after each batch with the images done and the images in all.
        labels: class labels [n] of a conditional model, whose -log p(x|label) is estimated.

    Returns:
        Plain JSON: `nll` (mean, nats an image), `nll_standard_error` (over the images), `measure` ("probability", or
        "density" where the likelihood is one of continuous values: of grey levels it says little, may be negative, and
        compares with no probability), `bits_per_dimension` (None of a density), `num_images`,
        `num_importance_samples`, `seed`.

    Raises:
        NotImplementedError: if the model has no density.
        ValueError: for an empty set.
    """
    images = np.asarray(images)
    if not len(images):
        raise ValueError(f"There are no images to evaluate. Received: shape {images.shape}")
    values = []
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        given = {} if labels is None else {"labels": labels[part]}
        values.append(np.asarray(model.log_prob(images[part], num_samples, seed=seed + start, **given), np.float64))
        if progress:
            progress(min(start + BATCH, len(images)), len(images))
    nll = -np.concatenate(values)
    bits = float(nll.mean() / (math.log(2.0) * math.prod(images.shape[1:])))
    return {
        "nll": float(nll.mean()),
        "nll_standard_error": float(nll.std(ddof=1) / math.sqrt(len(nll))) if len(nll) > 1 else None,
        "measure": "density" if is_density(model) else "probability",
        "bits_per_dimension": None if is_density(model) else bits,
        "num_images": len(images),
        "num_importance_samples": num_samples,
        "seed": seed,
    }


def is_density(model):
    """Whether a model's `log_prob` is of a density of continuous values, as under a normal likelihood."""
    return getattr(model, "likelihood", None) == "normal"


def affordable_samples(model, images, seconds, seed=0, labels=None):
    """How many importance samples a likelihood may take for each image, so that it ends within a time, about.

    It is measured on the first images, and is one of `SAMPLE_COUNTS`: the least of them even where that takes longer.

    Args:
        model: a model with `log_prob`.
        images: as for `negative_log_likelihood`, all that are to be measured.
        seconds: the time, from 0.
        seed: as for `negative_log_likelihood`.
        labels: as for `negative_log_likelihood`.

    Returns:
        int.
    """
    given = {} if labels is None else {"labels": labels[:_PROBE_IMAGES]}
    probe = np.asarray(images[:_PROBE_IMAGES])
    for _ in range(2):  # the first call builds the graph
        start = time.monotonic()
        np.asarray(model.log_prob(probe, _PROBE_SAMPLES, seed=seed, **given))
        taken = time.monotonic() - start
    affordable = seconds * len(probe) * _PROBE_SAMPLES / (taken * len(images))
    return max(count for count in SAMPLE_COUNTS if count <= max(affordable, SAMPLE_COUNTS[0]))
