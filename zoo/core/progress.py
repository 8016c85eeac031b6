"""Keras's progress bar, kept within its length."""

import keras


class Progress(keras.callbacks.ProgbarLogger):
    """Keras's bar; where the last execution of an epoch has fewer steps than the others it does not run past its end.

    Keras counts whole executions of `steps_per_execution` steps, and so would show 56/55.
    """

    def on_train_batch_end(self, batch, logs=None):
        """Move on to the last step that there is, at most."""
        super().on_train_batch_end(self._within(batch), logs)

    def on_test_batch_end(self, batch, logs=None):
        """As in training."""
        super().on_test_batch_end(self._within(batch), logs)

    def _within(self, batch):
        return batch if self.target is None else min(batch, self.target - 1)


def with_progress(callbacks, verbose):
    """The callbacks, with the bar among them if Keras would put its own there.

    Args:
        callbacks: a list of callbacks, or None.
        verbose: as for `keras.Model.fit`.

    Returns:
        A list.
    """
    callbacks = keras.tree.flatten(callbacks or [])
    own = any(isinstance(one, keras.callbacks.ProgbarLogger) for one in callbacks)
    return callbacks if verbose == 0 or own else [*callbacks, Progress()]
