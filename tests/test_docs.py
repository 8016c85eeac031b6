"""What the documentation shows works: the example of a model of one's own, and the blocks made from the code."""

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import unizoo
from PIL import Image
from unizoo.data.named import keras_cache
from unizoo.losses.adversarial import LOSSES
from unizoo.zoo import GenerativeModel
from unizoo.zoo.hub import registry

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def example(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    known = dict(registry._REGISTERED)
    monkeypatch.setattr(registry, "_REGISTERED", known)  # the other tests' table stays as it was
    return runpy.run_path(str(DOCS / "examples" / "beta_vae.py"))


def test_a_model_of_ones_own_trains_saves_and_is_published(example, capsys, tmp_path):
    example["main"](epochs=2)
    printed = capsys.readouterr().out
    assert "max_{theta,eta}" in printed
    assert (tmp_path / "serving" / "beta_vae" / "1" / "saved_model.pb").exists()
    assert (tmp_path / "beta_vae.png").exists()
    model = unizoo.from_preset(tmp_path / "beta_vae_digits")
    assert type(model) is example["BetaVAE"]
    assert model.beta == 1.2
    assert model.sample(3, seed=0).shape == (3, 8, 8, 1)


def test_every_block_of_a_page_is_made(monkeypatch):
    pytest.importorskip("mkdocs", reason="the documentation's packages are in unizoo[docs]")
    pytest.importorskip("latex2mathml")
    monkeypatch.setattr(sys, "path", [*sys.path])
    hooks = runpy.run_path(str(DOCS / "hooks.py"))
    asked = {
        line.removeprefix("<!-- zoo: ").removesuffix(" -->")
        for page in DOCS.rglob("*.md")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("<!-- zoo: ")
    }
    models = {words.split()[1] for words in asked if words.startswith("model ")}
    assert models == set(unizoo.list_models()), "every model has its place on a page"
    for words in ("model iwgan", "models", "losses", "presets"):
        name, *arguments = words.split()
        page = hooks["_with_mathml"](hooks["BLOCKS"][name](*arguments))
        assert "<math" in page or words == "presets"
        assert "$" not in page
    losses = hooks["BLOCKS"]["losses"]()
    assert {name for name in LOSSES if f"| `{name}`<br>" in losses} == set(LOSSES)
    assert losses.count("| none |") == sum(loss.log_ratio is None for loss in LOSSES.values())


def _blocks(page):
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


PAGES = [page for page in (DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))) if _blocks(page)]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    blocks = _blocks(page)
    for name, file in (("mnist", "mnist.npz"), ("usps", "usps.npz")):
        if any(f'"{name}"' in block for block in blocks) and not (keras_cache() / file).exists():
            pytest.skip(f"{name} is not in Keras's cache")
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for number in range(40):
        pixels = np.random.default_rng(number).integers(0, 256, (30, 32, 3), np.uint8)
        Image.fromarray(pixels).save(Path("photos") / f"{number}.png")
    fit = GenerativeModel.fit
    short = {"steps_per_epoch": 1, "epochs": 1, "verbose": 0}  # of each run, so that the page takes seconds
    monkeypatch.setattr(GenerativeModel, "fit", lambda self, *args, **kwargs: fit(self, *args, **{**kwargs, **short}))
    for block in blocks:
        if "MirroredStrategy" in block:
            continue  # of which a process can have one: `two_replicas`, with which every model is trained elsewhere
        exec(compile(block, str(page), "exec"), {"__name__": "page"})
