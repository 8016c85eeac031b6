"""The models, one file each; the registry; the base class; the presets."""

from .._lazy import lazy_names

_HOMES = {
    "DivergenceError": "divergence",
    "GenerativeModel": "base",
    "VAE": "vae",
    "IWAE": "iwae",
    "GAN": "gan",
    "IWGAN": "iwgan",
    "WakeSleep": "wakesleep",
    "RWS": "rws",
    "AAVAE": "aavae",
    "VAEGAN": "vaegan",
    "SVAE": "svae",
    "AASVAE": "aasvae",
    "InfoGAN": "infogan",
    "AAE": "aae",
    "ALI": "ali",
    "PM": "pm",
    "CycleGAN": "cyclegan",
    "Classifier": "classifier",
    "Batch": "phase",
    "Formulation": "phase",
    "Phase": "phase",
    "RECIPES": "recipes",
    "Recipe": "recipes",
    "Stage": "recipes",
    "card": "registry",
    "from_preset": "registry",
    "list_models": "registry",
    "list_presets": "registry",
    "make_model": "registry",
    "model_class": "registry",
    "register": "registry",
    "save_to_preset": "registry",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
