"""The models, one file each, and four doors: `core`, `theory`, `hub` and `explain`.

| door | holds |
|---|---|
| `core` | what every model stands on: the base class, phases, the interface, randomness, replicas |
| `theory` | what losses and bounds say in the paper's notation |
| `hub` | the registry, presets and recipes, without TensorFlow at import; `presets/` has the weights |
| `explain` | what a model says of itself, and whether it is true |
"""

import sys

from .._lazy import MovedModules, lazy_names

_HOMES = {
    "DivergenceError": "core.guard",
    "Autoencoder": "core.autoencoder",
    "GenerativeModel": "core.base",
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
    "ADA": "ada",
    "Classifier": "classifier",
    "categories": "core.randomness",
    "normal": "core.randomness",
    "row_draws": "core.randomness",
    "uniform": "core.randomness",
    "Batch": "core.phase",
    "Formulation": "core.phase",
    "Phase": "core.phase",
    "RECIPES": "hub.recipes",
    "Recipe": "hub.recipes",
    "Stage": "hub.recipes",
    "card": "hub.registry",
    "from_preset": "hub.registry",
    "list_models": "hub.registry",
    "list_presets": "hub.registry",
    "make_model": "hub.registry",
    "model_class": "hub.registry",
    "register": "hub.registry",
    "save_to_preset": "hub.registry",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)

_MOVED = {
    "core": (
        *("base", "phase", "interface", "checks", "likelihood", "adversary", "optimizers", "averages", "randomness"),
        *("replicas", "config", "autoencoding"),
    ),
    "hub": ("registry", "presets", "recipes"),
    "theory": ("importance_bounds",),
    "explain": ("verification", "verification.identity"),
}
sys.meta_path.insert(
    0,  # before the folder of the presets' weights, which Python would take for a package
    MovedModules(
        {
            **{f"{__name__}.{name}": f"{__name__}.{door}.{name}" for door, names in _MOVED.items() for name in names},
            f"{__name__}.divergence": f"{__name__}.core.guard",
            f"{__name__}.objectives": f"{__name__}.theory.adversarial_losses",
            f"{__name__}.table": f"{__name__}.hub.models",
        }
    ),
)
