"""What the documentation shows works: the example of a model of one's own, and the blocks made from the code."""

import importlib
import inspect
import re
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

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


@pytest.fixture(scope="module")
def hooks():
    """What MkDocs asks, by name."""
    pytest.importorskip("mkdocs", reason="the documentation's packages are in unizoo[docs]")
    pytest.importorskip("latex2mathml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path])
        yield runpy.run_path(str(DOCS / "hooks.py"))


def test_every_block_of_a_page_is_made(hooks):
    asked = {
        line.removeprefix("<!-- zoo: ").removesuffix(" -->")
        for page in DOCS.rglob("*.md")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("<!-- zoo: ")
    }
    models = {words.split()[1] for words in asked if words.startswith("model ")}
    assert models == set(unizoo.list_models()), "every model has its place on a page"
    for words in ("model iwgan", "models", "losses", "presets", "table", "modes"):
        name, *arguments = words.split()
        page = hooks["formulas"].with_mathml(hooks["BLOCKS"][name](*arguments))
        assert "<math" in page or words in ("presets", "modes")
        assert "$" not in page
        for table in re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE):
            assert len({line.count("|") for line in table.splitlines()}) == 1, "a formula's | ends no cell"
    losses = hooks["BLOCKS"]["losses"]()
    assert {name for name in LOSSES if f"| `{name}`<br>" in losses} == set(LOSSES)
    assert losses.count("| none |") == sum(loss.log_ratio is None for loss in LOSSES.values())


def test_every_public_name_has_its_place_in_the_api(hooks):
    pages = "\n".join(
        re.sub(r"<!-- zoo: api (.+?) -->", lambda match: hooks["api_block"](*match[1].split()), page.read_text("utf-8"))
        for page in (DOCS / "api").glob("*.md")
    )
    modules = {line.split()[1] for line in pages.splitlines() if line.startswith(":::")}
    for room in ("data", "evaluation", "export", "layers", "losses", "training", "zoo"):
        package = importlib.import_module(f"unizoo.{room}")
        for name in package.__all__:
            one = getattr(package, name)
            if inspect.ismodule(one):
                assert one.__name__ in modules
            elif inspect.isclass(one) or inspect.isfunction(one):
                assert f"{one.__module__}.{one.__qualname__}" in modules, name


def test_every_preset_has_a_page_and_its_name_links_to_it(hooks):
    names = unizoo.list_presets()
    page = hooks["card_page"]("vae_mnist")
    assert "[`vae`](../families/vae.md#vae):" in page
    assert "(../images/presets/vae_mnist.png)" in page
    shown = SimpleNamespace(url="families/vae/")
    html = "<td><code>vae_mnist</code></td> <a href='x'><code>vae_mnist</code></a> <code>unizoo card vae_mnist</code>"
    linked = hooks["on_page_content"](html, shown, None, None)
    assert linked == html.replace(
        "<td><code>vae_mnist</code>", '<td><a href="../../presets/vae_mnist/"><code>vae_mnist</code></a>'
    )
    for name in names:
        code = f"<p><code>{name}</code></p>"
        assert f'<a href="{name}/">' in hooks["on_page_content"](code, SimpleNamespace(url="presets/"), None, None)
        assert hooks["on_page_content"](code, SimpleNamespace(url=f"presets/{name}/"), None, None) == code


def test_examples_and_returned_values_of_docstrings_are_plain_markdown():
    pytest.importorskip("griffe")
    with_sections = runpy.run_path(str(DOCS / "docstrings.py"))["with_sections"]
    docstring = inspect.cleandoc(
        """Load.

        Example:
            >>> load("x")
            1

        Args:
            name: the name.

        Returns:
            Plain JSON: `data`,
            and more.

        Example:
            ```python
            load()
            ```
        """
    )
    code, fenced = '```pycon\n>>> load("x")\n1\n```', "```python\nload()\n```"
    assert with_sections(docstring).split("\n\n") == [
        *("Load.", "**Example:**", code, "Args:\n    name: the name."),
        *("**Returns:**", "Plain JSON: `data`,\nand more.", "**Example:**", fenced, ""),
    ]


def test_half_the_kl_less_the_jsd_is_the_mixtures_kl():
    """Exactly, as the page of the unified view says of any two distributions."""
    generated, data = np.random.default_rng(0).dirichlet(np.ones(7), size=2)
    mixture = (generated + data) / 2.0

    def kl(p, q):
        return np.sum(p * np.log(p / q))

    jsd = (kl(generated, mixture) + kl(data, mixture)) / 2.0
    np.testing.assert_allclose(kl(generated, data) / 2.0 - jsd, kl(mixture, data), rtol=1e-12)


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
        if "training.strategy(" in block:
            continue  # of which a process can have one: `two_replicas`, with which every model is trained elsewhere
        exec(compile(block, str(page), "exec"), {"__name__": "page"})
