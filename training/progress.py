"""`FitProgress`: a run of `fit`, told to functions of the caller's instead of to standard output."""

import time

import keras

EVERY = 0.1  # seconds between two reports, at least


class FitProgress(keras.callbacks.Callback):
    """Reports how far `fit` is, and each epoch's values; use it with `verbose=0`.

        model.fit(images, epochs=5, callbacks=[FitProgress(report=logging.info)], verbose=0)

    Args:
        progress: called as `progress(stage, done, total)` while an epoch goes on, in steps of the whole run.
        report: called with a line of text after each epoch.
        stage: what the run is called.
    """

    async_safe = True  # as Keras's own bar, so that no step waits for it

    def __init__(self, progress=None, report=None, stage="training"):
        super().__init__()
        self._progress = progress or (lambda stage, done, total: None)
        self._report = report or (lambda line: None)
        self._stage = stage

    def on_epoch_begin(self, epoch, logs=None):
        """Tell where the epoch begins."""
        self._since = time.monotonic()
        self._told = 0.0
        self._epoch = epoch
        self._tell(0)

    def on_train_batch_end(self, batch, logs=None):
        """Tell how far the epoch is."""
        now = time.monotonic()
        if now - self._told >= EVERY:
            self._told = now
            self._tell(batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        """Tell what the epoch came to."""
        seconds = time.monotonic() - self._since
        values = ", ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        self._report(f"{self._stage}, epoch {epoch + 1} of {self.params['epochs']}, {seconds:.1f} s: {values}")

    def _tell(self, done):
        steps = self.params["steps"] or 0  # unknown in the first epoch of a generator
        if steps:
            self._progress(self._stage, self._epoch * steps + min(done, steps), steps * self.params["epochs"])
