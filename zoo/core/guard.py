"""What stops a training run that has diverged, and what says that a discriminator has won."""

import math
import sys

import keras

LABEL_LOSSES = ("non_saturating", "minimax")  # whose discriminators state the label's probability
WON = 0.1  # a discriminator's loss in nats, for both kinds of images together


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


class DiscriminatorWatch(keras.callbacks.Callback):
    """Says once, on standard error, that a discriminator has won: it is sure of every image, and teaches no more.

    It is looked for at the end of each epoch, in the mean losses of the discriminators that state the label's
    probability, of images: their loss is 2 log 2 = 1.39 where the two kinds cannot be told apart.
    """

    def __init__(self):
        super().__init__()
        self.said = False

    def on_epoch_end(self, epoch, logs=None):
        """Look at the epoch's losses."""
        of_label = getattr(self.model, "adversarial_loss", "non_saturating") in LABEL_LOSSES
        if self.said or not of_label or not hasattr(self.model, "instance_noise"):
            return
        logs, names = logs or {}, [phase.name for phase in self.model.phases]
        for name in (one for one in names if one.startswith("discriminator")):
            loss = logs.get(f"{name}_loss", math.inf)
            if loss < WON:
                self.said = True
                print(
                    f"{self.model.name}: the {name.replace('_', ' of domain ')} has won in epoch {epoch + 1} (its loss "
                    f"is {loss:.2f}; 1.39 is a draw): generated images no longer gain by training. What helps: "
                    "instance_noise=0.1, a lower learning rate of the discriminator, r1_penalty=10 with "
                    'normalization="layer", or more images.',
                    file=sys.stderr,
                )
