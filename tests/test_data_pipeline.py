"""`data.load` as a tf.data pipeline: batches, orders, draws, replicas."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from unizoo import data


def numbered(n, labels=True):
    """n images whose two pixels spell their number."""
    number = np.arange(n)
    x = np.stack([number // 256, number % 256], -1).astype(np.uint8).reshape(n, 1, 2, 1)
    return data.Images(x, number.astype(np.int32) if labels else None, "numbered", n, None, "numbered")


def numbers(dataset):
    """The numbers of the images in each batch of one pass."""
    batches = [np.rint(x.numpy() * 255).astype(int)[:, 0, :, 0] for x in dataset]
    return [(b @ [256, 1]).tolist() for b in batches]


def flat(batches):
    return [i for batch in batches for i in batch]


def test_batches_of_digits():
    train = data.load("digits", batch_size=64)
    assert train.element_spec == tf.TensorSpec([64, 8, 8, 1], tf.float32)
    assert len(train) == len(list(train)) == 1500 // 64
    policy = train.options().experimental_distribute.auto_shard_policy
    assert policy == tf.data.experimental.AutoShardPolicy.DATA
    test = data.load("digits", "test", batch_size=64, labels=True)
    assert len(test) == 5
    batches = list(test)
    x, y = (np.concatenate(part) for part in zip(*batches, strict=True))
    arrays = data.load_arrays("digits", "test")
    np.testing.assert_array_equal(x, arrays.images)
    np.testing.assert_array_equal(y, arrays.labels)
    assert batches[-1][0].shape == (297 - 4 * 64, 8, 8, 1)
    assert y.dtype == np.int32


def test_uint8_is_scaled_exactly(tmp_path):
    x = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    np.savez(tmp_path / "x.npz", x_train=x)
    (batch,) = data.load(tmp_path / "x.npz", batch_size=1)
    np.testing.assert_array_equal(batch, (x / np.float32(255))[..., np.newaxis])


def test_an_epoch_is_a_permutation_and_each_has_its_own():
    dataset = data.as_dataset(numbered(1000), batch_size=100, shuffle=True)
    epochs = [flat(numbers(dataset)) for _ in range(3)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(1000))
    assert sum(a == b for a, b in zip(epochs[0], epochs[1], strict=True)) < 10
    assert epochs[1] != epochs[2]
    assert np.corrcoef(epochs[0], range(1000))[0, 1] < 0.15  # shuffled over the whole set, not in a window


def test_orders_depend_on_the_seed_alone():
    def orders(seed, **options):
        dataset = data.as_dataset(numbered(50), batch_size=10, shuffle=True, seed=seed, **options)
        return [numbers(dataset) for _ in range(3)]

    tf.random.set_seed(1)
    first = orders(5)
    tf.random.set_seed(2)
    assert orders(5) == first
    assert orders(6) != first
    assert orders(5, initial_epoch=2)[0] == first[2]
    endless = data.as_dataset(numbered(50), batch_size=10, shuffle=True, seed=5, repeat=True)
    assert numbers(endless.take(15)) == flat(first)
    with pytest.raises(TypeError, match="infinite"):
        len(endless)


def test_labels_stay_with_shuffled_images():
    dataset = data.as_dataset(numbered(500), batch_size=64, labels=True, shuffle=True)
    pairs = [(x, y) for x, y in dataset]
    assert flat(numbers(x for x, _ in pairs)) == flat([y.numpy().tolist() for _, y in pairs])
    assert sum(len(y) for _, y in pairs) == 500


def test_dynamic_draws_are_bernoulli_and_new_in_each_epoch():
    grey = np.array([0, 64, 128, 191, 255], np.uint8)
    images = data.Images(np.tile(grey, 4000).reshape(4000, 1, 5, 1), None, "grey", None, None, "grey")

    def passes(seed):
        dataset = data.as_dataset(images, batch_size=500, binarize="dynamic", seed=seed)
        return [np.concatenate(list(dataset))[:, 0, :, 0] for _ in range(2)]

    first, second = passes(1)
    for draw in (first, second):
        assert set(np.unique(draw)) == {0, 1}
        np.testing.assert_allclose(draw.mean(0), grey / 255, atol=4 * 0.5 / 4000**0.5)
        assert draw[:, 0].max() == 0
        assert draw[:, -1].min() == 1
    assert 0.4 < (first != second)[:, 2].mean() < 0.6
    assert 0.4 < (first[:500] != first[500:1000])[:, 2].mean() < 0.6  # and in each step
    np.testing.assert_array_equal(passes(1), [first, second])
    assert (passes(2)[0] != first).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_dynamic_draws_have_the_grey_level_as_probability_and_are_independent(dtype):
    levels = np.array([1, 2, 254], np.uint8)  # which a byte alone would miss by a share of itself, or of what is left
    pixels = np.tile(levels if dtype == np.uint8 else (levels / 255).astype(dtype), (1000, 1))
    images = data.Images(pixels.reshape(1000, 1, 3, 1), None, "grey", None, None, "grey")
    dataset = data.as_dataset(images, batch_size=10, binarize="dynamic")
    draw = np.concatenate([np.concatenate(list(dataset)) for _ in range(200)])[:, 0, :, 0]
    deviation = np.sqrt(levels / 255 * (1 - levels / 255) / len(draw))
    np.testing.assert_array_less(np.abs(draw.mean(0) - levels / 255), 4 * deviation)


def test_dynamic_draws_of_images_of_any_size_are_independent():
    images = data.Images(np.full((999, 1, 3, 1), 0.5, np.float32), None, "grey", None, None, "grey")
    draw = np.concatenate(list(data.as_dataset(images, batch_size=333, binarize="dynamic")))[:, 0, :, 0]
    # Of 999 pairs of fair coins the correlation has standard deviation 0.032.
    assert np.abs(np.corrcoef(draw.T) - np.eye(3)).max() < 0.13
    assert abs(np.corrcoef(draw.ravel()[:-1], draw.ravel()[1:])[0, 1]) < 0.08


def test_dynamic_draws_of_test_and_validation_stay_as_they_are():
    for split in ("test", "validation"):
        small, large = (data.load("digits", split, binarize="dynamic", validation=200, batch_size=n) for n in (32, 100))
        first, second = (np.concatenate(list(small)) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(first, np.concatenate(list(large)))
        assert set(np.unique(first)) == {0, 1}
    train = data.load("digits", binarize="dynamic", shuffle=False)
    assert (np.concatenate(list(train)) != np.concatenate(list(train))).any()


def test_fit_sees_each_epoch_in_turn():
    seen = []

    class Recorder(tf.keras.Model):
        def train_step(self, x):
            tf.numpy_function(lambda n: seen.append(n.tolist()), [x[:, 0, :, 0] * 255 @ [[256.0], [1.0]]], [])
            return {"loss": 0.0}

    model = Recorder()
    model.built = True
    model.compile(run_eagerly=False, jit_compile=False)
    images = numbered(30)
    model.fit(data.as_dataset(images, batch_size=10, shuffle=True), epochs=3, shuffle=False, verbose=0)
    again = data.as_dataset(images, batch_size=10, shuffle=True)
    assert np.rint(seen)[..., 0].tolist() == [b for _ in range(3) for b in numbers(again)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"batch_size": 1501, "drop_remainder": True},
            r"fewer examples than a batch.*Received: 1500 .*batch_size=1501",
        ),
        ({"batch_size": 0}, r"Received: batch_size=0"),
        ({"batch_size": 2.0}, r"Received: batch_size=2.0"),
        ({"initial_epoch": -1}, r"Received: initial_epoch=-1"),
        ({"binarize": "Dynamic"}, r"Received: binarize='Dynamic'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load("digits", **arguments)


def test_labels_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match=r"numbered has no labels.*Received: labels=True"):
        data.as_dataset(numbered(4, labels=False), batch_size=2, labels=True)
    assert len(data.load("digits", batch_size=1501, drop_remainder=False)) == 1


def test_a_share_of_each_class_keeps_its_labels():
    everything = data.load_arrays("digits", validation=200)
    kept = {share: data.load_arrays("digits", validation=200, labelled=share, seed=7).labels for share in (0.1, 0.3)}
    for share, labels in kept.items():
        known = labels >= 0
        np.testing.assert_array_equal(labels[known], everything.labels[known])
        assert set(labels[~known]) == {-1}
        counts = np.bincount(labels[known], minlength=10)
        np.testing.assert_array_equal(counts, np.round(share * np.bincount(everything.labels)))
    assert ((kept[0.3] >= 0) >= (kept[0.1] >= 0)).all()  # nested, so that more labels are those and others
    fewest = data.load_arrays("digits", labelled=1e-6).labels
    assert sorted(fewest[fewest >= 0]) == list(range(10))
    batches = data.load("digits", validation=200, labels=True, labelled=0.1, shuffle=False, drop_remainder=False)
    # The seed has no part in the choice: a run's stages, of a seed each, see no further labels.
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), kept[0.1])


@pytest.mark.parametrize("labelled", [0, -0.1, 1.5, "all"])
def test_a_wrong_share_of_labels_is_refused(labelled):
    with pytest.raises(ValueError, match=r"above 0 and up to 1. Received: labelled="):
        data.load("digits", labels=True, labelled=labelled)


REPLICAS = """
import json, sys
import numpy as np, tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
from unizoo import data
x = (np.arange(1, 61, dtype="float32") / 64).reshape(60, 1, 1, 1)
images = data.Images(x, None, "x", None, None, "x")
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
def local(batch):
    parts = strategy.experimental_local_results(batch)
    return [np.rint(64 * p.numpy().ravel()).astype(int).tolist() for p in parts]
