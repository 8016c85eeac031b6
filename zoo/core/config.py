"""A model's configuration: the constructor's arguments as JSON values, and back."""

import inspect

import keras


def config_of(model, root):
    """The arguments that the model's constructor was given, each stored by it under its own name.

    Args:
        model: a model.
        root: the base class, whose own arguments are the last to count.

    Returns:
        Dict of JSON values; Keras layers are serialised.
    """
    values = {name: getattr(model, name) for name in constructor_arguments(type(model), root)}
    return {"name": model.name, **{name: _plain(value) for name, value in values.items()}}


def arguments_of(config):
    """The constructor's arguments from a `config_of`: Keras layers made anew, the rest as it is."""
    layers = {
        name: keras.saving.deserialize_keras_object(value)
        for name, value in config.items()
        if isinstance(value, dict) and "class_name" in value
    }
    return {**config, **layers}


def constructor_arguments(cls, root):
    """The names of a class's constructor arguments, with those that `**kwargs` passes on to its bases."""
    names = []
    for base in cls.__mro__:
        if "__init__" in vars(base):
            parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
            names += [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name not in names]
            if not any(p.kind is p.VAR_KEYWORD for p in parameters) or base is root:
                break
    return names


def _plain(value):
    """Layers serialised; tuples and Keras's tracked containers as lists, down to JSON's own types."""
    if isinstance(value, keras.Layer):
        return keras.saving.serialize_keras_object(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
