"""Likelihood speed: images per second of `log_prob` with 5,000 importance samples, and the memory it takes.

An untrained IWAE 784-200-200-50 (the weights do not matter to the time), on binary images, through `log_prob` as
`unizoo evaluate` calls it. The numbers of images ascend, so that the peak after each shows how memory grows with them.
"""

import argparse
import resource
import statistics
import sys

import common


def peak_mib():
    """The most memory this process ever held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))


def measure(model, count, options):
    """The row of one number of images at once."""
    import numpy as np

    images = (np.random.default_rng(0).random((count, *model.image_shape)) < 0.5).astype(np.float32)

    def work():
        values = np.asarray(model.log_prob(images, options.importance_samples, seed=0))
        if not np.isfinite(values).all():
            raise ArithmeticError(f"log_prob is not finite. Received: {values}")

    timings = common.interleave({f"{count} images": lambda: common.timed(work, count)}, options.repeats)
    (turns,) = timings.values()
    walls = common.rates(turns, "wall_seconds")
    return {
        "model": "iwae 784-200-200-50",
        "images": count,
        "importance_samples": options.importance_samples,
        "repeats": options.repeats,
        "threads": options.threads or "all",
        "images_per_second": common.significant(statistics.median(walls)),
        "lowest": common.significant(min(walls)),
        "highest": common.significant(max(walls)),
        "images_per_cpu_second": common.significant(statistics.median(common.rates(turns))),
        "peak_mib": peak_mib(),
    }


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, received {text}")
    return number


def main(argv=None):
    parser = common.arguments(__doc__, "likelihood_speed", repeats=3)
    parser.add_argument("--images", nargs="+", type=positive, help="at once, ascending  [default: 100 500]")
    parser.add_argument("--importance-samples", type=positive, default=5000)
    parser.add_argument("--threads", type=int, default=0, help="0 for all cores")
    options = common.parse(parser, argv)
    images = sorted(options.images or ([5] if options.quick else [100, 500]))
    common.limit_threads(options.threads)
    from unizoo import zoo

    model = zoo.IWAE()
    loaded = peak_mib()
    rows = [{**measure(model, count, options), "loaded_mib": loaded} for count in images]
    common.report(rows, common.environment("numpy"), options.output)


if __name__ == "__main__":
    main()
