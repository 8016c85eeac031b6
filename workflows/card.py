"""The model card of a preset: Markdown generated from its metadata, never typed."""

from ..data import list_datasets
from ..data.catalog import ORIGINS
from ..zoo.hub.models import MODELS
from ..zoo.hub.notes import NOTES
from ..zoo.hub.presets import data_names, judged_images
from ..zoo.hub.recipes import RECIPES, is_recipe_of

SAMPLES = "samples.png"
USES = {  # of the models that do not sample: the line that shows what they are for
    "cyclegan": 'translated = model.translate(images, to="b")  # [n, h, w, c] in [0, 1]',
    "ada": "probabilities = model.classify(images)  # of either domain",
    "classifier": "probabilities = model.classify(images)  # [n, num_classes]",
}


def model_card(name, metadata, explanation=None, caption=None, source=None):
    """The card of a preset.

    Args:
        name: the preset's name.
        metadata: its metadata, as `workflows.finish` writes them.
        explanation: the model's place in the unified view, plain text, from `zoo.explain`.
        caption: a sentence on the picture beside the card; None where there is no picture.
        source: what `from_preset` takes; default: the name.

    Returns:
        Markdown.
    """
    entry = MODELS.get(metadata["model"])
    parts = [f"# {name}\n"]
    if entry:
        parts.append(f"`{metadata['model']}`: {entry.summary}. Source: {entry.paper}.\n")
    if caption:
        parts.append(f"![images of {name}]({SAMPLES})\n")
        parts.append(f"{caption}\n")
    if entry:
        config = metadata["recipe"]["config"]
        classes = config.get("num_classes") or config.get("num_categories")
        labels = f", labels=range({classes})" if classes else ""
        line = USES.get(metadata["model"], f"images = model.sample({classes or 64}{labels}, seed=0)")
        use = f'import unizoo\n\nmodel = unizoo.from_preset("{source or name}")\n{line}'
        parts.append(f"```python\n{use}\n```\n")
    parts += ["## Figures\n", figures_table(metadata.get("metrics", {}))]
    parts += ["## Recipe\n", _recipe(metadata)]
    if explanation:
        parts += ["## In the unified view\n", f"```text\n{explanation.rstrip()}\n```\n"]
    parts += ["## Data and licence\n", _licence(metadata)]
    return "\n".join(parts)


