"""What MkDocs asks while it builds the site: blocks made from the code, presets' pages, and formulas as MathML.

A page's line `<!-- zoo: NAME ARGUMENT -->` is replaced by what the function of that name in `BLOCKS` returns, Markdown
from the models' own `phases` and `formulation`, the presets' metadata and the results: nothing of it is typed. What
stands between dollars becomes MathML, which browsers show without a script. Every preset's card is a page, to which its
name links wherever it stands as code.
"""

import atexit
import importlib
import inspect
import re
import sys
import tempfile
from pathlib import Path

from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url
from unizoo import list_models, list_presets, zoo
from unizoo.zoo.explain import explanation, overview
from unizoo.zoo.explain.as_text import times
from unizoo.zoo.explain.verification import modes, verify
from unizoo.zoo.hub import presets, registry
from unizoo.zoo.hub.models import MODELS
from unizoo.zoo.theory.adversarial_losses import VIEWS

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "benchmarks")]  # the latter has the tables that README has too

import formulas  # noqa: E402
import speed_tables  # noqa: E402
import tables  # noqa: E402

PAPER = "Hu et al. 2018"


# What MkDocs calls ----------------------------------------------------------------------------------------------------


def on_startup(command, dirty):
    """Let mkdocstrings, which reads files, find the repository's root as a folder of the package's name."""
    folder = tempfile.TemporaryDirectory(prefix="unizoo-docs-")
    atexit.register(folder.cleanup)
    (Path(folder.name) / "unizoo").symlink_to(ROOT)
    sys.path.insert(0, folder.name)


