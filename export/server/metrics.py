"""Counters and latency histograms under TensorFlow Serving's names, as Prometheus text.

TensorFlow Serving names a metric by a path (`/tensorflow/serving/request_count`) and writes every slash as
a colon for Prometheus. Latencies are in microseconds, in buckets of 10 * 1.8**i.
"""

import bisect
import threading

_LIMITS = [10.0 * 1.8**i for i in range(33)]


class Counter:
    """A number that grows, for each set of label values.

    Args:
        name: Prometheus's name.
        labels: the names of the labels, in order.
    """

    kind = "counter"

    def __init__(self, name, *labels):
        self.name = name
        self._labels = labels
        self._lock = threading.Lock()
        self._cells = {}  # by label values

    def add(self, *values, amount=1):
        """Add to the cell of these label values."""
        with self._lock:
            self._cells[values] = self._grown(self._cells.get(values), amount)

    def lines(self):
        """The lines of the exposition format."""
        with self._lock:
            cells = dict(self._cells)
        for values, cell in cells.items():
            labels = ",".join(f'{n}="{_escaped(v)}"' for n, v in zip(self._labels, values, strict=True))
            yield from self._exposed(labels, cell)

    def _grown(self, cell, amount):
        return (cell or 0) + amount

    def _exposed(self, labels, cell):
        yield f"{self.name}{{{labels}}} {cell:.0f}"


class Histogram(Counter):
    """How often a duration, in microseconds, fell into each bucket, and the sum of all."""

    kind = "histogram"

    def _grown(self, cell, amount):
        buckets, total = cell or ((0,) * (len(_LIMITS) + 1), 0.0)
        position = bisect.bisect_left(_LIMITS, amount)
        return (*buckets[:position], buckets[position] + 1, *buckets[position + 1 :]), total + amount

    def _exposed(self, labels, cell):
        buckets, total = cell
        count = 0  # buckets are cumulative
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

    def text(self):
        """The page that Prometheus scrapes."""
        metrics = vars(self).values()
        return "".join(f"{line}\n" for m in metrics for line in (f"# TYPE {m.name} {m.kind}", *m.lines()))


def _escaped(value):
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
