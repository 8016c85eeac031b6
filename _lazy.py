"""Packages whose names are imported when they are first used, so that importing unizoo is instant."""

import importlib


def lazy_names(package, homes):
    """The module-level functions of a lazy package.

    Args:
        package: the package's `__name__`.
        homes: dict from each public name to the module of the package that defines it.

    Returns:
        `__getattr__`, `__dir__` and `__all__` for the package to assign.
    """

    def get(name):
        if name in homes:
            return getattr(importlib.import_module("." + homes[name], package), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted(homes), sorted(homes)
