"""Training speed: samples per second of CPU time of unizoo's `fit`, the best bare Keras loop, and plain PyTorch.

The autoencoders are 784-200-200-50 multilayer perceptrons on binary images at batch 100, trained as VAE and as IWAE;
the GAN is DCGAN's. Cases:

  unizoo fit(dataset)   `model.compile(); model.fit(data.as_dataset(...))`, all else default
  unizoo fit(dynamic)   the same, drawing the pixels anew in each epoch, as the presets' recipes do
  unizoo fit(arrays)    `model.fit(images, batch_size=...)`, all else default
  bare Keras, graph     a minimal keras.Model on gathered batches, 100 steps an execution (keras_loops.py)
  bare Keras, XLA       the same with jit_compile=True
  PyTorch               eager, by the interpreter given as --torch-python (torch_loop.py)

A turn is one call of `fit`, of three epochs.

The last column is the rate by that of the better of the two bare loops.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import common

NUM_SAMPLES = {"vae": 0, "iwae_k5": 5, "iwae_k50": 50}  # importance samples; 0: the KL term in closed form
MODELS = (*NUM_SAMPLES, "gan")
BARE = {"bare Keras, graph": False, "bare Keras, XLA": True}  # jit_compile
EPOCHS = 3  # in a turn, so that what a call of `fit` costs once is shared out, as it is in use
SHARE = {"iwae_k5": 0.5, "iwae_k50": 0.1, "gan": 0.1}  # of --images in an epoch, so that the turns take like times


class TorchPeer:
    """A PyTorch process that trains an epoch when it is told to; it sleeps while the other cases have their turn."""

    def __init__(self, python, threads):
        script = Path(__file__).with_name("torch_loop.py")
        self.process = subprocess.Popen(
            [python, script, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = self._answer()["torch"]

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The PyTorch process ended with exit code {self.process.wait()}.")
        return json.loads(line)

    def turn(self, num_samples, count, batch_size):
        timings = []
        for _ in range(EPOCHS):
            self.process.stdin.write(f"{num_samples} {count} {batch_size}\n")
            self.process.stdin.flush()
            timings.append(common.Timing(count, **self._answer()))
        return common.Timing(*map(sum, zip(*timings, strict=True)))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def torch_peer(python, threads):
    """The peer, or None with a note where that interpreter has no PyTorch."""
    found = subprocess.run([python, "-c", "import torch"], capture_output=True, check=False)
    if found.returncode:
        print(f"PyTorch is left out: {python} cannot import it", file=sys.stderr)
        return None
    return TorchPeer(python, threads)


def fitting(model, x, count, **options):
    """What runs and times one turn of Keras's `fit` on `count` examples x."""
    return lambda: common.timed(lambda: model.fit(x, epochs=EPOCHS, verbose=0, **options), EPOCHS * count)


def unizoo_model(name, filters):
    from unizoo import zoo

    if name == "gan":
        return zoo.GAN(filters=filters)
    return zoo.IWAE(num_samples=NUM_SAMPLES[name]) if NUM_SAMPLES[name] else zoo.VAE()


def bare_model(name, filters):
    import keras_loops
    from unizoo import layers

    if name == "gan":
        shape = (28, 28, 1)
        generator = layers.dcgan_generator(100, shape, filters)
        return keras_loops.BareGAN(generator, layers.dcgan_discriminator(shape, filters))
    return keras_loops.BareAutoencoder(NUM_SAMPLES[name])


def unizoo_cases(name, images, options):
    from unizoo import data

    levels = (255 * images).astype("uint8")  # as images of files are kept
    source = data.Images(levels, None, "coin flips", None, None, "this benchmark")

    def case(x, **fit):
        model = unizoo_model(name, options.filters)
        model.compile()
        return fitting(model, x, len(images), **fit)

    def dataset(binarize):
        return data.as_dataset(
            source, batch_size=options.batch_size, binarize=binarize, shuffle=True, drop_remainder=True
        )

    return {
        "unizoo fit(dataset)": case(dataset(None)),
        "unizoo fit(dynamic)": case(dataset("dynamic")),
        "unizoo fit(arrays)": case(images, batch_size=options.batch_size),
    }


def bare_cases(name, images, options):
    import keras
    import keras_loops

    def case(jit_compile):
        model = bare_model(name, options.filters)
        optimizer = {} if name == "gan" else {"optimizer": keras.optimizers.Adam(1e-3, epsilon=1e-4)}
        model.compile(steps_per_execution=keras_loops.STEPS_PER_EXECUTION, jit_compile=jit_compile, **optimizer)
        dataset = keras_loops.batches(images, options.batch_size)
        return fitting(model, dataset, len(images), shuffle=False)

    return {label: case(jit_compile) for label, jit_compile in BARE.items()}


def measure(name, options, peer):
    """The rows of one model."""
    import numpy as np

    count = max(1, int(options.images * SHARE.get(name, 1.0)) // options.batch_size) * options.batch_size
    images = (np.random.default_rng(0).random((count, 28, 28, 1)) < 0.5).astype(np.float32)
    cases = {**unizoo_cases(name, images, options), **bare_cases(name, images, options)}
    if peer and name in NUM_SAMPLES:
        cases["PyTorch"] = lambda: peer.turn(NUM_SAMPLES[name], count, options.batch_size)
    cases = {label: case for label, case in cases.items() if label in BARE or label.startswith(options.cases)}
    print(f"{name}: {count} images an epoch", file=sys.stderr)
    timings = common.interleave(cases, options.repeats)
    per_cpu = {label: common.rates(turns) for label, turns in timings.items()}
    best = max((per_cpu[label] for label in BARE), key=statistics.median)
    return [
        {
            "model": name,
            "case": label,
            "batch_size": options.batch_size,
            "images": count,
            "repeats": options.repeats,
            "threads": options.threads,
            "images_per_cpu_second": common.significant(statistics.median(per_cpu[label])),
            "lowest": common.significant(min(per_cpu[label])),
            "highest": common.significant(max(per_cpu[label])),
            "images_per_second": common.significant(statistics.median(common.rates(turns, "wall_seconds"))),
            "ratio_to_best_bare": round(common.ratio(per_cpu[label], best), 3),
        }
        for label, turns in timings.items()
    ]


def main(argv=None):
    parser = common.arguments(__doc__, "training_speed", repeats=5)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument(
        "--cases", nargs="+", default=("unizoo", "PyTorch"), help="beginnings; the bare loops always run"
    )
    parser.add_argument("--images", type=int, help="in an epoch, of which IWAE and GAN take a part  [default: 20000]")
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--filters", type=int, default=32, help="of the GAN's narrowest convolutions")
    parser.add_argument("--threads", type=int, default=1, help="0 for all cores")
    parser.add_argument("--torch-python", default=sys.executable, help="an interpreter that has PyTorch")
    options = common.parse(parser, argv)
    options.images = options.images or (2000 if options.quick else 20_000)
    options.cases = tuple(options.cases)
    common.limit_threads(options.threads)
    wants_torch = any("PyTorch".startswith(case) for case in options.cases)
    peer = torch_peer(options.torch_python, options.threads) if wants_torch else None
    rows = [row for name in options.models for row in measure(name, options, peer)]
    surroundings = common.environment("numpy") | {"torch": peer.version if peer else None}
    if peer:
        peer.close()
    common.report(rows, surroundings, options.output)


if __name__ == "__main__":
    main()
