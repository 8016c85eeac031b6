"""What looks at the arguments of the models' constructors, and refuses what cannot be."""

import numbers

import numpy as np


def checked_image_shape(image_shape):
    """(height, width, channels) as a tuple of integers; anything else is refused."""
    sizes = tuple(image_shape) if np.iterable(image_shape) else ()
    if len(sizes) != 3 or not all(isinstance(size, numbers.Integral) and size > 0 for size in sizes):
        raise ValueError(f"image_shape must be (height, width, channels). Received: image_shape={image_shape!r}")
    return tuple(int(size) for size in sizes)


def checked_latent_dim(latent_dim):
    """The size of a code, or a sequence of the sizes of several layers of it, refused unless positive integers."""
    sizes = latent_dim if isinstance(latent_dim, (tuple, list)) else (latent_dim,)
    if not all(isinstance(size, int) and size > 0 for size in sizes):
        raise ValueError(f"latent_dim must be a positive integer, or several. Received: {latent_dim=}")
    return latent_dim


def checked_num_classes(num_classes):
    """How many classes there are, an integer above 0, or None for a model that takes no labels."""
    if num_classes is not None and not (isinstance(num_classes, int) and num_classes > 0):
        raise ValueError(f"num_classes must be a positive integer, or None. Received: {num_classes=}")
    return num_classes


def check_fixed(model, given, **fixed):
    """Refuse arguments of a base class that a model derived from it cannot have otherwise.

    Args:
        model: the model, to be named.
        given: a dict of the arguments given.
        **fixed: what they must be, where they are given.

    Raises:
        ValueError: naming the argument.
    """
    for name, value in fixed.items():
        if given.get(name, value) != value:
            raise ValueError(f"{type(model).__name__} knows {name}={value!r} only. Received: {name}={given[name]!r}")


def check_plain_game(model, given, **fixed):
    """Refuse the arguments of a `GAN` that one without labels, with the original loss, cannot have otherwise.

    Args:
        model: as for `check_fixed`, as are `given` and the errors.
        **fixed: what must be fixed besides labels, loss and penalties.
    """
    plain = {"num_classes": None, "adversarial_loss": "non_saturating", "gradient_penalty": 0.0, "r1_penalty": 0.0}
    check_fixed(model, given, **plain, **fixed)


def check_choice(known, **choice):
    """Refuse a choice, given by its name, of what is not known."""
    ((name, value),) = choice.items()
    if value not in known:
        raise ValueError(f"{name} must be one of {known}. Received: {name}={value!r}")


def check_not_negative(**numbers):
    """Refuse numbers, given by their names, below 0."""
    if any(number < 0.0 for number in numbers.values()):
        raise _refusal(numbers, "must be 0 or more")


def check_above_zero(**numbers):
    """Refuse numbers, given by their names, that are not above 0."""
    if not all(number > 0.0 for number in numbers.values()):
        raise _refusal(numbers, "must be above 0")


def check_at_least_one(**counts):
    """Refuse counts, given by their names, below 1."""
    if any(count < 1 for count in counts.values()):
        raise _refusal(counts, "must be at least 1")


def check_shares(**shares):
    """Refuse shares, given by their names, of everything or more, or of less than nothing."""
    if not all(0.0 <= share < 1.0 for share in shares.values()):
        raise _refusal(shares, "must lie in [0, 1)")


def _refusal(arguments, demand):
    received = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return ValueError(f"{' and '.join(arguments)} {demand}. Received: {received}")
