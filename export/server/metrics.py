"""Counters and latency histograms under TensorFlow Serving's names, as Prometheus text.

TensorFlow Serving names a metric by a path (``/tensorflow/serving/request_count``) and writes every slash as
a colon for Prometheus. Latencies are in microseconds, in buckets of 10 * 1.8**i.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator

_LIMITS = [10.0 * 1.8**i for i in range(33)]


class Counter:
    """A number that grows, for each set of label values.

    Args:
        name: Prometheus's name.
        labels: the names of the labels, in order.
    """

    kind = "counter"

    def __init__(self, name: str, *labels: str):
        self.name = name
        self._labels = labels
        self._lock = threading.Lock()
        self._cells: dict[tuple[str, ...], float] = {}

    def add(self, *values: str, amount: float = 1) -> None:
        """Add to the cell of these label values."""
        with self._lock:
            self._cells[values] = self._cells.get(values, 0) + amount

    def lines(self) -> Iterator[str]:
        """The lines of the exposition format."""
        with self._lock:
            cells = dict(self._cells)
        for values, total in cells.items():
            yield f"{self.name}{{{_labelled(self._labels, values)}}} {total:.0f}"


class Histogram:
    """How often a duration fell into each bucket, for each set of label values; `add` takes microseconds."""

    kind = "histogram"

    def __init__(self, name: str, *labels: str):
        self.name = name
        self._labels = labels
        self._lock = threading.Lock()
        self._cells: dict[tuple[str, ...], tuple[list[int], list[float]]] = {}

    def add(self, *values: str, amount: float) -> None:
        """Record one duration, in microseconds."""
        with self._lock:
            buckets, total = self._cells.setdefault(values, ([0] * (len(_LIMITS) + 1), [0.0]))
            buckets[bisect.bisect_left(_LIMITS, amount)] += 1
            total[0] += amount

    def lines(self) -> Iterator[str]:
        """The lines of the exposition format; buckets are cumulative."""
        with self._lock:
            cells = {values: (list(buckets), total[0]) for values, (buckets, total) in self._cells.items()}
        for values, (buckets, total) in cells.items():
            labels = _labelled(self._labels, values)
            count = 0
            for limit, number in zip([*(f"{x:g}" for x in _LIMITS), "+Inf"], buckets, strict=True):
                count += number
                yield f'{self.name}_bucket{{{labels},le="{limit}"}} {count}'
            yield f"{self.name}_sum{{{labels}}} {total:g}"
            yield f"{self.name}_count{{{labels}}} {count}"


class Metrics:
    """All that the server counts.

    Label values that a client chooses freely (the name of a model that does not exist) must not reach a
    metric: each would add a cell for ever.
    """

    def __init__(self):
        serving, loader = ":tensorflow:serving:", ":tensorflow:cc:saved_model:"
        self.request_count = Counter(serving + "request_count", "model_name", "status")
        self.request_latency = Histogram(serving + "request_latency", "model_name", "API", "entrypoint")
        self.runtime_latency = Histogram(serving + "runtime_latency", "model_name", "API", "runtime")
        self.warmup_latency = Histogram(serving + "model_warmup_latency", "model_path", "status")
        self.load_attempts = Counter(loader + "load_attempt_count", "model_path", "status")
        self.load_latency = Counter(loader + "load_latency", "model_path")

    def text(self) -> str:
        """The page that Prometheus scrapes."""
        lines: list[str] = []
        for metric in vars(self).values():
            lines.append(f"# TYPE {metric.name} {metric.kind}")
            lines.extend(metric.lines())
        return "\n".join(lines) + "\n"


def _labelled(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
