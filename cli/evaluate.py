"""`unizoo evaluate`: what a preset measures."""

import click

from ..zoo.hub.presets import read_metadata, reading_options
from .options import Preset, echo_json, json_option, quiet_option
from .progress import shown_progress
from .shell import WithTensorFlow

HELD_OUT = 1 / 12  # of other data than a preset's own, where these are not split


@click.command("evaluate", cls=WithTensorFlow)
@click.argument("preset", type=Preset())
@click.option("--data", "dataset", help="Data set's name or path.  [default: the preset's own]")
@click.option("--second-data", help="The second domain's, for a model of two domains.  [default: the preset's own]")
@click.option(
    "--split",
    type=click.Choice(["test", "validation", "train"]),
    help="[default: test; validation where the data have no test split]",
)
@click.option(
    "--importance-samples", default=5000, show_default=True, type=click.IntRange(1), help="For the likelihood."
)
@click.option(
    "--samples", default=10_000, show_default=True, type=click.IntRange(1), help="Images to generate, or to translate."
)
@click.option(
    "--images",
    type=click.IntRange(1),
    help="Real images for a likelihood, for a classifier's accuracy, and to compare samples with where no classifier "
    "judges.  [default: the whole split]",
)
@click.option(
    "--classifier", type=Preset(), help="A classifier's preset, to judge samples.  [default: the data set's, if any]"
)
@click.option("--skip-damaged", "on_error", flag_value="skip", help="Leave out files of a folder that cannot be read.")
@click.option("--seed", default=0, show_default=True, type=int)
@json_option
@quiet_option
def command(
    preset,
    dataset,
    second_data,
    split,
    importance_samples,
    samples,
    images,
    classifier,
    on_error,
    seed,
    as_json,
    quiet,
):
    """Measure a PRESET: its likelihood, and the quality of its samples, each with its sample counts."""
    from .. import data, evaluation, from_preset
    from ..evaluation.comparing import find_judge
    from ..workflows.card import figures_text
    from ..workflows.finish import baseline_of
    from ..zoo.classifier import Classifier

    trained = read_metadata(preset).get("recipe", {})
    own = dataset in (None, trained.get("data"))
    load = {**(reading_options(trained) if own else {}), **({"on_error": on_error} if on_error else {})}
    # Another first domain leaves the second unknown.
    second_data = second_data or (trained.get("second_data") if own else None)
    dataset = dataset or trained.get("data")
    if not dataset:
        raise click.UsageError("This preset does not say what it was trained on: give --data.")
    model = from_preset(preset, compile=False)
    measured = isinstance(model, Classifier) or model.supports("log_prob")
    if images and not measured and (judge := find_judge(classifier, dataset)):
        raise click.UsageError(
            f"--images is for a likelihood, which {preset} has not; {judge.name} judges its samples beside the whole "
            f"split. Received: --images {images}"
        )
    split = split or data.evaluation_split(dataset, second_data)
    with shown_progress(quiet) as progress:
        figures = evaluation.evaluate(
            model,
            dataset,
            split,
            num_importance_samples=importance_samples,
            num_samples=samples,
            num_images=images,
            classifier=classifier,
            second_dataset=second_data,
            baseline=baseline_of(preset),
            validation=trained.get("validation", 0) if own else HELD_OUT,
            load=load,
            seed=seed,
            progress=progress,
        )
    if as_json:
        echo_json(figures)
    else:
        changes = f"; {figures['changes']}" if "changes" in figures else ""
        click.echo(f"{preset} on {dataset} ({split}{changes})\n" + figures_text(figures), nl=False)
