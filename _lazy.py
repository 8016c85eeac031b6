"""Packages whose names are imported when they are first used, so that importing unizoo is instant."""

import importlib
import importlib.machinery
import sys
import warnings


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


class MovedModules:
    """Lets a module that moved be imported by its former name, with a DeprecationWarning, for one release.

    A finder and a loader, without `importlib.abc`, whose import takes as long as the rest of listing.

    Args:
        moved: dict from former to present names, absolute ones.
    """

    def __init__(self, moved):
        self.moved = moved

    def find_spec(self, fullname, path=None, target=None):
        """A spec for former names, None for others."""
        return importlib.machinery.ModuleSpec(fullname, self) if fullname in self.moved else None

    def create_module(self, spec):
        """Python's default, which `exec_module` replaces."""
        return None

    def exec_module(self, module):
        """Put the module of the present name in the place of the former one."""
        former = module.__spec__.name
        warnings.warn(f"{former} is now {self.moved[former]}.", DeprecationWarning, stacklevel=2)
        sys.modules[former] = importlib.import_module(self.moved[former])
