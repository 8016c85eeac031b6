"""The command, as a shell runs it: output, JSON, exit codes, helpful errors."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
import warnings
from pathlib import Path

import numpy as np
import pytest
import unizoo
from click.testing import CliRunner
from PIL import Image
from unizoo import cli, data, export
from unizoo.cli.shell import VERBS
from unizoo.workflows import gallery
from unizoo.zoo import GAN, IWAE, make_model, save_to_preset
from unizoo.zoo.hub import registry


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("presets") / "iwae_tiny"
    model = IWAE((8, 8, 1), latent_dim=2, hidden=(8,), num_samples=2)
    save_to_preset(model, folder, {"recipe": {"data": "digits"}})
    return str(folder)


def run(*words, code=0):
    """What a command prints: to standard output if all is well, else to either."""
    result = CliRunner().invoke(cli.main, list(words))
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


def test_every_verb_has_help():
    text = run("--help")
    for verb in VERBS:
        assert f"\n  {verb} " in text
        assert "Usage: " in run(verb, "--help")
    assert {path.stem for path in Path(cli.__file__).parent.glob("*.py")} >= set(VERBS)
    assert "Nearest: list. Received: 'lits'" in run("lits", code=2)


@pytest.mark.parametrize("words", [["list"], ["--help"], ["card", "gan_mnist"]])
def test_a_reader_that_has_seen_enough_is_no_error(words):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "unizoo", *words], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_control_c_ends_in_a_sentence_and_the_code_of_shells(monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(registry, "card", interrupt)
    assert run("card", "vae_mnist", code=130).strip() == "Interrupted."
    monkeypatch.setattr("unizoo.workflows.train.train_model", interrupt)
    assert "the same command goes on" in run("train", "vae", "--data", "digits", code=130)


def test_warnings_are_a_line_each_text_once(tmp_path, monkeypatch):
    def warn(*arguments, **options):
        for _ in range(2):
            warnings.warn("the file a.png is damaged", stacklevel=2)
        return {"metrics": {}}

    monkeypatch.setattr("unizoo.workflows.train.train_model", warn)
    words = ["train", "vae", "--data", "digits", "--no-evaluation", "-q", "-o", str(tmp_path / "x")]
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert CliRunner().invoke(cli.main, words).stderr == "Warning: the file a.png is damaged\n"


def test_tensorflow_s_log_lines_stay_away_whatever_its_level(preset, tmp_path):
    words = [sys.executable, "-m", "unizoo", "sample", preset, "-n", "1", "-o", str(tmp_path / "x.png")]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (words[-1], "")


def test_listing_needs_no_tensorflow():
    script = (
        "import sys; from unizoo.cli import main; main(['list', '--json'], standalone_mode=False);"
        "loaded = {'tensorflow', 'keras', 'numpy'} & set(sys.modules); assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    listed = json.loads(done.stdout)
    assert {"vae", "iwae", "gan", "iwgan"} <= set(listed["models"])
    assert "classifier_mnist" in listed["presets"]


def test_list_takes_a_pattern():
    assert json.loads(run("list", "*gan", "--json"))["models"].keys() == set(unizoo.list_models("*gan"))
    assert "Received: 'zzz*'" in run("list", "zzz*", code=1)
    assert set(json.loads(run("list", "gan", "--json"))["models"]) == set(unizoo.list_models("*gan*"))


def test_unknown_preset_gives_the_nearest_and_exit_code_1():
    for words in (["card"], ["sample"], ["evaluate"], ["train", "--data", "digits", "--from"]):
        output = run(*words, "clasifier_mnist", code=1)
        assert "Nearest: classifier_mnist" in output
        assert "Traceback" not in output


def test_card_as_json_is_the_metadata(preset):
    assert json.loads(run("card", preset, "--json"))["model"] == "iwae"


def test_sample_writes_a_grid_and_a_seed_repeats_it(preset, tmp_path):
    first, second = str(tmp_path / "a.png"), str(tmp_path / "b.png")
    for path in (first, second):
        assert run("sample", preset, "-n", "9", "--seed", "3", "-o", path).strip() == path
    pictures = [np.asarray(Image.open(path)) for path in (first, second)]
    np.testing.assert_array_equal(*pictures)
    assert pictures[0].std() > 0


def test_walks_are_a_row_each(preset, tmp_path):
    path = tmp_path / "walks.png"
    run("sample", preset, "--walk", "-n", "2", "--steps", "3", "--seed", "1", "-o", str(path))
    walks = registry.from_preset(preset).walk(2, 3, seed=1)
    assert path.read_bytes() == data.encode_png(data.image_grid(np.reshape(walks, (6, 8, 8, 1)), 3, 2, None))
    assert "Received: --draw" in run("sample", preset, "--walk", "--draw", code=2)
    assert "no --walk these options have no effect. Received: --steps" in run("sample", preset, "--steps", "3", code=2)


def test_walks_go_through_the_classes_in_turn():
    model = make_model("cvae", image_shape=(4, 4, 1), latent_dim=2, hidden=(4,), num_classes=2)
    walks = model.walk(3, 2, seed=5, labels=[0, 1, 0])
    picture = data.image_grid(np.reshape(walks, (6, 4, 4, 1)), 2, 2, None)
    np.testing.assert_array_equal(gallery.walks(model, 3, 2, seed=5), picture)


def test_what_sample_cannot_do_is_refused(preset, tmp_path):
    assert "must end in .png. Received: 'x.txt'" in run("sample", preset, "-o", "x.txt", code=2)
    assert "the classes have no names. Received: 'cat'" in run("sample", preset, "--label", "cat", code=2)
    assert "it is shown none" in run("sample", preset, "--data", "digits", code=2)
    (tmp_path / "folder.png").mkdir()
    assert "is a directory" in run("sample", preset, "-o", str(tmp_path / "folder.png"), code=2)
    assert "Received: --images 5" in run("evaluate", "gan_mnist", "--images", "5", code=2)


def test_a_model_of_ones_own_is_imported(preset, tmp_path, monkeypatch):
    source = "from unizoo.zoo import IWAE, register\n\n\n@register\nclass MyOwn(IWAE):\n    pass\n"
    mine = shutil.copytree(preset, tmp_path / "mine")
    config = json.loads((mine / "config.json").read_text())
    (mine / "config.json").write_text(json.dumps({**config, "model": "myown"}))
    words = ["sample", str(mine), "-o", str(tmp_path / "x.png")]
    monkeypatch.syspath_prepend(tmp_path)
    for name, given in (("my_file", str(tmp_path / "my_file.py")), ("my_module", "my_module")):
        monkeypatch.setattr(registry, "_REGISTERED", {})
        assert "A model of your own is known once" in run(*words, code=1)
        assert f"no such file. Received: '{name}_.py'" in run("--import", f"{name}_.py", *words, code=2)
        (tmp_path / f"{name}.py").write_text(source)
        assert run("--import", given, *words).strip() == words[-1]
        del sys.modules[name]


def test_evaluate_prints_figures_with_their_counts(preset):
    words = ("evaluate", preset, "--importance-samples", "20", "--images", "30")
    figures = json.loads(run(*words, "--json"))
    assert figures["likelihood"]["num_images"] == 30
    assert figures["likelihood"]["num_importance_samples"] == 20
    table = run(*words)
    assert f"{figures['likelihood']['nll']:.2f}" in table
    assert "30 test images, 20 importance samples" in table


def test_train_from_scratch_on_ones_own_images(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (80, 16, 16), np.uint8)
    np.savez(tmp_path / "mine.npz", x_train=images[:60], x_test=images[60:])
    target = tmp_path / "gan_mine"
    words = ("train", "gan", "--data", str(tmp_path / "mine.npz"), "--epochs", "1", "--batch-size", "20")
    run(*words, "--set", "filters=2", "--set", "latent_dim=3", "--size", "12", "--channels", "3", "-o", str(target))
    config = json.loads((target / "config.json").read_text())["config"]
    assert config["filters"] == 2
    assert config["image_shape"] == [12, 12, 3]
    assert "Usage" in run("train", code=2)
    assert "--from needs --data" in run("train", "--from", "vae_mnist", code=2)
    assert "no effect. Received: --epochs" in run("train", "vae_mnist", "--epochs", "1", code=2)
    words = ("train", "--from", "vae_mnist", "--data", "digits", "--set", "a=1", "--size", "8")
    assert "Received: --size, --set" in run(*words, code=2)
    assert "KEY=VALUE" in run("train", "gan", "--data", "digits", "--set", "filters", code=2)


def test_options_of_train_reach_the_recipe_and_standard_output_is_json(tmp_path):
    words = ["train", "vae", "--data", "digits", "--epochs", "1", "--set", "latent_dim=2", "--set", "hidden=[4]"]
    words += ["--size", "6x8", "--resize", "bilinear", "--validation", "0.2", "--seed", "3", "--early-stopping"]
    target = tmp_path / "vae"
    done = CliRunner().invoke(cli.main, [*words, "--images", "9", "--importance-samples", "2", "--json", "-o", target])
    figures = json.loads(done.stdout)["likelihood"]
    assert (figures["num_images"], figures["num_importance_samples"]) == (9, 2)
    assert "training, epoch 1 of 1" in done.stderr
    assert f"saved as a preset in {target}" in done.stderr
    recipe = json.loads((target / "metadata.json").read_text())["recipe"]
    assert recipe["load"] == {"size": [6, 8], "resize": "bilinear"}
    assert (recipe["validation"], recipe["seed"], recipe["early_stopping"]) == (0.2, 3, 5)
    assert recipe["config"]["image_shape"] == [6, 8, 1]
    again = CliRunner().invoke(cli.main, [*words, "--no-evaluation", "--quiet", "-o", str(target)])
    assert (again.stdout.strip(), again.stderr) == (str(target), "")
    assert json.loads((target / "metadata.json").read_text())["metrics"] == {}


def test_a_recipe_s_options_reach_its_run(monkeypatch):
    given = {}
    monkeypatch.setattr(
        "unizoo.workflows.train.train_preset", lambda name, output, **options: given.update(options) or {"metrics": {}}
    )
    run("train", "vae_mnist", "--seed", "2", "--early-stopping", "4", "--importance-samples", "7", "--no-evaluation")
    assert {key: given[key] for key in ("seed", "early_stopping", "num_importance_samples", "evaluate")} == {
        "seed": 2,
        "early_stopping": 4,
        "num_importance_samples": 7,
        "evaluate": False,
    }
    assert not {"epochs", "batch_size", "num_images", "tensorboard"} & set(given)


@pytest.mark.parametrize(
    ("words", "received"),
    [
        (("--size", "8x"), "8x"),
        (("--size", "2"), "2"),
        (("--size", "8x8x8"), "8x8x8"),
        (("--validation", "1.5"), "1.5"),
        (("--validation", "some"), "some"),
        (("--early-stopping", "0"), "0"),
        (("--resize", "nearest"), "nearest"),
    ],
)
def test_values_without_a_meaning_are_refused(words, received):
    assert received in run("train", "vae", "--data", "digits", *words, code=2)
    assert not Path("runs").exists()


def test_the_ways_of_resizing_are_those_of_the_data():
    from unizoo.cli.train import command
    from unizoo.data.resizing import METHODS

    option = next(one for one in command.params if one.name == "resize")
    assert tuple(option.type.choices) == ("pad", *METHODS)


def test_export_publishes_versions(preset, tmp_path):
    directory = tmp_path / "serving" / "tiny"
    for _ in range(2):
        run("export", preset, str(directory), "--log-prob-samples", "5")
    assert export.versions(directory) == [1, 2]
    assert "never replaced" in run("export", preset, str(directory), "--version", "2", code=1)


def test_a_model_s_name_alone_is_no_recipe():
    assert "say what to train it on, --data. Received: 'vae' alone" in run("train", "vae", code=2)


def test_explain_prints_phases_and_table():
    assert "max_phi" in run("explain", "gan")
    assert "\\phi" in run("explain", "gan", "--latex")
    assert "slot of theta" in run("explain", "--table")
    assert "Nearest: iwgan" in run("explain", "iwgann", code=1)
    assert "Usage" in run("explain", code=2)
    assert run("explain", "vae", "gan").count("Phases of a training step") == 2
    chosen = run("explain", "--table", "vae", "iwgan")
    assert "IWGAN" in chosen
    assert "CycleGAN" not in chosen


def test_a_model_without_density_is_sampled_but_not_drawn(tmp_path):
    save_to_preset(GAN((16, 16, 1), latent_dim=3, filters=2), tmp_path / "gan")
    assert "deterministic" in run("sample", str(tmp_path / "gan"), "--draw", "-o", str(tmp_path / "x.png"), code=1)
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_answers_until_it_is_interrupted(stop, preset, tmp_path):
    pytest.importorskip("tensorflow_serving")
    if signal.getsignal(stop) is signal.SIG_IGN:
        pytest.skip("what started the tests ignores this signal, as a shell does for jobs in the background")
    directory = tmp_path / "tiny"
    run("export", preset, str(directory), "--log-prob-samples", "5")
    command = [sys.executable, "-m", "unizoo", "serve", str(directory), "--port", "0", "--grpc-port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = next(line for line in server.stderr if line.startswith("REST "))
            url = line.split()[1].replace("...,", "tiny")
            with urllib.request.urlopen(url, timeout=30) as answer:
                assert json.load(answer)["model_version_status"][0]["state"] == "AVAILABLE"
        finally:
            server.send_signal(stop)
        try:
            server.communicate(timeout=60)
        finally:
            server.kill()
        assert server.returncode == 0
