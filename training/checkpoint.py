"""`RunCheckpoint`: keeps a training run's last and best weights on disk, so that an interrupted run resumes."""

import json
import time
from pathlib import Path

import keras


class RunCheckpoint(keras.callbacks.Callback):
    """Writes `last.weights.h5` (with the optimizers' state) after each epoch, `best.weights.h5` after each best one.

    Each file is written beside its name and renamed, so that whatever is there is whole. `state.json` says how far the
    run is: `epoch` (how many are done), `seconds` (spent on them), `best`, `best_epoch` and `history` (by name, a value
    for each epoch).

    Args:
        directory: the run's folder; made if it is not there.
        monitor: the logged value that decides which epoch is best; None where none does, and the last one counts.
        mode: "max" or "min".
        patience: the run is stopped after so many epochs without a better one; None lets it go on.

    Raises:
        ValueError: for another mode, or a patience without anything to monitor; while training, if `monitor` is not
            among the logs.
    """

    def __init__(self, directory, monitor, mode, patience=None):
        super().__init__()
        if mode not in ("max", "min"):
            raise ValueError(f"mode must be 'max' or 'min'. Received: mode={mode!r}")
        if patience is not None and (monitor is None or patience < 1):
            raise ValueError(
                "`patience` is a number of epochs, 1 or more, and goes with a value to monitor: where nothing says "
                f"which epoch is best, the last one counts. Received: patience={patience!r}, monitor={monitor!r}"
            )
        self.directory = Path(directory)
        self.monitor = monitor
        self.mode = mode
        self.patience = patience
        self.state = {"epoch": 0, "seconds": 0.0, "best": None, "best_epoch": None, "history": {}}
        self._since = None

    @property
    def last(self):
        """Path of the last epoch's weights."""
        return self.directory / "last.weights.h5"

    @property
    def best(self):
        """Path of the best epoch's weights."""
        return self.directory / "best.weights.h5"

    def resume(self, model):
        """Load the last weights and optimizer state into a compiled model, where there are some.

        Args:
            model: the model to be trained on.

        Returns:
            The number of epochs already done.
        """
        path = self.directory / "state.json"
        if not (path.exists() and self.last.exists()):
            return 0
        self.state = json.loads(path.read_text())
        model.load_weights(self.last)
        return self.state["epoch"]

    @property
    def out_of_patience(self):
        """Whether the run, as far as it is, has gone `patience` epochs without a better one."""
        waited = self.state["epoch"] - (self.state["best_epoch"] or 0)
        return self.patience is not None and waited >= self.patience

    def on_train_begin(self, logs=None):
        """Start the clock."""
        self._since = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        """Write the files, and stop the run if it is time."""
        logs = {name: float(value) for name, value in (logs or {}).items()}
        if self.monitor is not None and self.monitor not in logs:
            raise ValueError(f"{self.monitor} is not logged; these are: {sorted(logs)}. Received: {self.monitor=}")
        value, best = logs.get(self.monitor), self.state["best"]
        now = time.monotonic()
        self.state.update(epoch=epoch + 1, seconds=self.state.get("seconds", 0.0) + now - self._since)
        self._since = now
        for name, number in logs.items():
            self.state["history"].setdefault(name, []).append(number)
        self.directory.mkdir(parents=True, exist_ok=True)
        self._save(self.last)
        if value is None or best is None or (value > best if self.mode == "max" else value < best):
            self.state.update(best=value, best_epoch=epoch + 1)
            self._save(self.best)
        write_text(self.directory / "state.json", json.dumps(self.state))
        if self.out_of_patience:
            self.model.stop_training = True

    def _save(self, path):
        partial = path.with_name("partial-" + path.name)
        self.model.save_weights(partial)
        partial.replace(path)


def write_text(path, text):
    """Write a file beside its name, then rename it, so that it is never half there."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
