"""Bring the tables and the pictures of README, and the cards, up to date with the presets, the results and the code.

  results/presets.csv      from the presets' metadata
  README.md                the blocks between `<!-- generated: NAME -->` and `<!-- end -->`: presets, speed
  zoo/presets/*/README.md  the cards
  docs/images/samples.png  a row of samples of some of the models' presets, the first of seed 0, by class
  docs/images/walks.png    a walk of some of these, the first of seed 0

Nothing in them is typed by hand. With --check nothing is written, and the exit code is 1 if a text is out of date.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import common
import numpy as np
import speed_tables
from unizoo.zoo.hub.models import MODELS
from unizoo.zoo.hub.presets import data_names, judged_images

SAMPLES, SEED = 16, 0  # of each preset in the pictures
PICTURED = ("vae", "iwae", "aavae", "svae", "aae", "gan", "iwgan", "iwcgan", "infogan", "vaegan", "sngan")  # models
WALKED = ("vae", "svae", "gan", "infogan", "sngan")  # some of them


def presets(folder):
    """The presets' metadata, dicts with `name` and `bytes` (of the weights) added, in the order of the tables.

    That is by model, the preset of MNIST first.
    """
    found = []
    for path in folder.glob("*/metadata.json"):
        metadata = json.loads(path.read_text(encoding="utf-8"))
        size = path.with_name("model.weights.h5").stat().st_size
        found.append({**metadata, "name": path.parent.name, "bytes": size})
    if not found:
        raise FileNotFoundError(f"There are no presets in the folder. Received: {folder}")
    rank = {name: number for number, name in enumerate(MODELS)}
    return sorted(
        found,
        key=lambda one: (
            rank.get(one["model"], len(rank)),
            one["model"],
            data_names(one.get("recipe", {})) != ["mnist"],
            one["name"],
        ),
    )


def preset_row(metadata):
    """A preset's row of `results/presets.csv`; None where a figure does not apply."""
    metrics, recipe = metadata.get("metrics", {}), metadata.get("recipe", {})
    likelihood, quality = metrics.get("likelihood", {}), metrics.get("quality", {})
    shares = quality.get("class_shares")
    return {
        "preset": metadata["name"],
        "model": metadata["model"],
        "data": " and ".join(data_names(recipe)),
        "split": metrics.get("split"),
        **{
            key: likelihood.get(key)
            for key in ("nll", "nll_standard_error", "bits_per_dimension", "num_importance_samples")
        },
        "num_images": likelihood.get("num_images"),
        "nll_given_class": likelihood.get("given_class"),
        **{
            key: quality.get(key)
            for key in (
                "inception_score",
                "inception_score_sd",
                "reference_inception_score",
                "frechet_distance",
                "kernel_distance",
                "kernel_distance_sd",
                "precision",
                "recall",
            )
        },
        "judged": judged_images(quality) if quality else None,
        "reference": metrics.get("data"),
        "least_class_share": min(shares) if shares else None,
        "greatest_class_share": max(shares) if shares else None,
        **{key: quality.get(key) for key in ("num_samples", "num_reference", "classifier", "classifier_accuracy")},
        **_accuracy(metrics),
        "parameters": metadata["parameters"],
        "bytes": metadata["bytes"],
        "seed": metadata.get("seed"),
    }


def _accuracy(metrics):
    """The accuracy that a preset has, and of what: of classes, another domain's, those found, or those of samples."""
    split, quality = f"{metrics.get('split')} images", metrics.get("quality", {})
    kept = {"accuracy": quality.get("label_accuracy"), "num_images": quality.get("num_samples")}
    wanted = "the original's" if "translated_from" in quality else "the one asked for"
    kinds = (
        ("classes of the second domain, whose labels it has not seen", metrics.get("target", {}), split),
        ("classes", metrics, split),
        ("categories, each standing for the class most of it have", metrics.get("clusters", {}), split),
        (f"the class that the classifier sees, beside {wanted}", kept, judged_images(quality)),
        (None, {}, None),
    )
    kind, figures, images = next(one for one in kinds if one[0] is None or one[1].get("accuracy") is not None)
    return {
        "accuracy": figures.get("accuracy"),
        "accuracy_of": kind,
        "accuracy_images": figures.get("num_images"),
        "accuracy_on": images,
        "source_only_accuracy": figures.get("source_only_accuracy"),
    }


COLUMNS = {  # of the table of presets: title, what a row's cell is made of, and the text of that
    "preset": ("preset", "[`{0}`](zoo/presets/{0}/README.md)"),
    "data": ("data", "{}"),
    "NLL (nats)": ("nll", "{:.2f} ± {:.2f}"),
    "IS": ("inception_score", "{:.2f} ± {:.2f}"),
    "FD": ("frechet_distance", "{:.2f}"),
    "precision, recall": ("precision", "{:.2f}, {:.2f}"),
    "classes": ("least_class_share", "{:.1%} to {:.1%}"),
    "accuracy": ("accuracy", "{:.2%}"),
    "parameters": ("parameters", "{:,}"),
    "size": ("bytes", "{:.1f} MB"),
}
SECOND = {  # the other figure of a cell with two
    "nll": "nll_standard_error",
    "inception_score": "inception_score_sd",
    "precision": "recall",
    "least_class_share": "greatest_class_share",
}
README_COLUMNS = ("preset", "data", "NLL (nats)", "IS", "FD", "accuracy", "size")


