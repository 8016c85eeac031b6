"""One's own data: models trained from scratch, presets fine-tuned, a classifier that judges; each ends in a preset."""

import json
import warnings

import numpy as np
import pytest
import unizoo
from click.testing import CliRunner
from PIL import Image
from unizoo import data
from unizoo.cli import main
from unizoo.evaluation import evaluate
from unizoo.workflows.gallery import portrait
from unizoo.workflows.train import fine_tune, train_model
from unizoo.zoo.hub.registry import make_model, preset_summary


def test_from_scratch_and_fine_tuned_on_ones_own_images(tmp_path):
    rng = np.random.default_rng(0)
    images = (rng.random((300, 16, 16)) * np.linspace(0, 1, 16)).astype(np.float32)
    np.savez(tmp_path / "mine.npz", x_train=images[:250], x_test=images[250:])
    scratch = train_model(
        "vae",
        tmp_path / "mine.npz",
        tmp_path / "vae_mine",
        epochs=2,
        config={"latent_dim": 2, "hidden": (8,)},
        verbose=0,
    )
    assert scratch["metrics"]["likelihood"]["num_images"] == 50
    tuned = fine_tune(tmp_path / "vae_mine", "digits", tmp_path / "tuned", epochs=3, learning_rate=1e-2, verbose=0)
    assert tuned["fine_tuned_from"] == str(tmp_path / "vae_mine")
    history = json.loads((tmp_path / "tuned.run" / "stage_0" / "epoch_3.json").read_text())["history"]
    assert history["val_loss"][-1] < history["val_loss"][0]
    assert unizoo.from_preset(tmp_path / "tuned").image_shape == (16, 16, 1)
    assert "Repeat it" not in unizoo.card(tmp_path / "tuned")
    assert "None" not in unizoo.card(tmp_path / "tuned")


def test_a_classifier_of_ones_own_judges_samples_of_ones_own_data(tmp_path):
    config = {"width": 4, "num_features": 6}
    options = {"epochs": 4, "size": 8, "verbose": 0}
    judge = train_model("classifier", "digits", tmp_path / "judge", learning_rate=5e-3, config=config, **options)
    assert judge["metrics"]["num_images"] == 297
    assert judge["metrics"]["accuracy"] > 0.3  # of ten classes, after four epochs
    train_model("gan", "digits", tmp_path / "gan", config={"latent_dim": 2, "filters": 2}, **options)
    model = unizoo.from_preset(tmp_path / "gan", compile=False)
    quality = evaluate(model, "digits", num_samples=50, classifier=tmp_path / "judge")["quality"]
    assert quality["classifier"] == str(tmp_path / "judge")
    assert quality["classifier_accuracy"] == judge["metrics"]["accuracy"]
    with pytest.raises(ValueError, match=r"judged by a classifier. Received: '.*gan', a GAN"):
        evaluate(model, "digits", num_samples=50, classifier=tmp_path / "gan")
    with pytest.raises(ValueError, match=r"\(8, 8, 1\). Received: 'classifier_mnist', which sees \(28, 28, 1\)"):
        evaluate(model, "digits", num_samples=80, classifier="classifier_mnist")


def test_a_seed_among_the_constructor_s_arguments_is_the_run_s(tmp_path):
    config = {"latent_dim": 2, "hidden": (4,)}

    def train(name, config, **options):
        metadata = train_model(
            "vae", "digits", tmp_path / name, epochs=1, config=config, evaluate=False, verbose=0, **options
        )
        weights = unizoo.from_preset(tmp_path / name, compile=False).get_weights()
        return metadata["seed"], np.concatenate([one.ravel() for one in weights])

    seed, first = train("a", {**config, "seed": 3})
    assert seed == 3
    assert np.abs(first - train("b", config)[1]).max() > 0.01


def test_resizing_goes_with_a_size(tmp_path):
    with pytest.raises(ValueError, match=r"brought to a `size`. Received: resize='pad', size=None"):
        train_model("vae", "digits", tmp_path / "x", epochs=1, resize="pad")


def test_fine_tuning_takes_the_options_of_own_data(tmp_path):
    start = unizoo.zoo.make_model("vae", image_shape=(8, 12, 1), latent_dim=2, hidden=(4,))
    start.save_to_preset(tmp_path / "start")
    options = {"resize": "pad", "validation": 50, "seed": 2, "early_stopping": 1, "evaluate": False, "verbose": 0}
    recipe = fine_tune(tmp_path / "start", "digits", tmp_path / "tuned", epochs=1, **options)["recipe"]
    assert recipe["load"] == {"size": [8, 12], "resize": "pad", "channels": 1}
    assert (recipe["validation"], recipe["seed"], recipe["early_stopping"]) == (50, 2, 1)
    assert "a stage ends after 1 without a better one" in unizoo.card(tmp_path / "tuned")