def _table(rows):
    lines = ["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in rows)]
    return "\n".join(lines) + "\n"


def figures_table(metrics):
    """The figures of `evaluation.evaluate` as a Markdown table, each with its sample counts."""
    rows = _figures(metrics)
    return _table(rows) if rows else "None were measured.\n"


def figures_text(metrics):
    """The figures of `evaluation.evaluate` as text for a terminal, a line each."""
    rows = _figures(metrics)
    width = max((len(name) for name, _ in rows), default=0)
    return "".join(f"  {name:<{width}}  {value}\n" for name, value in rows) or (
        "  no figures: the model has no log_prob, and there are too few images to compare samples with\n"
    )


def _figures(metrics):
    rows = []
    if "accuracy" in metrics:
        rows.append(("accuracy", f"{metrics['accuracy']:.2%} of {metrics['num_images']:,} {metrics['split']} images"))
    clusters = metrics.get("clusters")
    if clusters:
        rows.append(
            (
                "cluster accuracy",
                f"{clusters['accuracy']:.2%} of {clusters['num_images']:,} {metrics['split']} images have the class "
                f"that most of their category have ({clusters['num_categories']} categories, found without labels)",
            )
        )
    rows += _likelihood_rows(metrics)
    target = metrics.get("target")
    if target:
        rows.append(
            (
                f"accuracy on {target['data']}, never seen with labels",
                f"{target['accuracy']:.2%} of {target['num_images']:,} {target['split']} images"
                + (f"; source only {target['source_only_accuracy']:.2%}" if "source_only_accuracy" in target else ""),
            )
        )
    return rows + _quality_rows(metrics) + _resemblance_rows(metrics)


def _likelihood_rows(metrics):
    likelihood = metrics.get("likelihood")
    if not likelihood:
        return []
    error = likelihood["nll_standard_error"]
    kind = "log-density" if likelihood.get("measure") == "density" else "log-likelihood"
    counts = (
        f"{likelihood['num_images']:,} {metrics['split']} images, {likelihood['num_importance_samples']:,} importance "
        f"samples each; {likelihood['observation']}"
    )
    if kind == "log-density":
        counts += (
            "; a density of grey levels, not a probability mass: it may be negative, and compares with no likelihood "
            "of another kind"
        )
    return [
        (
            f"negative {kind}{' given the class' * bool(likelihood.get('given_class'))}",
            f"{likelihood['nll']:.2f}{'' if error is None else f' ± {error:.2f}'} nats an image ({counts})",
        )
    ]


def _quality_rows(metrics):
    quality = metrics.get("quality")
    if not quality:
        return []
    judged = judged_images(quality)
    counts = f"{quality['num_samples']:,} {judged}, {quality['num_reference']:,} {metrics['split']} images"
    judge = f"judged by `{quality['classifier']}`"
    if quality["classifier_accuracy"]:
        judge += f", accuracy {quality['classifier_accuracy']:.2%}"
    shares = quality["class_shares"]
    wanted = "of what was translated" if "translated_from" in quality else "asked for"
    return [
        (
            "inception score",
            f"{quality['inception_score']:.2f} ± {quality['inception_score_sd']:.2f} over {quality['splits']} "
            f"splits of {quality['num_samples']:,} {judged}; real images "
            f"{quality['reference_inception_score']:.2f}",
        ),
        ("Fréchet distance", f"{quality['frechet_distance']:.2f} ({counts})"),
        ("kernel distance", f"{quality['kernel_distance']:.3f} ± {quality['kernel_distance_sd']:.3f} ({counts})"),
        ("precision, recall", f"{quality['precision']:.2f}, {quality['recall']:.2f} ({counts})"),
        ("classes", f"every class between {min(shares):.1%} and {max(shares):.1%} of the {judged}"),
        *(
            [("class kept", f"{quality['label_accuracy']:.2%} of the {judged} are taken for the class {wanted}")]
            if "label_accuracy" in quality
            else []
        ),
        ("classifier", judge + "; not Inception-v3: these figures compare with one another only"),
    ]


def _resemblance_rows(metrics):
    found = metrics.get("resemblance")
    if not found:
        return []
    counts = f"{found['num_samples']:,} {judged_images(found)}, {found['num_reference']:,} {metrics['split']} images"

    def beside(text):
        """The figure, and the same one of training images: what a perfect model's might be."""
        real = {name.removeprefix("reference_"): one for name, one in found.items() if name.startswith("reference_")}
        return text.format(**found) + (f"; of training images {text.format(**real)}" if real else "")

    return [
        ("FD (random conv features)", f"{beside('{frechet_distance:.3f}')} ({counts})"),
        (
            "kernel distance (random conv features)",
            f"{beside('{kernel_distance:.3f} ± {kernel_distance_sd:.3f}')} ({counts})",
        ),
        ("precision, recall (random conv features)", f"{beside('{precision:.2f}, {recall:.2f}')} ({counts})"),
        (
            "judge",
            f"judged by {found['num_features']} {found['judge']}, without labels: these figures compare with those of "
            "the same images in equal numbers only, not with published ones",
        ),
    ]


def _recipe(metadata):
    recipe = metadata["recipe"]
    held = (
        f"{recipe['validation']:,}" if isinstance(recipe["validation"], int) else f"{recipe['validation']:.0%} of the"
    )
    rows = [("data", f"{' and '.join(data_names(recipe))}, {held} training images held out for validation")]
    load = recipe.get("load", {})
    if size := load.get("size"):
        way = "padded" if load.get("resize", "pad") == "pad" else f"resized ({load['resize']})"
        rows.append(("images", f"{way} to {' x '.join(map(str, size))} pixels"))
    if channels := load.get("channels"):
        rows.append(("colours", {1: "grey", 3: "red, green and blue"}[channels]))
    rows += _labels(metadata)
    names = metadata.get("class_names") or ()
    if any(name != str(number) for number, name in enumerate(names)):
        rows.append(("classes", ", ".join(f"{number} = {name}" for number, name in enumerate(names))))
    rows.append(("configuration", ", ".join(f"{key} = {value}" for key, value in recipe["config"].items())))
    if recipe.get("binarize"):
        rows.append(("binarisation", recipe["binarize"]))
    for number, stage in enumerate(recipe["stages"], 1):
        rate = stage["learning_rate"]
        text = f"{stage['epochs']} epoch" + "s" * (stage["epochs"] != 1)
        if rate is not None:
            final = stage["final_learning_rate"]
            text += f", learning rate {rate:g}" + (f" to {final:g} along a cosine" if final is not None else "")
        if stage["model"]:
            text += ", " + ", ".join(f"{key} = {value}" for key, value in stage["model"].items())
        rows.append((f"stage {number}", text))
    rows += [
        (
            f"optimizer of {phase}",
            ", ".join([kind, *(f"{key} = {value}" for key, value in arguments.items())]),
        )
        for phase, (kind, arguments) in recipe["optimizers"].items()
    ] or [("optimizers", "the model's own")]
    rows += [
        ("batch", recipe["batch_size"]),
        ("epoch kept", _epoch_kept(recipe)),
        ("seed", recipe["seed"]),
        *([("note", NOTES[metadata["name"]])] if metadata["name"] in NOTES and _is_repeated(metadata) else []),
        ("parameters", f"{metadata['parameters']:,}"),
    ]
    if metadata.get("defaults_from"):
        rows.insert(0, ("defaults", f"what was not said is as in the recipe of {metadata['defaults_from']}"))
    if metadata.get("fine_tuned_from"):
        rows.insert(0, ("fine-tuned from", metadata["fine_tuned_from"]))
    return _table(rows) + _repetition(metadata)


def _epoch_kept(recipe):
    if not recipe["monitor"]:
        return "the last"
    patience = recipe.get("early_stopping")
    ended = f"; a stage ends after {patience} without a better one" if patience else ""
    return f"the best by {recipe['monitor']} ({recipe['mode']}) on the validation split{ended}"


def _labels(metadata):
    """The row on the labels of a semi-supervised run, where some are missing."""
    share, used = metadata["recipe"].get("load", {}).get("labelled"), metadata.get("labels")
    parts = [f"of {100 * share:g}% of each class's training images, one at least; the others missing"] if share else []
    if used:
        parts.append(
            f"{sum(used.values()):,} in all: {used['train']:,} to learn from, and {used['validation']:,} of the images "
            "held out, which have a say in the epoch that is kept"
        )
    return [("labels", "; ".join(parts))] if parts else []


def _repetition(metadata):
    name, seed = metadata["name"], metadata["recipe"]["seed"]
    if not _is_repeated(metadata):
        return ""
    return f"\nRepeat it: `unizoo train {name}{f' --seed {seed}' * (seed != RECIPES[name].seed)}`.\n"


def _is_repeated(metadata):
    return is_recipe_of(metadata["name"], metadata["recipe"])


def _licence(metadata):
    known = list_datasets()
    lines = [f"Weights: {metadata['licence']}.\n"] if metadata["licence"] else []
    for name in data_names(metadata["recipe"]):
        lines.append(
            f"Trained on {name}: {known[name]}. Its source: {ORIGINS[name]}.\n"
            if name in known
            else f"Trained on {name}, a data set of your own.\n"
        )
    return "\n".join(lines)
