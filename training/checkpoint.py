"""`RunCheckpoint`: keeps a training run's last and best weights on disk, so that an interrupted run resumes."""

import json
import time
import warnings
from pathlib import Path

import keras

from ..zoo.hub.presets import sha256
from .strategies import wait_for_all, worker_number


class RunCheckpoint(keras.callbacks.Callback):
    """Writes the weights, with the optimizers' state, after each epoch; keeps those of the last few and of the best.

    An epoch is two files: `epoch_7.weights.h5`, and `epoch_7.json`, which comes last and says how far the run is:
    `epoch` (how many are done), `seconds` (spent on them), `best`, `best_epoch`, `history` (by name, a value for each
    epoch) and `sha256` (of the weights kept, by their files' names). Each file is written beside its name and renamed.

    Where several processes train together all of them see the folder, and the chief alone writes into it.

    Args:
        directory: the run's folder; made if it is not there.
        monitor: the logged value that decides which epoch is best; None where none does, and the last one counts.
        mode: "max" or "min".
        patience: the run is stopped after so many epochs without a better one; None lets it go on.
        keep: how many of the last epochs are kept, so that a damaged one has another before it.

    Raises:
        ValueError: for another mode, less than one epoch to keep, or a patience without anything to monitor; while
            training, if `monitor` is not among the logs.
    """

    def __init__(self, directory, monitor, mode, patience=None, keep=2):
        super().__init__()
        if mode not in ("max", "min"):
            raise ValueError(f"mode must be 'max' or 'min'. Received: mode={mode!r}")
        if keep < 1:
            raise ValueError(f"keep must be at least 1. Received: keep={keep!r}")
        if patience is not None and (monitor is None or patience < 1):
            raise ValueError(
                "`patience` is a number of epochs, 1 or more, and goes with a value to monitor: where nothing says "
                f"which epoch is best, the last one counts. Received: patience={patience!r}, monitor={monitor!r}"
            )
        self.directory = Path(directory)
        self.monitor = monitor
        self.mode = mode
        self.patience = patience
        self.keep = keep
        self.state = {"epoch": 0, "seconds": 0.0, "best": None, "best_epoch": None, "history": {}, "sha256": {}}
        self._since = None

    def _weights(self, epoch):
        return self.directory / f"epoch_{epoch}.weights.h5"

    @property
    def best(self):
        """Path of the best epoch's weights, as far as the run is."""
        return self._weights(self.state["best_epoch"] or self.state["epoch"])

    def resume(self, model):
        """Load the last weights and optimizer state that are whole into a compiled model, where there are some.

        Warns of those that are damaged, and are passed over.

        Args:
            model: the model to be trained on.

        Returns:
            The number of epochs already done.
        """
        for path in sorted(self.directory.glob("epoch_*.json"), key=_epoch_of, reverse=True):
            try:
                self.state = json.loads(path.read_text(encoding="utf-8"))
                self._check(self.state["epoch"])
            except (OSError, ValueError, KeyError) as error:
                warnings.warn(
                    f"The checkpoint {path} is damaged, and the one before it is taken: {error}", stacklevel=2
                )
                continue
            model.load_weights(self._weights(self.state["epoch"]))
            self._check_best()
            return self.state["epoch"]
        return 0

    def _check(self, epoch):
        """Refuse weights that are not as they were written."""
        path = self._weights(epoch)
        expected, found = self.state["sha256"][path.name], sha256(path)
        if found != expected:
            raise ValueError(f"{path} has another sha256 than when it was written, {expected}. Received: {found}")

    def _check_best(self):
        """Do without the best epoch where its weights are damaged: the next one will be the best."""
        if self.state["best_epoch"] is None:
            return
        try:
            self._check(self.state["best_epoch"])
        except (OSError, ValueError, KeyError) as error:
            warnings.warn(f"The weights of the best epoch are damaged, and another will be: {error}", stacklevel=3)
            self.state.update(best=None, best_epoch=None)

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
        if value is None or best is None or (value > best if self.mode == "max" else value < best):
            self.state.update(best=value, best_epoch=epoch + 1)
        self._save()
        if self.out_of_patience:
            self.model.stop_training = True

    def _save(self):
        """Write the epoch that is done, as one of the processes that train."""
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self._weights(self.state["epoch"])
        strategy = self.model.distribute_strategy
        number = worker_number(strategy)
        partial = path.with_name(f"partial-{number}-{path.name}")
        self.model.save_weights(partial)  # by all processes: to read a variable may take them all
        if number == 0:
            self._keep(partial, path)
        else:
            partial.unlink()
        wait_for_all(strategy)

    def _keep(self, partial, path):
        """Put the epoch's weights in place, then its state, and forget the epochs that are not to be kept."""
        epoch = self.state["epoch"]
        digests = self.state["sha256"] | {path.name: sha256(partial)}
        last = range(epoch - self.keep + 1, epoch + 1)
        kept = {self._weights(one).name for one in (*last, self.state["best_epoch"])}
        self.state["sha256"] = {name: digest for name, digest in digests.items() if name in kept}
        partial.replace(path)
        write_text(path.with_name(f"epoch_{epoch}.json"), json.dumps(self.state))
        for other in self.directory.glob("epoch_*"):
            wanted = _epoch_of(other) in last if other.suffix == ".json" else other.name in kept
            if not wanted:
                other.unlink()


def _epoch_of(path):
    return int(path.name.partition(".")[0].removeprefix("epoch_"))


def write_text(path, text):
    """Write a file beside its name, then rename it, so that it is never half there."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
