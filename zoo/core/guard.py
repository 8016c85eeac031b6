"""What stops a training run that has diverged."""

import math

import keras


class DivergenceError(ArithmeticError):
    """Training met a value that is not finite; the message names the terms."""


class StopOnDivergence(keras.callbacks.Callback):
    """Raises `DivergenceError` after the first batch whose logs are not finite."""

    def on_train_batch_end(self, batch, logs=None):
        """Look at every term's running mean."""
        bad = [name for name, value in (logs or {}).items() if not math.isfinite(float(value))]
        if bad:
            raise DivergenceError(
                f"{self.model.name} diverged at batch {batch}: the training is stopped and the weights are as they are "
                "after that batch. Lower the learning rate, clip gradients (an optimizer's clipnorm), or look for bad "
                f"values in the data. Received: not finite: {', '.join(bad)}"
            )
