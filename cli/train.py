"""`unizoo train`: a preset from a recipe, from one's own images, or from another preset."""

from pathlib import Path

import click

from ..zoo.hub.models import MODELS
from .options import ImageSize, NumberOrShare, Preset, Setting, echo_json, quiet_option, refuse_idle_options
from .progress import shown_progress
from .shell import Interrupted, WithTensorFlow

PATIENCE = 5  # epochs
STRATEGIES = ("auto", "one", "mirrored", "multiworker", "tpu")  # those of `training.strategy`
_SCRATCH = {"size", "channels", "binarize", "labelled", "config"}
_DATA = {"second_dataset", "epochs", "batch_size", "learning_rate", "resize", "validation", "on_error"}
_IDLE = {"--from": _SCRATCH, "--data": set(), "NAME alone": _SCRATCH | _DATA}  # the options that have no say


@click.command("train", cls=WithTensorFlow)
@click.argument("name", required=False)
@click.option("--from", "start", type=Preset(), help="Fine-tune this preset on --data.")
@click.option("--data", "dataset", help="A data set's name, a .npz file or a folder of images.")
@click.option("--second-data", "second_dataset", help="The second domain's, for a model of two (cyclegan, ada).")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False), help="Folder of the new preset.  [default: runs/NAME]"
)
@click.option("--seed", type=click.IntRange(0), help="Of weights, noise and the data's order.  [default: 0]")
@click.option(
    "--early-stopping",
    is_flag=False,
    flag_value=PATIENCE,
    type=click.IntRange(1),
    metavar="[PATIENCE]",
    help=f"Stop after so many epochs, {PATIENCE} if none is given, without a better one.",
)
@click.option("--epochs", default=10, show_default=True, type=click.IntRange(1), help="With --data.")
@click.option("--batch-size", type=click.IntRange(1), help="With --data.  [default: as its nearest preset]")
@click.option("--learning-rate", type=float, help="With --data: at the start.  [default: as its nearest preset]")
@click.option(
    "--validation",
    type=NumberOrShare(),
    help="With --data: training images to hold out, a number or a share.  [default: a twelfth]",
)
@click.option(
    "--resize",
    type=click.Choice(["pad", "bilinear", "bicubic", "lanczos3"]),
    help="With --data: how images are brought to their size.  [default: bicubic]",
)
@click.option("--skip-damaged", "on_error", flag_value="skip", help="With --data: leave out files that cannot be read.")
@click.option("--size", type=ImageSize(), metavar="N|HxW", help="From scratch: what to scale the images to.")
@click.option(
    "--channels",
    type=click.Choice(["1", "3"]),
    callback=lambda context, option, value: value and int(value),
    help="From scratch: grey or colour.",
)
@click.option("--binarize", type=click.Choice(["dynamic", "fixed"]), help="From scratch.")
@click.option(
    "--labelled",
    type=click.FloatRange(0, 1, min_open=True),
    help="From scratch, semi-supervised: the share of the labels to train with.",
)
@click.option(
    "--set",
    "config",
    multiple=True,
    type=Setting(),
    callback=lambda context, option, pairs: dict(pairs),
    metavar="KEY=VALUE",
    help="From scratch: a constructor argument, VALUE as JSON.",
)
@click.option("--images", "num_images", type=click.IntRange(1), help="Measure the likelihood of so many test images.")
@click.option(
    "--importance-samples",
    "num_importance_samples",
    type=click.IntRange(1),
    help="Measure it with so many samples for each image.",
)
@click.option(
    "--evaluation/--no-evaluation", "evaluate", default=True, help="Whether to measure what was trained; by default."
)
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default="auto",
    show_default=True,
    help="On what to train: all GPUs of this machine, the hosts that TF_CONFIG names, a TPU.",
)
@click.option("--tensorboard", type=click.Path(file_okay=False), help="Write TensorBoard logs into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@quiet_option
@click.pass_context
def command(context, name, start, dataset, output, strategy, as_json, quiet, **options):
    """Train a model, or a preset on other data.

    An interrupted run, started again with the same words, goes on where it stopped.

    \b
    unizoo train iwae_mnist_k50                    repeat a preset's recipe
    unizoo train vae --data photos/ --size 32      train a model from scratch on your own images
    unizoo train --from vae_mnist --data mine.npz  fine-tune a preset
    unizoo train cyclegan --data a/ --second-data b/ --size 64    two domains
    """  # noqa: D301 - click wants the control character
    kind = _kind(name, start, dataset)
    refuse_idle_options(context, kind, _IDLE[kind])
    sets = [Path(one).stem for one in (dataset, options["second_dataset"]) if one]
    options = {key: one for key, one in options.items() if key not in _IDLE[kind] and one is not None}
    from ..training import strategies
    from ..workflows import train
    from ..workflows.card import figures_text

    found, why = strategies.found() if strategy == "auto" else (strategy, None)
    options["strategy"] = strategies.strategy(found)  # first of all that TensorFlow does
    chief = strategies.worker_number(options["strategy"]) == 0

    target = Path("runs", "_".join([Path(start or name).name, *sets]), *([] if dataset else ["preset"]))
    target = Path(output) if output else target
    try:
        with shown_progress(quiet or not chief) as progress:
            if why and found != "one":
                progress.note(f"strategy {found}: {why}")
            options |= {"progress": progress, "report": progress.note, "verbose": 0}
            if start:
                metadata = train.fine_tune(start, dataset, target, **options)
            elif dataset:
                metadata = train.train_model(name, dataset, target, **options)
            else:
                metadata = train.train_preset(name, target, **options)
            if not chief:
                return
            progress.note(f"saved as a preset in {target}: unizoo card {target}")
    except KeyboardInterrupt:
        raise Interrupted("Interrupted: the same command goes on after the last epoch that was finished.") from None
    if as_json:
        echo_json(metadata["metrics"])
    else:
        click.echo(f"{target}\n" + (figures_text(metadata["metrics"]) if options["evaluate"] else ""), nl=False)


def _kind(name, start, dataset):
    """What is done, a key of `_IDLE`; combinations that say nothing or two things are refused."""
    if bool(name) == bool(start):
        raise click.UsageError("Give either a NAME or --from PRESET.")
    if start and not dataset:
        raise click.UsageError("--from needs --data.")
    if name and not dataset and name in MODELS:
        raise click.UsageError(f"{name} is a model: say what to train it on, --data. Received: {name!r} alone")
    return "--from" if start else "--data" if dataset else "NAME alone"
