"""Log-likelihood of held-out images by importance sampling (Burda et al. 2015, Sec. 5)."""

import math

import numpy as np

BATCH = 100  # images between two reports of progress


def negative_log_likelihood(model, images, num_samples=5000, seed=0, progress=None, labels=None):
    """Estimate -log p(x), an upper bound in expectation that tightens with the number of samples.

    Args:
        model: a model with `log_prob`.
        images: float [n, h, w, c] in [0, 1], of the kind the likelihood is over (binary ones for a Bernoulli).
        num_samples: importance samples for each image.
        seed: int; the same seed gives the same estimate.
        progress: called after each batch with the images done and the images in all.
        labels: class labels [n] of a conditional model, whose -log p(x|label) is estimated.

    Returns:
        Plain JSON: `nll` (mean, nats an image), `nll_standard_error` (over the images), `bits_per_dimension`,
        `num_images`, `num_importance_samples`, `seed`.

    Raises:
        NotImplementedError: if the model has no density.
        ValueError: for an empty set.
    """
    images = np.asarray(images, np.float32)
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
    return {
        "nll": float(nll.mean()),
        "nll_standard_error": float(nll.std(ddof=1) / math.sqrt(len(nll))) if len(nll) > 1 else None,
        "bits_per_dimension": float(nll.mean() / (math.log(2.0) * math.prod(images.shape[1:]))),
        "num_images": len(images),
        "num_importance_samples": num_samples,
        "seed": seed,
    }
