"""The benchmarks run, and the tables are made from what they write; no time is asserted."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import unizoo

BENCHMARKS = Path(unizoo.__file__).parent / "benchmarks"
SURROUNDINGS = {"unizoo", "tensorflow", "keras", "python", "processor", "cores", "load_average"}


def run(script, *arguments):
    command = [sys.executable, BENCHMARKS / f"{script}.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def quick(script, tmp_path, *arguments):
    """A quick run's rows."""
    output = tmp_path / "rows.csv"
    finished = run(script, "--quick", "--output", output, *arguments)
    assert finished.returncode == 0, finished.stderr
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ""] == ["rows.csv"]
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) > SURROUNDINGS
    assert all(row["cores"] == str(os.cpu_count()) and row["unizoo"] == unizoo.__version__ for row in rows)
    return rows


TRAINING = (
    "model",
    "case",
    "batch_size",
    "images",
    "repeats",
    "threads",
    "images_per_cpu_second",
    "ratio_to_best_bare",
)
BARE = ["bare Keras, graph", "bare Keras, XLA"]


def check_training(rows, cases):
    assert set(rows[0]) > {*TRAINING, "numpy", "torch"}
    assert [row["case"] for row in rows] == cases
    assert all(float(row["images_per_cpu_second"]) > 0 for row in rows)
    bare = [row for row in rows if row["case"] in BARE]
    assert max(float(row["ratio_to_best_bare"]) for row in bare) == 1.0


def test_training_speed_of_the_vae_against_the_bare_loops(tmp_path):
    rows = quick("training_speed", tmp_path, "--models", "vae", "--cases", "unizoo fit(dataset)", "--images", 200)
    check_training(rows, ["unizoo fit(dataset)", *BARE])


@pytest.mark.slow
def test_training_speed_of_every_case_of_the_gan(tmp_path):
    rows = quick("training_speed", tmp_path, "--models", "gan", "--images", 2000, "--filters", 2)
    cases = ["unizoo fit(dataset)", "unizoo fit(dynamic)", "unizoo fit(arrays)", *BARE]
    check_training(rows, cases)
    assert {row["model"] for row in rows} == {"gan"}


def test_likelihood_speed(tmp_path):
    (row,) = quick("likelihood_speed", tmp_path, "--images", 2, "--importance-samples", 20)
    assert (row["images"], row["importance_samples"]) == ("2", "20")
    assert float(row["images_per_second"]) > 0
    assert int(row["peak_mib"]) >= int(row["loaded_mib"]) > 10


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A tiny untrained preset's folder."""
    folder = tmp_path_factory.mktemp("presets") / "tiny"
    model = unizoo.zoo.VAE(image_shape=(4, 4, 1), latent_dim=2, hidden=(3,))
    return model.save_to_preset(folder)


def test_cold_start(tmp_path, preset):
    rows = quick("cold_start", tmp_path, "--preset", preset)
    names = ["python", "import unizoo", "unizoo list", "import tensorflow", "load tiny, draw 64 samples"]
    assert [row["process"] for row in rows] == names
    assert all(0 < float(row["lowest"]) <= float(row["seconds"]) <= float(row["highest"]) for row in rows)


@pytest.mark.slow
def test_serving_speed(tmp_path):
    rows = quick("serving_speed", tmp_path)
    assert [(row["rows"], row["call"]) for row in rows] == [
        (rows_of_request, call) for rows_of_request in ("1", "64") for call in ("in process", "gRPC", "REST")
    ]
    assert all(0 < float(row["p50_ms"]) <= float(row["p95_ms"]) for row in rows)


@pytest.mark.parametrize("script", ["training_speed", "likelihood_speed", "cold_start", "serving_speed", "tables"])
def test_help_says_what_the_script_does(script):
    finished = run(script, "--help")
    assert finished.returncode == 0
    assert script == "tables" or "--quick" in finished.stdout


