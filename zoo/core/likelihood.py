"""log p(x) of a model with encoder and decoder, bounded by importance sampling (Burda et al. 2015, Sec. 5)."""

import functools

import tensorflow as tf

from ...losses import bounds, importance
from .checks import check_at_least_one
from .interface import in_chunks
from .randomness import fold_in, map_rows, normal, row_seeds

SAMPLES_AT_A_TIME = 1000  # which bounds the memory
BOUND_TERMS = ("reconstruction", "kl", "bound")
WEIGHTED_TERMS = ("reconstruction", "kl", "elbo", "bound", "effective_sample_size")


def log_density(distributions, values):
    """The sum of the log-densities of values under a list of distributions, one each."""
    return tf.add_n([one.log_prob(value) for one, value in zip(distributions, values, strict=True)])


def bound_terms(reconstruction, kl):
    """What is logged of an evidence lower bound, of its two parts [batch]: a dict, by the names of `BOUND_TERMS`."""
    return {"reconstruction": reconstruction, "kl": kl, "bound": reconstruction - kl}


def weighed(log_likelihood, log_prior, log_q):
    """The weights of k samples, and what is logged of them.

    Args:
        log_likelihood: log p(x|z) [k, batch].
        log_prior: log p(z) [k, batch].
        log_q: log q(z|x) [k, batch].

    Returns:
        log p(x, z) - log q(z|x) [k, batch], and a dict of terms [batch], by the names of `WEIGHTED_TERMS`: means over
        the samples, and `bound`, the importance weighted bound of them all.
    """
    log_w = log_likelihood + log_prior - log_q
    return log_w, {
        "reconstruction": tf.reduce_mean(log_likelihood, axis=0),
        "kl": tf.reduce_mean(log_q - log_prior, axis=0),
        "elbo": bounds.elbo(log_w),
        "bound": bounds.iwae(log_w),
        "effective_sample_size": importance.effective_sample_size(log_w),
    }


class ImportanceLikelihood:
    """What gives a model `log_prob`: it has `prior`, `latent_dim`, and `_encode` and `_decode` as `VAE`.

    A model with other than one normal code overrides `_latent_noise`, `_infer` and `_log_joint`.
    """

    def _latent_noise(self, shape, seed):
        """Standard normal noise [*shape, dim] for each stochastic layer, a list."""
        return [normal([*shape, self.latent_dim], seed)]

    def _infer(self, x, labels, noise, training):
        """Reparameterised posterior samples and their distributions: two lists, an entry for each stochastic layer."""
        posterior = self._encode(x, labels, training)
        return [posterior.mean() + posterior.stddev() * noise[0]], [posterior]

    def _log_joint(self, x, labels, latents, training):
        """log p(x|z) and log p(z), [k, batch] each."""
        log_likelihood = self._decode(latents[0], labels, training).log_prob(x)
        return log_likelihood, self.prior.log_prob(latents[-1])

    def log_prob(self, x, num_samples=5000, *, labels=None, seed=0):
        """The importance-weighted bound on log p(x) with `num_samples` posterior samples (Burda et al. 2015).

        Args:
            x: images [n, *image_shape]; for a Bernoulli likelihood binary ones.
            num_samples: importance samples for each image; the bound tightens with it.
            labels: class labels [n] of a conditional model, whose log p(x|label) is bounded; a semi-supervised one does
                without them, and then it is log p(x).
            seed: int; the same seed gives the same estimate.

        Returns:
            [n] float32, nats; of a probability mass under a Bernoulli or discretised likelihood, of a density under a
            normal one.

        Raises:
            ValueError: if `num_samples` is below 1, or `x` or `labels` are not the model's.
        """
        check_at_least_one(num_samples=num_samples)
        images, *labels = self._rows(x, labels)
        rows = [images, row_seeds(len(x), seed), *labels]
        return in_chunks(lambda x, seeds, *labels: self._log_prob_rows(x, seeds, num_samples, *labels), *rows)

    @functools.cached_property
    def _log_prob_rows(self):
        return tf.function(self.importance_log_prob, reduce_retracing=True)

    def importance_log_prob(self, x, seeds, num_samples, labels=None):
        """`log_prob` with a seed for each row, as a graph: an image's estimate depends on its own seed alone.

        Args:
            x: [n, *image_shape] float32.
            seeds: [n] int64.
            num_samples: int.
            labels: class labels [n] of a conditional model.

        Returns:
            [n] float32, nats.
        """
        whole, rest = divmod(num_samples, SAMPLES_AT_A_TIME)

        def row(image, seed, *label):
            inputs = [image[None], *(one[None] for one in label)]

            def chunk(index, size):
                noise = self._latent_noise((size, 1), fold_in(seed, index))
                return tf.reduce_logsumexp(self.log_weights(*inputs, noise=noise))

            total = tf.constant(-float("inf"))
            if whole:
                sums = tf.map_fn(lambda i: chunk(i, SAMPLES_AT_A_TIME), tf.range(whole), fn_output_signature=tf.float32)
                total = tf.reduce_logsumexp(sums)
            if rest:
                total = tf.reduce_logsumexp(tf.stack([total, chunk(whole, rest)]))
            return total - tf.math.log(float(num_samples))

        return map_rows(row, x, seeds, labels, signature=tf.float32)

    def log_weights(self, x, labels=None, *, noise, training=False):
        """log p(x, z) - log q(z|x) of posterior samples.

        Args:
            x: images [batch, *image_shape].
            labels: class labels [batch] of a conditional model.
            noise: list of tensors [k, batch, dim], one for each stochastic layer, as `_latent_noise` makes them.
            training: whether the networks run in training mode.

        Returns:
            [k, batch] in nats.
        """
        latents, posteriors = self._infer(x, labels, noise, training)
        log_likelihood, log_prior = self._log_joint(x, labels, latents, training)
        return log_likelihood + log_prior - log_density(posteriors, latents)
