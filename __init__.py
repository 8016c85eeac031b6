"""unizoo: a TensorFlow/Keras zoo of deep generative models in which GANs and VAEs are one family.

    import unizoo

    unizoo.list_presets()                            # needs no TensorFlow
    model = unizoo.from_preset("iwae_mnist_k50")     # a keras.Model, compiled, ready for fit
    images = model.sample(64, seed=0)                # [64, 28, 28, 1] in [0, 1]

Importing this package imports nothing else: TensorFlow is loaded when a model is first needed.
"""

from typing import Any

__version__ = "0.1.0"

_SUBPACKAGES = ("data", "evaluation", "export", "layers", "losses", "training", "workflows", "zoo")
_FUNCTIONS = ("card", "from_preset", "list_models", "list_presets", "save_to_preset")
__all__ = [*_SUBPACKAGES, *_FUNCTIONS, "__version__"]


def __getattr__(name: str) -> Any:
    import importlib

    if name in _SUBPACKAGES:
        return importlib.import_module("." + name, __name__)
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(".zoo.hub.registry", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
