"""Small worlds in which a model's phases and its printed lines can both be computed to the last digit.

A toy is a real model of the registry, as configured but tiny and in double precision, whose data and noise take a few
values. `TOYS` has the function that makes it, by the model's class.
"""

from .activated import ACTIVATED
from .adversarial import ADVERSARIAL
from .codes import CODES
from .domains import DOMAINS
from .encoded import ENCODED
from .toy import Toy, double_precision
from .variational import VARIATIONAL

__all__ = ["TOYS", "Toy", "double_precision"]

TOYS = {**VARIATIONAL, **ACTIVATED, **CODES, **ADVERSARIAL, **ENCODED, **DOMAINS}
