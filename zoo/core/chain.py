"""Stochastic layers above the lowest: q(h_2|h_1) q(h_3|h_2) ... upwards, p(h_1|h_2) p(h_2|h_3) ... downwards."""

from .likelihood import log_density
from .randomness import fold_in


def reparameterised(distribution, noise):
    """A draw that carries the distribution's gradient: mean + stddev * noise."""
    return distribution.mean() + distribution.stddev() * noise


def layered_noise(draw, shape, sizes, seed):
    """Noise [*shape, size] for every layer, a list; `draw` is `randomness.normal` or `uniform`."""
    return [draw([*shape, size], fold_in(seed, layer)) for layer, size in enumerate(sizes)]


class Chain:
    """The layers above the first; a list of latents or of distributions has an entry for each layer, from x upwards.

    Args:
        encoders: networks from the code of one layer to the distribution of the next one up.
        decoders: networks from the code of one layer to the distribution of the next one down, from the data upwards.
        draw: `(distribution, noise) -> code`.
    """

    def __init__(self, encoders=(), decoders=(), draw=reparameterised):
        self.encoders, self.decoders, self.draw = tuple(encoders), tuple(decoders), draw

    def infer(self, lowest, noise, training=False):
        """Draws of all layers and their distributions, given the lowest's distribution: two lists."""
        latents, posteriors = [self.draw(lowest, noise[0])], [lowest]
        for encoder, above in zip(self.encoders, noise[1:], strict=True):
            posteriors.append(encoder(latents[-1], training=training))
            latents.append(self.draw(posteriors[-1], above))
        return latents, posteriors

    def posteriors(self, lowest, latents, training=False):
        """The distribution of every layer given the code below it, a list."""
        below = zip(self.encoders, latents[:-1], strict=True)
        return [lowest, *(encoder(code, training=training) for encoder, code in below)]

    def log_prior(self, top, latents, training=False):
        """log p of all layers' codes, the uppermost's distribution being `top`."""
        above = zip(self.decoders, latents[1:], strict=True)
        given = [decoder(code, training=training) for decoder, code in above]
        log_top = top.log_prob(latents[-1])
        return log_top + log_density(given, latents[:-1]) if given else log_top

    def descend(self, code, noise, training=False):
        """Codes of all layers from the uppermost's downwards, a list; `noise` is of the layers below it."""
        latents = [code]
        for decoder, below in zip(self.decoders[::-1], noise[::-1], strict=True):
            latents.insert(0, self.draw(decoder(latents[0], training=training), below))
        return latents
