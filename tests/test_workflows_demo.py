"""The demonstration, whole, with tiny models: real pictures, real training, a real server."""

import math
import sys

import numpy as np
import pytest
import unizoo
from PIL import Image
from unizoo.workflows.client import Client
from unizoo.workflows.demo import Answers, compare, demo
from unizoo.zoo import IWAE, IWGAN

EPOCHS = 2
SIZE = 18


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    """Folders of a tiny autoencoder and a tiny GAN."""
    folder = tmp_path_factory.mktemp("presets")
    figures = {"likelihood": {"nll": 98.7, "num_images": 300, "num_importance_samples": 5000}}
    autoencoder = IWAE((SIZE, SIZE, 1), latent_dim=4, hidden=(16,), num_samples=3)
    autoencoder.save_to_preset(folder / "tiny_iwae", {"metrics": figures, "recipe": {"data": "mnist"}})
    IWGAN((16, 16, 1), latent_dim=3, filters=2).save_to_preset(folder / "tiny_iwgan")
    return folder / "tiny_iwae", folder / "tiny_iwgan"


@pytest.fixture(scope="module")
def run(presets, tmp_path_factory):
    """A run in a folder that holds a file of the user's: the folder, the findings, the lines reported."""
    directory, lines = tmp_path_factory.mktemp("demo"), []
    (directory / "mine.txt").write_text("mine")
    found = demo(directory, *presets, epochs=EPOCHS, report=lines.append)
    return directory, found, lines


def test_pictures_are_png_files_of_the_right_size(run):
    directory, found, _ = run
    pictures = found["pictures"]
    assert {path.relative_to(directory).as_posix() for path in pictures.values()} == {
        *("samples.png", "before_after.png", "served.png", "adversarial_samples.png")
    }
    sizes = {}
    for name, path in pictures.items():
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert np.ptp(np.asarray(picture)) > 50  # not one flat colour; lines are light grey
            sizes[name] = picture.size
    assert sizes["samples"] == (8 * (5 * SIZE + 2) + 2,) * 2
    assert sizes["adversarial_samples"] == (8 * (5 * 16 + 2) + 2,) * 2
    row = 12 * (3 * SIZE + 2) + 2  # twelve images, three pixels of the picture for each of theirs
    assert sizes["before_after"][0] > row
    assert sizes["before_after"][1] > 6 * (3 * SIZE + 4)
    assert sizes["served"][0] > row
    assert sizes["served"][1] > 5 * (3 * SIZE + 4)


def test_fine_tuning_raises_the_bound_on_held_out_digits(run, presets):
    _, found, _ = run
    options = {"size": [SIZE, SIZE], "resize": "bicubic", "margin": 2}
    images = unizoo.data.load_arrays("digits", "test", **options).images
    held_out = (images / (255.0 if images.dtype == np.uint8 else 1.0) > 0.5).astype(np.float32)
    before = unizoo.from_preset(presets[0]).evaluate(held_out, verbose=0, return_dict=True)["bound"]
    assert found["bound"]["before"] == pytest.approx(before, abs=1e-3)
    assert found["bound"]["before"] + 10 < found["bound"]["after"] < 0


def test_both_versions_were_served_and_answered_as_the_local_models(run):
    directory, found, _ = run
    assert found["published"] == [directory / "serving" / "tiny_iwae" / version for version in ("1", "2")]
    assert list(found["served"]) == [1, 2]
    for differences in found["served"].values():
        assert differences["generated"] <= 1e-5
        assert differences["reconstructed"] <= 1e-5
        assert differences["log_prob"] <= 1e-2


def test_the_discriminator_judges_every_kind_of_image(run):
    _, found, _ = run
    assert set(found["discriminator"]) == {"its own samples", "scikit-learn's digits, which it was not trained on"}
    assert all(0 < share < 1 for share in found["discriminator"].values())


def test_the_report_tells_what_was_done(run):
    directory, found, lines = run
    text = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= 100 + len(str(directory))  # a path is not broken
    assert "NLL 98.70 nats (300 images, 5,000 weights each)" in text
    for epoch in range(1, EPOCHS + 1):
        assert f"epoch {epoch}/{EPOCHS}: bound -" in text
    for path in (*found["pictures"].values(), *found["published"]):
        assert str(path) in text
    assert "theta in its second slot" in text
    assert "theta in its first slot" in text
    assert set(found["seconds"]) == {"load", "fine_tune", "serve", "adversarial", "total"}
    parts = [seconds for part, seconds in found["seconds"].items() if part != "total"]
    assert math.fsum(parts) == pytest.approx(found["seconds"]["total"], abs=0.1)


def test_a_second_run_without_the_extra_adds_versions_and_says_what_to_install(run, presets, monkeypatch):
    directory, lines = run[0], []
    monkeypatch.setitem(sys.modules, "orjson", None)  # as if it were not installed
    found = demo(directory, *presets, epochs=1, report=lines.append)
    assert [path.name for path in found["published"]] == ["3", "4"]
    assert unizoo.export.versions(directory / "serving" / "tiny_iwae") == [1, 2, 3, 4]
    assert (directory / "mine.txt").read_text() == "mine"
    assert found["served"] == {}
    assert "served" not in found["pictures"]
    assert "serving is skipped" in " ".join(lines)
    assert "pip install unizoo[serve]" in " ".join(lines)
    assert found["discriminator"]


@pytest.mark.parametrize(("field", "change"), [("generated", 1e-4), ("reconstructed", math.nan), ("log_prob", 0.1)])
def test_answers_that_differ_from_the_local_models_are_an_error(field, change):
    local = Answers(np.zeros([2, 4, 4, 1]), np.ones([2, 4, 4, 1]), np.array([-80.0, -90.0]))
    assert compare(local, local) == (0, 0, 0)
    served = local._replace(**{field: getattr(local, field) + change})
    with pytest.raises(RuntimeError, match=f"as the local model does.* Received: differences .*{field}="):
        compare(served, local)


def test_a_wrong_preset_is_refused_before_any_work(presets, tmp_path):
    with pytest.raises(ValueError, match="There is no preset"):
        demo(tmp_path / "demo", presets[0], "no_such_preset", report=pytest.fail)
    assert not (tmp_path / "demo").exists()


def test_a_model_that_cannot_do_its_part_is_refused(presets, tmp_path):
    with pytest.raises(ValueError, match="IWGAN has no reconstruct and no log_prob"):
        demo(tmp_path / "demo", presets[1], presets[1], report=lambda line: None)
    assert not (tmp_path / "demo").exists()


def test_the_client_waits_no_longer_than_it_is_told(run):
    folder = run[0] / "serving" / "tiny_iwae"
    with (
        unizoo.export.serve(folder, port=0, grpc_port=0) as server,
        Client("tiny_iwae", server.rest_port, server.grpc_port) as client,
    ):
        assert client.signatures() == ["encode", "generate", "log_prob", "reconstruct", "serving_default"]
        with pytest.raises(TimeoutError, match=r"Version 99 did not come up in 0\.1 s.*AVAILABLE"):
            client.wait_for(99, seconds=0.1)
