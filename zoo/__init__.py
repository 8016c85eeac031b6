"""The models, one file each; the registry; the base class; the presets."""

from typing import Any

_HOMES = {
    "DivergenceError": "base",
    "GenerativeModel": "base",
    "VAE": "vae",
    "IWAE": "iwae",
    "GAN": "gan",
    "IWGAN": "iwgan",
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
    "model_class": "registry",
    "register": "registry",
    "save_to_preset": "registry",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module("." + _HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
