"""Exports as a server sees them: loaded through a session, whole or not there at all."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import export
from unizoo.zoo import GAN, IWAE, VAE, Classifier, make_model


def tiny_vae(**kwargs):
    return VAE(image_shape=(4, 4, 1), latent_dim=2, hidden=(5,), **kwargs)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    model = tiny_vae()
    return model, export.export_model(model, tmp_path_factory.mktemp("export") / "vae", log_prob_samples=7)


def call(folder, signature, **inputs):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        loaded = v1.saved_model.loader.load(session, ["serve"], str(folder))
        definition = loaded.signature_def[signature]
        feed = {definition.inputs[name].name: value for name, value in inputs.items()}
        return session.run({name: info.name for name, info in definition.outputs.items()}, feed)


def test_default_signature_is_generate(exported):
    model, folder = exported
    seeds = np.array([3, -1, 2**40], np.int64)
    expected = model.generate(tf.constant(seeds))
    for name in ("generate", "serving_default"):
        np.testing.assert_allclose(call(folder, name, seed=seeds)["image"], expected, atol=1e-6)


def test_a_row_does_not_depend_on_its_batch(exported):
    _, folder = exported
    together = call(folder, "generate", seed=np.array([5, 6, 7], np.int64))["image"]
    alone = call(folder, "generate", seed=np.array([6], np.int64))["image"]
    np.testing.assert_allclose(together[1], alone[0], atol=1e-6)


def test_log_prob_says_how_many_samples_it_took(exported):
    model, folder = exported
    images = np.random.default_rng(0).integers(0, 2, (3, 4, 4, 1)).astype(np.float32)
    seeds = np.arange(3)
    answer = call(folder, "log_prob", image=images, seed=seeds)
    assert answer["num_samples"].tolist() == [7, 7, 7]
    expected = model.importance_log_prob(tf.constant(images), tf.constant(seeds), 7)
    np.testing.assert_allclose(answer["log_prob"], expected, rtol=1e-5)


def test_weights_are_stored_once(tmp_path):
    model = VAE(image_shape=(16, 16, 1), latent_dim=10, hidden=(100,))
    folder = export.export_model(model, tmp_path / "vae", warmup=False)
    stored = sum(file.stat().st_size for file in (folder / "variables").glob("*.data-*"))
    assert stored < 4 * model.count_params() * 1.1  # the object graph takes a few kilobytes


def test_signatures_are_those_that_the_model_supports(tmp_path):
    image_shape = (16, 16, 1)
    folders = {
        "gan": export.export_model(GAN(image_shape, 3, filters=2), tmp_path / "gan"),
        "iwae": export.export_model(
            IWAE(image_shape, latent_dim=(3, 2), hidden=((4,), (4,)), num_samples=2), tmp_path / "iwae"
        ),
    }
    names = {}
    for name, folder in folders.items():
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            loaded = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(folder))
            names[name] = {key for key in loaded.signature_def if not key.startswith("__")}
    assert names["gan"] == {"serving_default", "generate", "discriminate"}
    assert names["iwae"] == {"serving_default", "generate", "encode", "reconstruct", "log_prob"}
    encoded = call(folders["iwae"], "encode", image=np.zeros((2, *image_shape), np.float32))
    assert {key: value.shape for key, value in encoded.items()} == {
        "mean_1": (2, 3),
        "stddev_1": (2, 3),
        "mean_2": (2, 2),
        "stddev_2": (2, 2),
    }


def test_a_label_that_does_not_exist_is_refused_by_the_graph(tmp_path):
    folder = export.export_model(GAN((16, 16, 1), 3, filters=2, num_classes=4), tmp_path / "cgan")
    assert call(folder, "generate", seed=np.arange(2), label=np.array([0, 3]))["image"].shape == (2, 16, 16, 1)
    for wrong in (4, -1):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"label must lie between 0 and 3. Received:"):
            call(folder, "generate", seed=np.arange(2), label=np.array([0, wrong]))


def test_images_out_of_range_are_refused_by_the_graph(exported):
    _, folder = exported
    images = np.random.default_rng(0).random((2, 4, 4, 1), np.float32)
    for spoil in (lambda x: x * 255, lambda x: x - 0.5, lambda x: x * np.nan):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=r"image must lie between 0 and 1. Received: values from"
        ):
            call(folder, "reconstruct", image=np.stack([images[0], spoil(images[1])]))


def test_continuous_codes_are_served(tmp_path):
    model = make_model("infogan", image_shape=(8, 8, 1), filters=2, latent_dim=3, num_continuous=2)
    folder = export.export_model(model, tmp_path / "infogan", warmup=False)
    inputs = {"seed": np.arange(3), "label": np.array([0, 4, 9])}
    codes = np.array([[-1, 0], [0.5, 2], [0, 0]], np.float32)
    served = call(folder, "generate_with_codes", **inputs, continuous=codes)["image"]
    expected = model.generate(tf.constant(inputs["seed"]), tf.constant(inputs["label"]), continuous=tf.constant(codes))
    np.testing.assert_allclose(served, expected, atol=1e-6)
    others = call(folder, "generate_with_codes", **inputs, continuous=-codes)["image"]
    assert np.abs(served - others)[:2].max() > 1e-6
    np.testing.assert_array_equal(served[2], others[2])


def test_warm_up_records_are_requests_for_every_signature(exported):
    prediction_log_pb2 = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    _, folder = exported
    records = tf.data.TFRecordDataset(str(folder / "assets.extra" / "tf_serving_warmup_requests"))
    requests = [prediction_log_pb2.PredictionLog.FromString(r.numpy()).predict_log.request for r in records]
    signatures = {request.model_spec.signature_name for request in requests}
    assert signatures == {"serving_default", "generate", "encode", "reconstruct", "log_prob"}


def test_existing_folder_is_refused_and_kept(exported, tmp_path):
    model, _ = exported
    target = tmp_path / "mine"
    target.mkdir()
    (target / "notes.txt").write_text("precious")
    with pytest.raises(FileExistsError, match="Received"):
        export.export_model(model, target)
    with pytest.raises(FileExistsError, match="Received"):
        export.export_model(model, target, overwrite=True)
    assert (target / "notes.txt").read_text() == "precious"


def test_overwrite_replaces_a_saved_model(tmp_path):
    target = tmp_path / "vae"
    tiny_vae().export(target)
    (target / "assets.extra" / "stale").write_text("")
    tiny_vae().export(target, overwrite=True)
    assert not (target / "assets.extra" / "stale").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["vae"]


class XlaVAE(VAE):
    @tf.function(jit_compile=True)
    def reconstruct(self, x, *, labels=None, seed=None):
        return super().reconstruct(x)


class PythonVAE(VAE):
    def reconstruct(self, x, *, labels=None, seed=None):
        images = tf.numpy_function(lambda y: y, [super().reconstruct(x)], tf.float32)
        return tf.ensure_shape(images, [None, *self.image_shape])


@pytest.mark.parametrize(("cls", "reason"), [(XlaVAE, "XLA"), (PythonVAE, "Python")])
def test_graphs_a_server_cannot_run_are_refused(cls, reason, tmp_path):
    model = cls(image_shape=(4, 4, 1), latent_dim=2, hidden=(5,))
    with pytest.raises(ValueError, match=reason):
        export.export_model(model, tmp_path / "refused")
    assert list(tmp_path.iterdir()) == []


def test_a_classifier_is_exported(tmp_path):
    model = Classifier((8, 8, 1), 3, width=2, num_features=4)
    images = np.random.default_rng(0).random((5, 8, 8, 1), np.float32)
    answer = call(export.export_model(model, tmp_path / "classifier"), "classify", image=images)
    np.testing.assert_allclose(answer["probability"], model.classify(images), rtol=1e-5)
    np.testing.assert_array_equal(answer["class"], np.argmax(answer["probability"], axis=1))


def test_only_models_of_the_zoo_are_exported(tmp_path):
    with pytest.raises(TypeError, match="Received: Sequential"):
        export.export_model(keras.Sequential(), tmp_path / "other")