def on_files(files, config):
    """Add the presets' pictures and cards to the site's files."""
    for name in list_presets():
        picture = (presets.BUILT_IN / name / "samples.png").read_bytes()
        files.append(File.generated(config, f"images/presets/{name}.png", content=picture))
        files.append(File.generated(config, f"presets/{name}.md", content=card_page(name)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Fill in the blocks, then set the formulas."""
    depth = page.file.src_uri.count("/")

    def block(match):
        name, *arguments = match[1].split()
        return BLOCKS[name](*arguments).replace("(images/", "(" + "../" * depth + "images/")

    return formulas.with_mathml(re.sub(r"^<!-- zoo: (.+?) -->$", block, markdown, flags=re.MULTILINE))


def on_page_content(html, page, config, files):
    """Link the presets' names that stand as code, but on a preset's own page, and where they are links already."""

    def link(match):
        url = get_relative_url(f"presets/{match[1]}/", page.url)
        return match[0] if url == "./" else f'<a href="{url}">{match[0]}</a>'

    names = "|".join(sorted(list_presets(), key=len, reverse=True))
    return re.sub(rf"<code>({names})</code>(?!</a>)", link, html)


# Blocks ---------------------------------------------------------------------------------------------------------------


def model_block(name):
    """A model: its parts, its phases, its divergence, and its presets with their pictures."""
    model = zoo.make_model(name)
    view, entry = model.formulation, MODELS[name]
    lines = [
        f"`{name}`: {formulas.prose(entry.summary)}. Source: {entry.paper}. {PAPER}: {view.equations}.\n",
        speed_tables.markdown(
            ("part", "played by"),
            [(formulas.inline(symbol), formulas.prose(role)) for symbol, role in view.parts.items()],
            2,
        ),
    ]
    for number, phase in enumerate(model.phases, 1):
        lines.append(_phase(model, phase, number))
    lines += [
        f"The divergence minimised has theta {explanation.SLOTS[view.theta_slot]}: {formulas.prose(view.behaviour)}.\n",
        formulas.display([view.kl]),
        formulas.display(view.where),
        *(f"- {formulas.note(note)}" for note in [*view.notes, *explanation.conventions(model)]),
        "",
    ]
    return "\n".join([*lines, _gallery(_presets_of(name))])


def _phase(model, phase, number):
    networks = ", ".join(f"`{name}`" for name in explanation.networks_of(model, phase))
    terms = ", ".join(f"`{name}`" for name in explanation.logged_terms(model)[phase.name].values())
    repeats = "" if phase.repeats == 1 else f" {times(phase.repeats)}"
    loss = explanation.loss_of(phase)
    loss = f" Its loss is {loss}." if loss else ""
    lines = formulas.display([phase.formula])
    return f"**Phase {number}, {phase.name}**, updates {networks}{repeats} and logs {terms}.{loss}\n\n{lines}"


def _presets_of(name):
    return [one["name"] for one in tables.presets(presets.BUILT_IN) if one["model"] == name]


def _gallery(names):
    """Presets side by side, each its picture with what its card says of it below."""
    if not names:
        return ""
    return '<div class="gallery" markdown>\n\n' + "\n".join(_preset(name) for name in names) + "\n</div>\n"


def _preset(name):
    """A preset's picture, its figures and what made it."""
    figures = f"**{registry.preset_summary(name).partition(': ')[2]}** with the preset `{name}`."
    said = next(line for line in presets.read_card(name).splitlines() if line.startswith("Not selected:"))
    config = presets.read_metadata(name)["recipe"]["config"]
    changes = [f"`{key}={value!r}`" for key, value in config.items() if key not in ("image_shape", "num_classes")]
    made = f" Made with {', '.join(changes)}." if changes else ""
    picture = f"![images of {name}](images/presets/{name}.png)"
    return f"<div markdown>\n\n{picture}\n\n{figures} {said}{made}\n\n</div>\n"


def card_page(name):
    """A preset's card as a page of the site, with links to all presets and to its model."""
    card = presets.read_card(name).replace("(samples.png)", f"(../images/presets/{name}.png)")
    model = presets.read_metadata(name)["model"]
    if model in list_models():  # the classifiers that judge samples are no generative models
        card = card.replace(f"`{model}`:", f"[`{model}`](../{_page_of(model)}):", 1)
    return "---\nhide: [toc]\n---\n\n" + card.replace("\n", "\n\n[All presets](../presets.md)\n", 1)


def models_block():
    """The table of all models."""
    rows = []
    for name in list_models():
        entry, view = MODELS[name], zoo.make_model(name).formulation
        shipped = ", ".join(f"`{one}`" for one in _presets_of(name))
        rows.append(
            (
                f"[`{name}`]({_page_of(name)})",
                formulas.prose(entry.summary),
                formulas.inline(view.kl),
                view.theta_slot,
                shipped,
            )
        )
    return speed_tables.markdown(("model", "what it is", "divergence minimised", "slot of theta", "presets"), rows, 5)


def table_block():
    """The paper's Table 1, with a row for each model."""
    columns = overview.table_columns([zoo.make_model(name) for name in list_models()])
    wanted = ["KL minimised", "slot of theta", *dict.fromkeys(overview.ROLES.values())]
    header = [row if row in overview.CLOSING_ROWS else formulas.inline(row) for row in wanted]
    rows = []
    for name, cells in columns.items():
        parts = [[": ".join(_both(*part)) for part in cells.get(row, [])] for row in wanted]
        rows.append((f"**{name}**", *("; ".join(part) for part in parts)))
    return speed_tables.markdown(("model", *header), rows, len(header) + 1)


def _both(symbol, text):
    return [part for part in (symbol and formulas.inline(symbol), text and formulas.prose(text)) if part]


def _page_of(name):
    """The family's page on which a model stands, and the place there."""
    for page in (ROOT / "docs" / "families").glob("*.md"):
        heading = re.search(
            rf"^## (\S+)$(?:(?!^## ).)*^<!-- zoo: model {name} -->$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
        if heading:
            return f"families/{page.name}#{heading[1].lower()}"
    raise ValueError(f"No family's page has this model. Received: {name!r}")


def losses_block():
    """The table of adversarial losses."""
    rows = []
    for name, view in VIEWS.items():
        ratio = formulas.inline(view.ratio) if view.ratio else "none"
        weighted = formulas.inline(view.weighted_divergence) if view.ratio else "cannot be weighted"
        rows.append((f"`{name}`<br>{view.source or PAPER}", formulas.inline(view.divergence), ratio, weighted))
    header = ("`adversarial_loss=`", "minimised", "density ratio", "importance weighted, over the sum of the weights")
    return speed_tables.markdown(header, rows, 4)


def modes_block():
    """From which distance one normal distribution, fitted to two, takes a single one of them."""

    def said(distance):
        return f"one, from {distance:g} deviations apart" if distance else f"both, up to {max(modes.DISTANCES):g}"

    rows = [
        (f"`{name}`", said(plain), said(weighted) if VIEWS[name].ratio else "cannot be weighted")
        for name, (plain, weighted) in modes.table_of_losses().items()
    ]
    return speed_tables.markdown(("`adversarial_loss=`", "its minimum takes", "importance weighted"), rows, 3)


def identities_block():
    """The identities of the theory, checked now."""
    verdicts = verify()
    if failed := [one.title for one in verdicts if not one.holds]:
        raise ValueError(f"Identities of the theory fail. Received: {failed}")
    printed = [one for one in verdicts if one.stated == "its own formulation"]
    stated = [one for one in verdicts if one not in printed]
    summary = (
        f"{len(printed)} printed lines, of every phase of every model, against the losses that train them: all hold"
    )
    folded = f"<details markdown><summary>{summary}</summary>\n\n{_verdicts(printed)}\n</details>\n"
    return f"{_verdicts(stated)}\n{folded}"


def _verdicts(verdicts):
    rows = [
        (formulas.prose(one.title), formulas.prose(one.stated), f"{one.error:.1e}", f"{one.tolerance:.0e}", "holds")
        for one in verdicts
    ]
    return speed_tables.markdown(("identity", "stated in", "error", "allowed", "verdict"), rows, 2)


def presets_block():
    """The table of presets with their figures."""
    table = tables.presets_block([tables.preset_row(one) for one in tables.presets(presets.BUILT_IN)])
    table = re.sub(r"\[(`\w+`)\]\(.*?\)", r"\1", table)  # whose cards are pages here
    return re.sub(r"(?<=\d)(%)? (?=± \d|to \d|MB)", r"\1&nbsp;", table)  # where no line shall break


def speed_block():
    """The tables of speed."""
    return speed_tables.speed_block(ROOT / "results")


def api_block(room, *names):
    """The docstrings of what a room offers: of all its public names, or of those given."""
    package = importlib.import_module("unizoo" if room == "unizoo" else f"unizoo.{room}")
    offered = [getattr(package, name) for name in names or package.__all__]
    documented = [one for one in offered if inspect.isclass(one) or inspect.isfunction(one)]
    return "\n".join(f"::: {one.__module__}.{one.__qualname__}\n" for one in documented)


def file_block(path):
    """A file of the repository, as code."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return f"```{Path(path).suffix.removeprefix('.')}\n{text}```"


BLOCKS = {
    "model": model_block,
    "models": models_block,
    "table": table_block,
    "losses": losses_block,
    "identities": identities_block,
    "modes": modes_block,
    "presets": presets_block,
    "speed": speed_block,
    "api": api_block,
    "file": file_block,
}