def test_classes_without_an_image_are_named(tmp_path):
    random = np.random.default_rng(0)
    path = tmp_path / "sparse.npz"
    np.savez(path, x=random.random((60, 8, 8), dtype=np.float32), y=np.tile([0, 2, 5], 20))
    options = {"epochs": 1, "config": {"latent_dim": 2, "hidden": (4,)}, "verbose": 0}
    with pytest.warns(UserWarning, match=r"is of the classes 1, 3, 4, .*Received: .*with 6 classes"):
        train_model("cvae", path, tmp_path / "cvae", **options)


def test_missing_labels_from_scratch(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.random((200, 8, 8)).astype(np.float32), rng.integers(0, 3, 200)
    labels[::2] = -1
    path = tmp_path / "mine.npz"
    np.savez(path, x_train=images[:150], y_train=labels[:150], x_test=images[150:], y_test=labels[150:])
    config = {"latent_dim": 2, "hidden": (8,)}
    options = {"labelled": 0.5, "validation": 0.2, "verbose": 0}
    metadata = train_model("svae", path, tmp_path / "svae", epochs=1, config=config, **options)
    assert metadata["metrics"]["num_images"] == 25  # those with a label
    splits = {
        split: data.load_arrays(path, split, labelled=0.5, validation=0.2).labels for split in ("train", "validation")
    }
    used = {split: int((some >= 0).sum()) for split, some in splits.items()}
    assert metadata["labels"] == used
    card = unizoo.card(tmp_path / "svae")
    assert "of 50% of each class's training images" in card
    assert f"{sum(used.values())} in all: {used['train']} to learn from, and {used['validation']} of the" in card
    with pytest.raises(ValueError, match="VAE needs a label of every image"):
        train_model("cvae", path, tmp_path / "cvae", epochs=1, config=config)
    with pytest.raises(ValueError, match="Classifier needs a label of every image"):
        train_model("classifier", path, tmp_path / "classifier", epochs=1)


def test_damaged_files_are_left_out_of_training_pictures_and_measuring(tmp_path):
    rng = np.random.default_rng(0)
    for part, number in (("train", 40), ("test", 12)):
        (tmp_path / "photos" / part).mkdir(parents=True)
        (tmp_path / "photos" / part / "bad.png").write_bytes(b"rubbish")
        for index in range(number):
            image = Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8))
            image.save(tmp_path / "photos" / part / f"{index}.png")
    photos, target = str(tmp_path / "photos"), str(tmp_path / "vae")
    words = ["train", "vae", "--data", photos, "--epochs", "1", "--set", "latent_dim=2", "--set", "hidden=[4]"]

    def run(*words):
        with warnings.catch_warnings():
            warnings.simplefilter("always")  # the command writes them as lines
            return CliRunner().invoke(main, words)

    refused = run(*words, "-o", target)
    assert refused.exit_code == 1
    assert "--skip-damaged" in refused.output
    trained = run(*words, "-o", target, "--skip-damaged", "--importance-samples", "2")
    assert trained.exit_code == 0, trained.output
    assert "Warning: " in trained.stderr
    assert "bad.png" in trained.stderr
    assert "12 test images, 2 importance samples" in trained.stdout
    measured = run("evaluate", target, "--importance-samples", "2")  # as it was trained
    assert measured.exit_code == 0, measured.output
    start = unizoo.zoo.make_model("vae", image_shape=(10, 10, 1), latent_dim=2, hidden=(4,))
    start.save_to_preset(tmp_path / "other", {"recipe": {"data": "mnist", "validation": 5000}})
    other = ("evaluate", str(tmp_path / "other"), "--data", photos, "--importance-samples", "2")
    assert run(*other).exit_code == 1
    shown = run(*other, "--skip-damaged")
    assert "(test; 8x8 is scaled to 10x10)" in shown.stdout, shown.output


def test_data_without_a_test_split_are_measured_on_the_validation_split(tmp_path):
    rng = np.random.default_rng(0)
    for part in ("ant", "bee"):
        (tmp_path / "photos" / "train" / part).mkdir(parents=True)
        for number in range(18):
            image = Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8))
            image.save(tmp_path / "photos" / "train" / part / f"{number}.png")
    config = {"latent_dim": 2, "hidden": (8,)}
    metadata = train_model("cvae", tmp_path / "photos", tmp_path / "cvae", epochs=1, config=config, verbose=0)
    assert metadata["metrics"]["split"] == "validation"
    assert metadata["metrics"]["likelihood"]["num_images"] == 3  # a twelfth of 36
    card = unizoo.card(tmp_path / "cvae")
    assert "3 validation images" in card
    assert "| classes | 0 = ant, 1 = bee |" in card
    model = unizoo.from_preset(tmp_path / "cvae")
    run = make_model("cvae", **{**metadata["recipe"]["config"], "seed": 0})
    run.load_weights(tmp_path / "cvae.run" / "stage_0" / "epoch_1.weights.h5")
    for stored, trained in zip(model.get_weights(), run.get_weights(), strict=True):
        np.testing.assert_array_equal(stored, trained)  # a user's own are kept in full precision
    pictures = []
    for label in ("1", "bee"):
        words = ["sample", str(tmp_path / "cvae"), "--label", label, "--seed", "0", "-n", "3", "-o"]
        shown = CliRunner().invoke(main, [*words, str(tmp_path / "x.png")])
        assert shown.exit_code == 0, shown.output
        pictures.append((tmp_path / "x.png").read_bytes())
    assert pictures[0] == pictures[1]
    refused = CliRunner().invoke(main, [*words[:3], "cat"])
    assert refused.exit_code == 2
    assert "ant, bee" in refused.output
    assert "Received: 'cat'" in refused.output
    evaluated = CliRunner().invoke(main, ["evaluate", str(tmp_path / "cvae"), "--importance-samples", "2"])
    assert "(validation)" in evaluated.output, evaluated.output