def presets_block(rows, columns=tuple(COLUMNS)):
    """The table of presets, and numbered notes of what its figures were measured on.

    Args:
        rows: of `results/presets.csv`, as `preset_row` makes them.
        columns: titles, of `COLUMNS`.
    """
    shown = [COLUMNS[title] for title in columns]
    notes = [_notes(row) for row in rows]
    texts = list(dict.fromkeys(note[key] for key, _ in shown for note in notes if key in note))
    number = {text: f"<sup>{position}</sup>" for position, text in enumerate(texts, 1)}
    cells = [
        [_cell(row, key, text) + number.get(note.get(key), "") for key, text in shown]
        for row, note in zip(rows, notes, strict=True)
    ]
    lines = "".join(f"{position}. {text}.\n" for position, text in enumerate(texts, 1))
    return f"{speed_tables.markdown(columns, cells, 2)}\n{lines}"


def _notes(row):
    """What a row's figures were measured on, by column; that of the samples' quality stands with the first of them."""
    notes = {}
    if row["nll"] is not None:
        given = " given their class" if row["nll_given_class"] else ""
        notes["nll"] = (
            f"NLL of {row['num_images']:,} {row['split']} images{given}, {row['num_importance_samples']:,} importance "
            "samples each, ± standard error over the images"
        )
    if row["inception_score"] is not None:
        notes["inception_score"] = (
            f"IS and FD of {row['num_samples']:,} {row['judged']} against {row['num_reference']:,} {row['split']} "
            f"images of {row['reference']}, whose own IS is {row['reference_inception_score']:.1f}; ± sd over splits"
        )
    if row["accuracy"] is not None:
        notes["accuracy"] = f"Accuracy of {row['accuracy_of']}, {row['accuracy_images']:,} {row['accuracy_on']}"
    return notes


def _cell(row, key, text):
    values = [row[name] for name in (key, SECOND.get(key)) if name]
    if any(value is None for value in values):
        return "" if values[0] is None else f"{values[0]:.2f}"
    return text.format(*(value / 1e6 if key == "bytes" else value for value in values))


def with_block(text, name, block):
    """A text with what stands between the markers of a name replaced.

    Raises:
        ValueError: if the markers are not there, once each.
    """
    pattern = re.compile(rf"(<!-- generated: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(
            f"README needs the lines <!-- generated: {name} --> and <!-- end --> once, in this order. "
            f"Received: {len(pattern.findall(text))} such pairs"
        )
    return pattern.sub(lambda match: match[1] + block.strip() + "\n" + match[2], text)


def texts(options):
    """What the generated files should hold: a dict from paths to texts."""
    rows = [preset_row(metadata) for metadata in presets(options.presets)]
    readme = options.readme.read_text(encoding="utf-8")
    readme = with_block(readme, "presets", presets_block(rows, README_COLUMNS))
    readme = with_block(readme, "speed", speed_tables.speed_block(options.results, ("training_speed",)))
    return {options.results / "presets.csv": common.csv_text(rows), options.readme: readme}


def draw(options):
    """Write the pictures of samples and, beside it, of walks."""
    from unizoo import data, from_preset

    names = {}  # the first preset of each model
    for one in presets(options.presets):
        if one["model"] in PICTURED:
            names.setdefault(one["model"], one["name"])
    if not names:
        raise ValueError(f"No preset of {', '.join(PICTURED)} is there to be pictured. Received: {options.presets}")
    models = {one: from_preset(options.presets / names[one], compile=False) for one in PICTURED if one in names}
    samples = {names[one]: _samples(model) for one, model in models.items()}
    data.labelled_rows(samples, options.picture, columns=SAMPLES)
    walks = {names[one]: models[one].walk(1, SAMPLES, seed=SEED).numpy()[0] for one in WALKED if one in models}
    data.labelled_rows(walks, options.picture.with_name("walks.png"), columns=SAMPLES)


def _samples(model):
    """A row of samples; of a model that takes classes, each in turn."""
    labels = None if model.sample_classes is None else np.arange(SAMPLES, dtype=np.int32) % model.sample_classes
    return model.sample(SAMPLES, labels=labels, seed=SEED).numpy()


def write_cards(options):
    """Write the cards of the presets that have a recipe again, as the code now tells them."""
    from unizoo import from_preset
    from unizoo.workflows.finish import card_of
    from unizoo.zoo.hub.recipes import RECIPES

    for metadata in presets(options.presets):
        name = metadata["name"]
        if name not in RECIPES:
            continue
        folder = options.presets / name
        text = card_of(from_preset(folder, compile=False), metadata, name)
        if (folder / "README.md").read_text(encoding="utf-8") != text:
            common.write_text(folder / "README.md", text)
            print(f"wrote {folder / 'README.md'}")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a text is out of date")
    parser.add_argument("--texts-only", action="store_true", help="leave the pictures and the cards as they are")
    root = common.ROOT
    parser.add_argument("--presets", type=Path, default=root / "zoo/presets", help="folder of the presets")
    parser.add_argument("--results", type=Path, default=common.RESULTS, help="folder of the CSV files")
    parser.add_argument("--readme", type=Path, default=root / "README.md")
    parser.add_argument("--picture", type=Path, default=root / "docs/images/samples.png", help="of samples")
    options = parser.parse_args(argv)
    try:
        expected = texts(options)
        stale = [
            path for path, text in expected.items() if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        if options.check:
            for path in stale:
                print(f"out of date: {path} (python benchmarks/tables.py)", file=sys.stderr)
            return int(bool(stale))
        for path in stale:
            common.write_text(path, expected[path])
            print(f"wrote {path}")
        if not options.texts_only:
            common.limit_threads(0)
            write_cards(options)
            draw(options)
            print(f"wrote {options.picture} and walks.png")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