with strategy.scope():
    dataset = data.as_dataset(images, batch_size=20, shuffle=True, drop_remainder=True)
distributed = strategy.experimental_distribute_dataset(dataset)
plain = data.as_dataset(images, batch_size=20, shuffle=True)
print(json.dumps([
    [[local(b) for b in distributed] for _ in range(2)],
    [[np.rint(64 * b.numpy().ravel()).astype(int).tolist() for b in plain] for _ in range(2)],
]))
"""


def test_replicas_share_the_global_batch_of_one_device():
    done = subprocess.run([sys.executable, "-c", REPLICAS], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    distributed, plain = json.loads(done.stdout.splitlines()[-1])
    for batches, whole in zip(distributed, plain, strict=True):
        assert [[len(part) for part in parts] for parts in batches] == [[10, 10]] * 3
        assert [flat(parts) for parts in batches] == whole


def test_a_pass_costs_little_cpu():
    """A pass over 60,000 images of 28x28 costs 0.12 s of CPU, and 0.4 s with draws; ten times is a fault."""
    x = np.random.default_rng(0).integers(0, 256, (60_000, 28, 28, 1), dtype=np.uint8)
    images = data.Images(x, None, "x", None, None, "x")
    for binarize, limit in ((None, 1.2), ("dynamic", 4.0)):
        dataset = data.as_dataset(images, batch_size=100, binarize=binarize, shuffle=True, drop_remainder=True)
        before = time.process_time()
        assert sum(1 for _ in dataset) == 600
        assert time.process_time() - before < limit
