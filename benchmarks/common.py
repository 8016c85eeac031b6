"""What the benchmarks share: threads, timing, interleaving, the description of the machine, and CSV files.

A benchmark compares; so its cases take turns within one run, each figure is a median over the turns, and a ratio is the
median of the ratios within each turn: what else the machine does then falls on all cases alike.
"""

import argparse
import csv
import importlib.metadata
import io
import logging
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


class Timing(NamedTuple):
    """What one turn of a case took: `count` things done in so many seconds of CPU time and of the clock."""

    count: int
    cpu_seconds: float
    wall_seconds: float


def arguments(description, name, repeats, quick_repeats=1):
    """An argument parser with the options that every benchmark has.

    Args:
        description: the script's docstring.
        name: the script's name; results go to `results/<name>.csv`.
        repeats: how many turns each case takes by default.
        quick_repeats: how many with --quick.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run of seconds; writes only to a given --output")
    parser.add_argument("--output", type=Path, help=f"the CSV file  [default: results/{name}.csv; --quick: none]")
    parser.add_argument(
        "--repeats", type=int, help=f"turns of each case  [default: {repeats}; --quick: {quick_repeats}]"
    )
    parser.set_defaults(default_output=RESULTS / f"{name}.csv", default_repeats=(repeats, quick_repeats))
    return parser


def parse(parser, argv=None):
    """Parse, and fill in the defaults that depend on --quick."""
    options = parser.parse_args(argv)
    options.output = options.output or (None if options.quick else options.default_output)
    options.repeats = options.repeats or options.default_repeats[options.quick]
    return options


def limit_threads(number):
    """Limit TensorFlow to so many threads, 0 for all cores; to be called before TensorFlow is imported."""
    if "tensorflow" in sys.modules:
        raise RuntimeError("Threads are limited before TensorFlow is imported. Received: it is imported already")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # several models in a process look like needless retracing
    for variable in THREAD_VARIABLES if number else ():
        os.environ[variable] = str(number)


def timed(work: Callable[[], Any], count: int) -> Timing:
    """Run `work`, which does `count` things, and time it."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timing(count, time.process_time() - cpu, time.perf_counter() - wall)


def interleave(cases: Mapping[str, Callable[[], Timing]], repeats: int, warmups: int = 1) -> dict[str, list[Timing]]:
    """Let cases take turns.

    Args:
        cases: by name, what runs one turn.
        repeats: turns that count.
        warmups: turns before them that do not.

    Returns:
        The timings of each case, by name, in the order of the turns.
    """
    timings = {name: [] for name in cases}
    for turn in range(-warmups, repeats):
        for name, case in cases.items():
            timing = case()
            if turn >= 0:
                timings[name].append(timing)
    return timings


def rates(timings: Sequence[Timing], clock: str = "cpu_seconds") -> list[float]:
    """Things done in a second of a clock, "cpu_seconds" or "wall_seconds", in each turn."""
    return [timing.count / getattr(timing, clock) for timing in timings]


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """The median over the turns of the ratio within a turn."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]


def environment(*packages: str) -> dict[str, Any]:
    """What the figures depend on: versions, machine, load average at this moment.

    Args:
        *packages: distributions to name the versions of, besides unizoo, TensorFlow and Keras.
    """
    versions = {name: importlib.metadata.version(name) for name in ("unizoo", "tensorflow", "keras", *packages)}
    return {
        **versions,
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def significant(value: float, digits: int = 4) -> float:
    """A number rounded to so many significant digits."""
    return float(f"{value:.{digits}g}")


def report(rows: Sequence[Mapping[str, Any]], surroundings: Mapping[str, Any], output: Path | None):
    """Print the rows as a table and, where there is an output, write them with the surroundings as a CSV file."""
    header = list(rows[0])
    cells = [header, *([str(row[name]) for name in header] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    print(", ".join(f"{name} {value}" for name, value in surroundings.items()))
    if output:
        write_csv(output, [{**row, **surroundings} for row in rows])
        print(f"wrote {output}")


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the same keys as CSV, with a line of names; None becomes an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]):
    """Write rows as a CSV file, which appears whole or not at all."""
    write_text(path, csv_text(rows))


def write_text(path: Path, text: str):
    """Write a text file beside its name, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}-{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