@pytest.fixture
def common(monkeypatch):
    """The benchmarks' shared module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import common

    return common


def test_cases_take_turns_and_warm_up_first(common):
    order = []

    def case(name):
        def turn():
            order.append(name)
            return common.Timing(1, float(len(order)), 1.0)

        return turn

    timings = common.interleave({name: case(name) for name in "ab"}, repeats=2, warmups=1)
    assert order == list("ababab")
    assert [turn.cpu_seconds for turn in timings["b"]] == [4.0, 6.0]


def test_ratio_is_the_median_within_turns(common):
    assert common.ratio([10.0, 20.0, 90.0], [10.0, 40.0, 100.0]) == 0.9


def test_percentile_is_the_nearest_rank(common):
    values = list(range(100, 0, -1))
    assert [common.percentile(values, share) for share in (0.5, 0.95)] == [50, 95]
    assert common.percentile([7.0], 0.95) == 7.0


def test_threads_are_limited_before_tensorflow_is_imported_or_not_at_all(common):
    with pytest.raises(RuntimeError, match="Received: it is imported already"):
        common.limit_threads(1)


# Tables ---------------------------------------------------------------------------------------------------------------

METRICS = {
    "split": "test",
    "likelihood": {"nll": 85.9, "nll_standard_error": 0.3, "num_images": 10000, "num_importance_samples": 5000},
    "quality": {
        **{"inception_score": 8.5, "inception_score_sd": 0.1, "reference_inception_score": 9.7},
        **{"frechet_distance": 3.25, "kernel_distance": 0.1, "kernel_distance_sd": 0.01},
        **{"precision": 0.8, "recall": 0.7, "class_shares": [0.08, 0.12], "num_samples": 9000, "num_reference": 10000},
    },
}
README = "# x\n<!-- generated: presets -->\noutworn\n<!-- end -->\nkept\n<!-- generated: speed -->\n<!-- end -->\n"


@pytest.fixture
def project(tmp_path, preset):
    """Arguments of tables.py for a small project with a preset that has figures, and one result."""
    folder = tmp_path / "presets" / "tiny_vae"
    folder.mkdir(parents=True)
    for path in preset.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    metadata = json.loads((folder / "metadata.json").read_text())
    metadata |= {"metrics": METRICS, "recipe": {"data": "mnist"}, "seed": 3}
    (folder / "metadata.json").write_text(json.dumps(metadata))
    (tmp_path / "results").mkdir()
    surroundings = "unizoo,tensorflow,keras,python,processor,cores,load_average\n"
    columns = "model,case,batch_size,threads,repeats,images_per_cpu_second,ratio_to_best_bare"
    (tmp_path / "results/training_speed.csv").write_text(
        f"{columns},{surroundings}vae,unizoo fit,100,1,5,20000,0.954,1,2,3,3.11,abacus,2,0.5\n"
    )
    (tmp_path / "README.md").write_text(README)
    names = {"presets": "presets", "results": "results", "readme": "README.md", "picture": "samples.png"}
    return [part for option, name in names.items() for part in (f"--{option}", tmp_path / name)]


def test_tables_come_from_metadata_and_results(tmp_path, project):
    assert run("tables", "--texts-only", *project).returncode == 0
    with (tmp_path / "results/presets.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["preset"], row["model"], row["data"], row["seed"]) == ("tiny_vae", "vae", "mnist", "3")
    assert (row["nll"], row["least_class_share"], row["accuracy"]) == ("85.9", "0.08", "")
    assert int(row["bytes"]) == (tmp_path / "presets/tiny_vae/model.weights.h5").stat().st_size
    readme = (tmp_path / "README.md").read_text()
    assert "kept" in readme
    assert "outworn" not in readme
    for text in ("85.90 ± 0.30<sup>1</sup>", "8.50 ± 0.10<sup>2</sup>", "3.25"):
        assert text in readme
    assert "1. NLL of 10,000 test images, 5,000 importance samples each" in readme
    assert "2. IS and FD of 9,000 samples" in readme
    for text in ("| unizoo fit | 20,000 (0.95) |", "medians of 5 turns", "tensorflow 2", "load average 0.5"):
        assert text in readme


def test_check_tells_when_a_table_is_out_of_date(tmp_path, project):
    stale = run("tables", "--check", *project)
    assert stale.returncode == 1
    assert "README.md" in stale.stderr
    assert "presets.csv" in stale.stderr
    assert (tmp_path / "README.md").read_text() == README
    run("tables", "--texts-only", *project)
    assert run("tables", "--check", *project).returncode == 0
    metadata = tmp_path / "presets/tiny_vae/metadata.json"
    metadata.write_text(metadata.read_text().replace("85.9", "84.9"))
    assert run("tables", "--check", *project).returncode == 1


def test_missing_marker_is_named(tmp_path, project):
    (tmp_path / "README.md").write_text(README.replace("<!-- generated: speed -->", ""))
    finished = run("tables", "--texts-only", *project)
    assert finished.returncode == 1
    assert "<!-- generated: speed -->" in finished.stderr
    assert not (tmp_path / "results/presets.csv").exists()


@pytest.mark.slow
def test_pictures_have_a_row_of_samples_and_a_walk_a_preset(tmp_path, project):
    from PIL import Image

    finished = run("tables", *project)
    assert finished.returncode == 0, finished.stderr
    for name in ("samples.png", "walks.png"):
        with Image.open(tmp_path / name) as picture:
            assert picture.width > 16 * 4
