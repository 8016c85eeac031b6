"""SavedModels with named signatures, versions for TensorFlow Serving, an embedded server that speaks its protocol."""

from .._lazy import lazy_names

_HOMES = {"export_model": "saved_model", "publish": "publishing", "serve": "server", "versions": "publishing"}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
