"""The versions of one model: which of them the folder asks for, which are loaded, which have failed.

The rules are TensorFlow Serving's. Integer-named children of the model's folder are its versions; a policy
(by default: the newest alone) says which of them are *aspired*. An aspired version is loaded and warmed up
while the old one goes on serving, then takes over in one step; only then is a version no longer aspired
retired, and its session closed when the last request that was using it ends. A version that fails to load
leaves the old one in service and its error in the status. A folder that vanishes altogether changes nothing;
one that has no versions left unloads all of them.

One rule differs: a failed version is not retried by the clock but when its files have changed and then stayed
the same for one poll, at most five times; deleting it starts anew.
"""

import contextlib
import dataclasses
import logging
import threading

from ..layout import version_folders
from .servable import Servable
from .status import Code, ServingError, as_serving_error

_MAX_RETRIES = 5
_MAX_STATUSES = 100

logger = logging.getLogger("unizoo.server")


def latest(count=1):
    """The policy that aspires the `count` highest of the version numbers it is called with."""
    return lambda versions: set(sorted(versions)[-count:])


@dataclasses.dataclass(frozen=True)
class VersionStatus:
    """Where a version stands: LOADING, AVAILABLE, UNLOADING or END, and the error that ended it."""

    state: str
    code: Code = Code.OK
    message: str = ""


@dataclasses.dataclass
class _Loaded:
    servable: Servable
    users: int = 1  # the requests under way, and the model itself until the version is retired


@dataclasses.dataclass
class _Failure:
    fingerprint: tuple
    last_seen: tuple
    attempts: int


class Model:
    """One model of the server.

    Args:
        name: the name that requests use.
        path: its folder, holding `<version>/saved_model.pb`.
        load: makes a warmed-up `Servable` of a version's folder and number, or raises.
        policy: which versions to serve, a function from those there are; by default the newest.
    """

    def __init__(self, name, path, load, policy=None):
        self.name = name
        self.path = path
        self.policy = policy or latest()
        self._load = load
        self._lock = threading.Lock()
        self._loaded, self._statuses, self._failures = {}, {}, {}  # by version

    def poll(self):
        """Look at the folder once, and load and retire what it asks for. One thread at a time."""
        try:
            found = version_folders(self.path)
        except OSError as error:
            logger.warning("cannot read %s, so %s stays as it is: %s", self.path, self.name, error)
            return
        self._failures = {version: f for version, f in self._failures.items() if version in found}
        aspired = self.policy(found)
        for version in sorted(aspired, reverse=True):
            if version not in self._loaded and self._worth_trying(version, found[version]):
                self._try(version, found[version])
        if not aspired or aspired & self._loaded.keys():
            for version in sorted(self._loaded.keys() - aspired):
                self._retire(version)

    @contextlib.contextmanager
    def use(self, version=None):
        """Borrow a loaded version, the highest where `version` is None; it stays loaded until given back.

        Raises:
            ServingError: `NOT_FOUND`.
        """
        with self._lock:
            number = max(self._loaded, default=None) if version is None else version
            loaded = self._loaded.get(number)
            if loaded is None:
                raise not_found(self.name, version)
            loaded.users += 1
        try:
            yield loaded.servable
        finally:
            self._give_back(loaded)

    def is_available(self, version=None):
        """Whether that version, or any where None, takes requests."""
        with self._lock:
            return bool(self._loaded) if version is None else version in self._loaded

    def statuses(self):
        """Every version that the server knows of, by number, the newest first."""
        with self._lock:
            return dict(sorted(self._statuses.items(), reverse=True))

    def close(self):
        """Retire every version."""
        for version in list(self._loaded):
            self._retire(version)

    def _worth_trying(self, version, path):
        failure = self._failures.get(version)
        if failure is None:
            return True
        if failure.attempts > _MAX_RETRIES:
            return False
        now = _fingerprint(path)
        settled, failure.last_seen = now == failure.last_seen, now
        return settled and now != failure.fingerprint

    def _try(self, version, path):
        before = _fingerprint(path)
        self._set(version, VersionStatus("LOADING"))
        try:
            servable = self._load(path, version)
        except Exception as error:  # whatever a broken folder provokes must not end the polling
            failure = as_serving_error(error)
            logger.error("version %d of %s did not load: %s", version, self.name, failure.message)
            attempts = self._failures[version].attempts if version in self._failures else 0
            self._failures[version] = _Failure(before, before, attempts + 1)
            self._set(version, VersionStatus("END", failure.code, failure.message))
            return
        self._failures.pop(version, None)
        with self._lock:
            self._loaded[version] = _Loaded(servable)
            self._statuses[version] = VersionStatus("AVAILABLE")
        logger.info("version %d of %s is available", version, self.name)

    def _retire(self, version):
        with self._lock:
            loaded = self._loaded.pop(version)
            self._statuses[version] = VersionStatus("UNLOADING")
        self._give_back(loaded)

    def _give_back(self, loaded):
        """One user less; the last one closes the session."""
        with self._lock:
            loaded.users -= 1
            if loaded.users:
                return
        version = loaded.servable.version
        loaded.servable.close()
        self._set(version, VersionStatus("END"))
        logger.info("version %d of %s is unloaded", version, self.name)

    def _set(self, version, status):
        with self._lock:
            self._statuses[version] = status
            ended = sorted(number for number, known in self._statuses.items() if known.state == "END")
            for number in ended[: max(0, len(self._statuses) - _MAX_STATUSES)]:
                del self._statuses[number]


def not_found(name, version):
    """TensorFlow Serving's error for a model or version that is not loaded."""
    request = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    return ServingError(Code.NOT_FOUND, f"Servable not found for request: {request}")


def _fingerprint(path):
    """The names, sizes and times of a version's files: equal only if nothing has changed."""
    marks = []
    for file in sorted(path.rglob("*")):
        with contextlib.suppress(OSError):  # deleted while we look: the next poll sees it
            stat = file.stat()
            marks.append((file.relative_to(path).as_posix(), stat.st_size, stat.st_mtime_ns, stat.st_ino))
    return tuple(marks)
