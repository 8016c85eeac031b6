"""Discriminators that start afresh where a model is trained on, on other data.

A discriminator that has long been trained knows what generations look like, and is sure of itself: shown other data it
wins within some steps, before the generator has moved, and from then on teaches it little. One that knows nothing yet
learns the new data along with the generator.
"""


class Restarting:
    """A mixin before `keras.Model`, for a model with a `get_config`."""

    @property
    def restarted(self):
        """The networks, a tuple, that start afresh for other data: discriminators of images; none by default.

        A discriminator does not belong here if it cannot win, or if others stand on its features.
        """
        return ()

    def restart_discriminator(self):
        """Give the discriminators that `restarted` names new initial weights, those of the model's seed.

        One of which a part is frozen keeps what it knows.
        """
        if not self.restarted:
            return
        fresh = type(self).from_config(self.get_config())
        for network, new in zip(self.restarted, fresh.restarted, strict=True):
            if len(network.trainable_weights) == len(new.trainable_weights):
                network.set_weights(new.get_weights())
