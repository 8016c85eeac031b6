"""The models of a server: found in its folder, polled, handed to requests by name, version or label."""

import contextlib
import functools
import logging
import threading
import time
from pathlib import Path

from ..layout import version_folders
from .servable import Servable
from .status import Code, ServingError, invalid
from .versions import Model, latest, not_found
from .warmup import warm_up

logger = logging.getLogger("unizoo.server")


class ModelManager:
    """Finds models under a folder and keeps them at the versions that the folder asks for.

    The folder is one model's (`<version>/saved_model.pb`), or holds several (`<model>/<version>/...`).
    New models are picked up like new versions, until `reload` names the models to serve.

    Args:
        directory: the folder.
        name: the model's name; given, the folder is one model's. By default a folder's name is its model's.
        metrics: where loads and warm-ups are counted.
        max_tensor_bytes: the largest input array, in bytes.
    """

    def __init__(self, directory, name, metrics, max_tensor_bytes):
        self.directory = directory
        self.max_tensor_bytes = max_tensor_bytes
        self._name = name
        self._metrics = metrics
        self._models = {}
        self._labels = {}
        self._configured = False
        self._polling = threading.Lock()
        self._stop = threading.Event()
        self._thread = None

    def poll(self):
        """Look at the folder once; loads run in the calling thread."""
        with self._polling:
            if not self._configured:
                self._discover()
            for model in self._models.values():
                model.poll()

    def start(self, seconds):
        """Poll every `seconds` in a thread of its own, until `close`."""

        def loop():
            while not self._stop.wait(seconds):
                try:
                    self.poll()
                except Exception:
                    logger.exception("a poll of %s failed", self.directory)

        self._thread = threading.Thread(target=loop, name="unizoo-server-poll", daemon=True)
        self._thread.start()

    def close(self):
        """Stop polling and retire every version."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for model in self._models.values():
            model.close()

    @property
    def models(self):
        """The names of the models, in alphabetical order."""
        return sorted(self._models)

    def failures(self):
        """The models of which no version is available, and the newest error of each."""
        failed = {}
        for name, model in self._models.items():
            messages = [status.message for status in model.statuses().values() if status.message]
            if messages and not model.is_available():
                failed[name] = messages[0]
        return failed

    @contextlib.contextmanager
    def use(self, spec):
        """Borrow the version that a `ModelSpec` asks for: by number, by label, or the latest.

        Raises:
            ServingError: `NOT_FOUND`, or `INVALID_ARGUMENT` for no name or an unknown label.
        """
        if not spec.name:
            raise invalid("ModelSpec has no name specified.")
        version = self._version(spec)
        model = self._models.get(spec.name)
        if model is None:
            raise not_found(spec.name, version)
        with model.use(version) as servable:
            yield servable

    def statuses(self, spec):
        """The status of the versions that a `ModelSpec` asks for, the newest first.

        Raises:
            ServingError: `NOT_FOUND`, or `INVALID_ARGUMENT` for an unknown label.
        """
        version = self._version(spec)
        model = self._models.get(spec.name)
        known = model.statuses() if model else {}
        if version is not None:
            if version not in known:
                raise ServingError(Code.NOT_FOUND, f"Could not find version {version} of model {spec.name}")
            return {version: known[version]}
        if not known:
            raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {spec.name}")
        return known

    def reload(self, configs):
        """Serve exactly the models of a `ModelConfigList`, with their version policies and labels.

        Their folders must lie in the server's own: a client may rearrange what is served, not reach for
        the rest of the disk.

        Args:
            configs: `ModelConfig` messages.

        Raises:
            ServingError: a config is wrong, a model did not load, or a label names a version not loaded.
        """
        with self._polling:
            names = [config.name for config in configs]
            if len(set(names)) < len(names):
                raise invalid(f"Duplicate model name. Received: {names}")
            checked = [(config.name, self._folder(config), _policy(config)) for config in configs]
            wanted = {name: self._reconfigured(name, path, policy) for name, path, policy in checked}
            self._configured = True
            for model in wanted.values():
                model.poll()
            dropped = [model for name, model in self._models.items() if wanted.get(name) is not model]
            self._models = wanted
            self._labels = {name: labels for name, labels in self._labels.items() if name in wanted}
            for model in dropped:
                model.close()
            unavailable = [name for name, model in wanted.items() if not model.is_available()]
            if unavailable:
                raise ServingError(
                    Code.UNKNOWN, f"{len(unavailable)} servable(s) did not become available: {unavailable}"
                )
            self._labels = {config.name: self._checked_labels(config) for config in configs}

    def _discover(self):
        try:
            found = self._found()
        except OSError as error:
            logger.warning("cannot read %s: %s", self.directory, error)
            return
        new = {name: self._model(name, path) for name, path in found.items() if name not in self._models}
        self._models = {**self._models, **new}  # another dictionary: requests read it without a lock

    def _found(self):
        if self._name is not None or version_folders(self.directory):
            return {self._name or self.directory.name: self.directory}
        folders = [child for child in sorted(self.directory.iterdir()) if child.is_dir()]
        return {child.name: child for child in folders if version_folders(child)}

    def _model(self, name, path, policy=None):
        return Model(name, path, functools.partial(self._load, name), policy)

    def _load(self, name, path, version):
        def on_run(verb, microseconds):
            self._metrics.runtime_latency.add(name, verb, "TF1", amount=microseconds)

        started = time.perf_counter()
        outcome = "fail"
        try:
            servable = Servable(path, version, on_run)
            warming = time.perf_counter()
            try:
                warm_up(servable, self.max_tensor_bytes)
            except BaseException:
                servable.close()
                raise
            self._metrics.warmup_latency.add(str(path), "OK", amount=1e6 * (time.perf_counter() - warming))
            outcome = "success"
            return servable
        finally:
            self._metrics.load_attempts.add(str(path), outcome)
            self._metrics.load_latency.add(str(path), amount=1e6 * (time.perf_counter() - started))

    def _version(self, spec):
        choice = spec.WhichOneof("version_choice")
        if choice == "version":
            return spec.version.value
        if choice == "version_label":
            try:
                return self._labels[spec.name][spec.version_label]
            except KeyError:
                raise invalid(f"Unrecognized servable version label: {spec.version_label}") from None
        return None

    def _folder(self, config):
        """The folder that a `ModelConfig` names, once it has been found to be servable."""
        if not config.name or config.model_platform not in ("", "tensorflow"):
            raise invalid(
                'A ModelConfig needs a name and model_platform "tensorflow". '
                f'Received: name "{config.name}", model_platform "{config.model_platform}"'
            )
        path = Path(config.base_path).resolve()
        if not path.is_relative_to(self.directory.resolve()) or not path.is_dir():
            raise invalid(
                f"base_path of {config.name} must be a folder in {self.directory}. Received: {config.base_path}"
            )
        return path

    def _reconfigured(self, name, path, policy):
        """The model already served, where its folder is the same, under its new policy; else a new one."""
        model = self._models.get(name)
        if model is None or model.path.resolve() != path:
            return self._model(name, path, policy)
        model.policy = policy
        return model

    def _checked_labels(self, config):
        for label, version in config.version_labels.items():
            if not self._models[config.name].is_available(version):
                raise ServingError(
                    Code.FAILED_PRECONDITION,
                    f"Request to assign label {label} to version {version} of model {config.name}, which is "
                    "not currently available for inference",
                )
        return dict(config.version_labels)


def _policy(config):
    """The policy that a `ModelConfig` asks for; by default the latest version alone."""
    proto = config.model_version_policy
    choice = proto.WhichOneof("policy_choice")
    if choice == "all":
        return set
    if choice == "specific":
        return set(proto.specific.versions).intersection
    return latest(max(1, proto.latest.num_versions))
