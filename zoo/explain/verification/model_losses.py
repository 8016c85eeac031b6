"""The VAE's and the IWAE's own objectives, where what their networks say is given as distributions.

Each function calls a model's method on a stand-in for the model, which has its networks' answers and nothing else.
"""

from types import SimpleNamespace

from ...core.autoencoder import Autoencoder
from ...core.chain import Chain
from ...core.phase import Batch
from ...iwae import IWAE
from ...vae import VAE


def vae(x, noise, prior, posterior, likelihood):
    """The VAE's loss of an observation x, of reparameterised codes.

    Args:
        x: the observation.
        noise: standard normal draws [batch, 1].
        prior: the distribution of codes.
        posterior: that of codes given x.
        likelihood: a function from codes to the distribution of x.
    """
    return VAE._objective(_autoencoder(prior, posterior, likelihood), Batch(x), [noise], True)[0]


def iwae(x, noise, prior, posterior, likelihood, bound, **arguments):
    """IWAE's loss by a bound's name, as `vae`'s, of noise [k, batch, 1]; the bound may take an argument."""
    model = _autoencoder(prior, posterior, likelihood)
    value = next(iter(arguments.values()), None)
    vars(model).update(bound=bound, chain=Chain(), bound_argument=value)
    model._infer = lambda *given: Autoencoder._infer(model, *given)
    model._log_joint = lambda *given: Autoencoder._log_joint(model, *given)
    return IWAE._objective(model, Batch(x), [noise], True)[0]


def _autoencoder(prior, posterior, likelihood):
    return SimpleNamespace(prior=prior, _encode=lambda *_: posterior, _decode=lambda z, *_: likelihood(z))
