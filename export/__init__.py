"""SavedModels with named signatures, versions for TensorFlow Serving, an embedded server that speaks its protocol."""

from typing import Any

_HOMES = {"export_model": "saved_model", "publish": "publishing", "serve": "server", "versions": "publishing"}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module("." + _HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
