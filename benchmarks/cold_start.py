"""Cold start: wall seconds of processes that have nothing in memory yet, up to 64 samples from a preset.

Python and TensorFlow alone are measured beside them: nothing that uses them can be faster.
"""

import statistics
import subprocess
import sys

import common

DRAW = "import sys, unizoo; unizoo.from_preset(sys.argv[1]).sample(64, seed=0).numpy()"


def commands(preset):
    """The processes, by name: what follows the interpreter on the command line."""
    return {
        "python": ["-c", "pass"],
        "import unizoo": ["-c", "import unizoo"],
        "unizoo list": ["-m", "unizoo", "list"],
        "import tensorflow": ["-c", "import tensorflow"],
        f"load {preset.rstrip('/').rpartition('/')[2]}, draw 64 samples": ["-c", DRAW, preset],
    }


def run(command):
    finished = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"The process failed. Received: {command}\n{finished.stderr}")


def main(argv=None):
    parser = common.arguments(__doc__, "cold_start", repeats=5)
    parser.add_argument("--preset", default="iwae_mnist_k50", help="a preset's name or folder")
    options = common.parse(parser, argv)
    common.limit_threads(0)
    cases = {
        name: lambda command=command: common.timed(lambda: run(command), 1)
        for name, command in commands(options.preset).items()
    }
    # One turn before those that count, so that files are in the system's cache and modules are compiled.
    timings = common.interleave(cases, options.repeats, warmups=0 if options.quick else 1)
    rows = []
    for name, turns in timings.items():
        seconds = [turn.wall_seconds for turn in turns]
        rows.append(
            {
                "process": name,
                "repeats": options.repeats,
                "seconds": common.significant(statistics.median(seconds), 3),
                "lowest": common.significant(min(seconds), 3),
                "highest": common.significant(max(seconds), 3),
            }
        )
    common.report(rows, common.environment("tensorflow-probability"), options.output)


if __name__ == "__main__":
    main()