def test_gan_from_scratch_keeps_the_last_epoch(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (120, 16, 16, 3), np.uint8)
    np.savez(tmp_path / "noise.npz", x_train=images[:100], x_test=images[100:])
    config = {"filters": 2, "latent_dim": 3}
    metadata = train_model("gan", tmp_path / "noise.npz", tmp_path / "gan", epochs=2, config=config, verbose=0)
    assert metadata["recipe"]["monitor"] is None
    assert metadata["training"][0]["best_epoch"] == 2
    assert "likelihood" not in metadata["metrics"]


def test_two_domains_from_scratch_and_fine_tuned(tmp_path):
    rng = np.random.default_rng(0)
    for name, size in (("a", 16), ("b", 12)):
        images, labels = rng.integers(0, 256, (120, size, size), np.uint8), rng.integers(0, 3, 120)
        np.savez(
            tmp_path / f"{name}.npz",
            **{"x_train": images[:100], "x_test": images[100:], "y_train": labels[:100], "y_test": labels[100:]},
        )
    a, b = tmp_path / "a.npz", tmp_path / "b.npz"
    config = {"filters": 2, "blocks": 1}
    metadata = train_model("cyclegan", a, tmp_path / "cycle", second_dataset=b, epochs=1, config=config, verbose=0)
    assert metadata["recipe"]["second_data"] == str(b)
    sampled = CliRunner().invoke(
        main, ["sample", str(tmp_path / "cycle"), "-n", "4", "-o", str(tmp_path / "cycle.png")]
    )
    assert sampled.exit_code == 0, sampled.output
    with Image.open(tmp_path / "cycle.png") as picture:
        assert picture.height > 4 * 2 * 16  # the images of both, and their translations
    for path, code in ((b, 0), (tmp_path / "c.npz", 1)):  # others than its own
        words = ["sample", str(tmp_path / "cycle"), "--data", str(b), "--second-data", str(path)]
        sampled = CliRunner().invoke(main, [*words, "-o", str(tmp_path / "other.png")])
        assert sampled.exit_code == code, sampled.output
    assert (tmp_path / "other.png").read_bytes() != (tmp_path / "cycle.png").read_bytes()
    tuned = fine_tune(tmp_path / "cycle", b, tmp_path / "back", second_dataset=a, epochs=1, verbose=0)
    assert tuned["recipe"]["data"] == str(b)
    assert unizoo.from_preset(tmp_path / "back").translate(np.zeros((2, 16, 16, 1), np.float32)).shape == (2, 16, 16, 1)
    adapted = train_model("ada", a, tmp_path / "ada", second_dataset=b, epochs=1, verbose=0)
    assert adapted["recipe"]["config"]["num_classes"] == 3
    assert adapted["metrics"]["target"]["num_images"] == 20
    accuracy = adapted["metrics"]["target"]["accuracy"]
    assert f"target accuracy {accuracy:.2%} (20 images)" in preset_summary(tmp_path / "ada")
    assert f"test images of {b}, a row for each class that the model gives them" in unizoo.card(tmp_path / "ada")
    model = unizoo.from_preset(tmp_path / "ada")
    picture = portrait(model, adapted["recipe"], 0)
    assert (tmp_path / "ada" / "samples.png").read_bytes() == data.encode_png(picture)
    test = data.load_arrays(b, "test", size=[16, 16], resize="bicubic")
    classes = np.unique(np.argmax(model.classify(data.unit_floats(test.images)), axis=1))
    assert picture.shape[0] > 2 * 16 * len(classes)
    for words, received in ((("--label", "1"), "labels=1"), (("--draw",), "draw=True")):
        refused = CliRunner().invoke(main, ["sample", str(tmp_path / "ada"), *words])
        assert refused.exit_code == 1
        assert received in refused.output
    with pytest.raises(ValueError, match="CycleGAN is trained on two data sets"):
        train_model("cyclegan", a, tmp_path / "x", epochs=1, config=config)
    with pytest.raises(ValueError, match="VAE is trained on one data set"):
        train_model("vae", a, tmp_path / "x", second_dataset=b, epochs=1)
