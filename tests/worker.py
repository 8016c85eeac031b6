"""What each process of `test_training_workers.py` runs: it trains rows of the conformance suite with Keras's `fit`.

    python worker.py FILE NAME...

With TF_CONFIG this is a worker of several, which train together; without it the one process that they must equal.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from unizoo import training

EXAMPLES, BATCH, EPOCHS = 11, 6, 2  # an epoch ends in a batch of five


def rows():
    """The rows, by their names."""
    spec = importlib.util.spec_from_file_location("rows", Path(__file__).with_name("conftest.py"))
    module = sys.modules["rows"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {row.name: row for row in module.ROWS}


def batches(row, seed):
    """Batches of a row's examples; each worker gets its part of every batch."""
    images, labels = row.inputs(EXAMPLES, seed), row.labels(EXAMPLES)
    dataset = tf.data.Dataset.from_tensor_slices((images,) if labels is None else (images, labels)).batch(BATCH)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return dataset.with_options(options)


def train(row, strategy):
    """The weights after `fit`, and its history."""
    with strategy.scope():
        model = row.make_lively()
        model.compile(row.sgd(model, 0.02))
    history = model.fit(batches(row, 0), validation_data=batches(row, 1), epochs=EPOCHS, verbose=0).history
    return np.concatenate([weight.ravel() for weight in model.get_weights()]), history


def main(file, *names):
    """Train the rows of these names; the chief writes what comes out."""
    known = rows()
    strategy = training.strategy("multiworker" if "TF_CONFIG" in os.environ else "one")
    found = {name: train(known[name], strategy) for name in names}
    if training.strategies.worker_number(strategy) == 0:
        results = {
            name: {"weights": weights.tolist(), "history": history} for name, (weights, history) in found.items()
        }
        Path(file).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
