"""The `unizoo` command: every verb is one call of the library, which is imported when it is needed."""

import re
import sys
from pathlib import Path

import click

from . import __version__
from ._shell import (
    ErrorsInALine,
    PngFile,
    Preset,
    WithTensorFlow,
    class_number,
    echo_json,
    progress_bars,
    refuse_idle_options,
    setting,
)
from .zoo.hub import registry
from .zoo.hub.models import MODELS


@click.group(cls=ErrorsInALine, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="unizoo")
@click.option(
    "--import",
    "modules",
    multiple=True,
    metavar="MODULE",
    help="Import a module, or a .py file, that defines a model of your own.",
)
def main(modules):
    """A zoo of deep generative models in which GANs and VAEs are one family.

    Start with `unizoo demo` (the main job, end to end, no network) or `unizoo list`.
    Set UNIZOO_TRACEBACK=1 to see where an error came from.
    """
    del modules  # WithTensorFlow imports them, once TensorFlow has started


@main.command("list")
@click.argument("pattern", default="*")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(pattern, as_json):
    """List the models and the pretrained presets: all, or those whose name has PATTERN in it.

    A PATTERN with wildcards ("*gan") is matched as a shell's.
    """
    wanted = pattern if re.search(r"[*?[]", pattern) else f"*{pattern}*"
    rows = {name: registry.preset_summary(name) for name in registry.list_presets(wanted)}
    models = {name: MODELS[name].summary for name in registry.list_models(wanted)}
    if as_json:
        echo_json({"models": models, "presets": rows})
        return
    if not rows and not models:
        raise click.ClickException(f"Nothing matches. Received: {pattern!r}")
    for title, table in (("Presets", rows), ("Models", models)):
        if table:
            click.secho(title, bold=True)
            width = max(map(len, table))
            for name, text in table.items():
                click.echo(f"  {name:<{width}}  {text}")


@main.command()
@click.argument("preset")
@click.option("--json", "as_json", is_flag=True, help="Print the metadata as JSON.")
def card(preset, as_json):
    """Print the model card of a PRESET (a name, a folder or hf://owner/name)."""
    if as_json:
        echo_json(registry.presets.read_metadata(preset))
    else:
        click.echo(registry.card(preset))


@main.command(cls=WithTensorFlow)
@click.argument("preset", type=Preset())
@click.option(
    "-n",
    "--number",
    default=64,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="How many images (and more, to end a row of classes).",
)
@click.option("-o", "--output", default="samples.png", show_default=True, type=PngFile())
@click.option("--seed", type=int, help="The same seed gives the same images.  [default: new ones each time]")
@click.option("--label", help="Of a conditional model: the class, its number or its name.  [default: each in turn]")
@click.option("--draw", is_flag=True, help="Draws from p(x|z) instead of its means.")
@click.option("--data", "dataset", help="Of a model that is shown images: where from.  [default: its own data set]")
@click.option("--second-data", help="Of a model that translates: the second domain's.  [default: its own]")
def sample(preset, number, output, seed, label, draw, dataset, second_data):
    """Generate images from a PRESET and write them as one grid (PNG).

    A model that translates is given test images of both its data sets, 16 at most; one that only classifies shows
    test images, a row for each class that it gives them.
    """
    from . import data, from_preset
    from .workflows.gallery import gallery

    metadata = registry.presets.read_metadata(preset)
    names = metadata.get("class_names")
    label = None if label is None else class_number(label, names)
    model = from_preset(preset, compile=False)
    classes = model.sample_classes
    if label is not None and classes is not None and label >= classes:
        raise click.UsageError(f"--label is 0 to {classes - 1}. Received: {label}")
    shown = {key: value for key, value in (("data", dataset), ("second_data", second_data)) if value}
    if shown and model.supports("generate"):
        raise click.UsageError(f"{preset} makes images from noise: it is shown none. Received: {shown}")
    if second_data and not model.two_domains:
        raise click.UsageError(f"{preset} is a model of one domain. Received: --second-data {second_data}")
    recipe = {**metadata.get("recipe", {}), **shown}
    picture = gallery(model, number, labels=label, seed=seed, draw=draw, recipe=recipe, class_names=names)
    data.save_picture(picture, output)
    click.echo(output)


@main.command(cls=WithTensorFlow)
@click.argument("name", required=False)
@click.option("--from", "start", type=Preset(), help="Fine-tune this preset on --data.")
@click.option("--data", "dataset", help="A data set's name, a .npz file or a folder of images.")
@click.option("--second-data", help="The second domain's, for a model of two domains (cyclegan, ada).")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False), help="Folder of the new preset.  [default: runs/NAME]"
)
@click.option("--epochs", default=10, show_default=True, type=click.IntRange(1), help="With --data.")
@click.option("--batch-size", default=100, show_default=True, type=click.IntRange(1), help="With --data.")
@click.option("--learning-rate", type=float, help="With --data.  [default: the model's own]")
@click.option("--size", type=click.IntRange(4), help="From scratch: scale the images to SIZE x SIZE.")
@click.option("--channels", type=click.Choice(["1", "3"]), help="From scratch: grey or colour.")
@click.option("--binarize", type=click.Choice(["dynamic", "fixed"]), help="From scratch.")
@click.option(
    "--labelled",
    type=click.FloatRange(0, 1, min_open=True),
    help="From scratch, semi-supervised: the share of the labels to train with.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="From scratch: a constructor argument, VALUE as JSON."
)
@click.option("--images", type=click.IntRange(1), help="Test images for a preset's likelihood.  [default: all]")
@click.option("--tensorboard", type=click.Path(file_okay=False), help="Write TensorBoard logs into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def train(
    context,
    name,
    start,
    dataset,
    second_data,
    output,
    epochs,
    batch_size,
    learning_rate,
    size,
    channels,
    binarize,
    labelled,
    settings,
    images,
    tensorboard,
    as_json,
):
    """Train a model, or a preset on other data.

    An interrupted run, started again with the same words, goes on where it stopped.

    \b
    unizoo train iwae_mnist_k50                    repeat a preset's recipe
    unizoo train vae --data photos/ --size 32      train a model from scratch on your own images
    unizoo train --from vae_mnist --data mine.npz  fine-tune a preset
    unizoo train cyclegan --data a/ --second-data b/ --size 64    two domains
    """  # noqa: D301 - click wants the control character
    if bool(name) == bool(start):
        raise click.UsageError("Give either a NAME or --from PRESET.")
    if start and not dataset:
        raise click.UsageError("--from needs --data.")
    if name and not dataset and name in MODELS:
        raise click.UsageError(f"{name} is a model: say what to train it on, --data. Received: {name!r} alone")
    what = "--from" if start else "--data" if dataset else "NAME alone"
    refuse_idle_options(context, what, _IDLE[what])
    from .workflows import train as work
    from .workflows.card import figures_text

    options = {"tensorboard": tensorboard}
    if dataset:
        options |= {"second_dataset": second_data, "epochs": epochs, "batch_size": batch_size}
        options |= {"learning_rate": learning_rate}
    config = dict(setting(text) for text in settings)
    sets = [Path(one).stem for one in (dataset, second_data) if one]
    if start:
        target = Path(output or f"runs/{'_'.join([Path(start).name, *sets])}")
        metadata = work.fine_tune(start, dataset, target, **options)
    elif dataset:
        target = Path(output or f"runs/{'_'.join([name, *sets])}")
        options |= {"size": size, "channels": channels and int(channels), "binarize": binarize, "config": config}
        options |= {"labelled": labelled}
        metadata = work.train_model(name, dataset, target, **options)
    else:
        target = Path(output or f"runs/{name}/preset")
        with progress_bars() as progress:
            metadata = work.train_preset(name, target, num_images=images, progress=progress, **options)
    if as_json:
        echo_json(metadata["metrics"])
    else:
        click.echo(f"{target}\n" + figures_text(metadata["metrics"]), nl=False)
    click.echo(f"saved as a preset in {target}: unizoo card {target}", err=True)


_IDLE = {  # the options of `train` that have no say, by what it does
    "--from": {"size", "channels", "binarize", "labelled", "settings", "images"},
    "--data": {"images"},
    "NAME alone": {
        *("second_data", "epochs", "batch_size", "learning_rate"),
        *("size", "channels", "binarize", "labelled", "settings"),
    },
}


@main.command(cls=WithTensorFlow)
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
    help="Real images for a likelihood (of a classifier: for its accuracy).  [default: the whole split]",
)
@click.option(
    "--classifier", type=Preset(), help="A classifier's preset, to judge samples.  [default: the data set's, if any]"
)
@click.option("--seed", default=0, show_default=True, type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(preset, dataset, second_data, split, importance_samples, samples, images, classifier, seed, as_json):
    """Measure a PRESET: its likelihood, and the quality of its samples, each with its sample counts."""
    from . import data, evaluation, from_preset
    from .workflows.card import figures_text
    from .workflows.finish import baseline_of
    from .zoo.classifier import Classifier

    trained = registry.presets.read_metadata(preset).get("recipe", {})
    # Another first domain leaves the second unknown.
    second_data = second_data or (None if dataset else trained.get("second_data"))
    dataset = dataset or trained.get("data")
    if not dataset:
        raise click.UsageError("This preset does not say what it was trained on: give --data.")
    model = from_preset(preset, compile=False)
    if images and not (isinstance(model, Classifier) or model.supports("log_prob")):
        raise click.UsageError(f"--images is for a likelihood, and {preset} has none. Received: --images {images}")
    split = split or data.evaluation_split(dataset, second_data)
    with progress_bars() as progress:
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
            validation=trained.get("validation", 0),
            seed=seed,
            progress=progress,
        )
    if as_json:
        echo_json(figures)
    else:
        click.echo(f"{preset} on {dataset} ({split})\n" + figures_text(figures), nl=False)


@main.command(cls=WithTensorFlow)
@click.argument("preset", type=Preset())
@click.argument("directory", type=click.Path(file_okay=False))
@click.option("--version", type=click.IntRange(1), help="The version's number.  [default: the next]")
@click.option("--log-prob-samples", default=500, show_default=True, type=click.IntRange(1))
def export(preset, directory, version, log_prob_samples):
    """Publish a PRESET as the next version in DIRECTORY.

    `unizoo serve` and TensorFlow Serving take it from there.
    """
    from . import export as room
    from . import from_preset

    click.echo(room.publish(from_preset(preset, compile=False), directory, version, log_prob_samples=log_prob_samples))


@main.command(cls=WithTensorFlow)
@click.argument("directory", type=click.Path(exists=True, file_okay=False))
@click.option("--port", default=8501, show_default=True, type=click.IntRange(0, 65535), help="REST; 0 for a free one.")
@click.option("--grpc-port", default=8500, show_default=True, type=click.IntRange(0, 65535), help="0 for a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--name", help="The model's name.  [default: the folder's]")
def serve(directory, port, grpc_port, host, name):
    """Serve the newest version in DIRECTORY, until interrupted.

    It speaks TensorFlow Serving's REST and gRPC, and takes up new versions as they are published.
    """
    import signal

    from .export import serve as start

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what stops a container stops it as Control-C does
    with start(directory, port=port, grpc_port=grpc_port, host=host, name=name) as server:
        click.echo(f"REST http://{host}:{server.rest_port}/v1/models/..., gRPC {host}:{server.grpc_port}", err=True)
        try:
            server.wait()
        except KeyboardInterrupt:
            click.echo("stopping: finishing the requests under way", err=True)


@main.command(cls=WithTensorFlow)
@click.argument("models", nargs=-1)
@click.option("--latex", is_flag=True, help="Print LaTeX.")
@click.option("--table", is_flag=True, help="Print the paper's Table 1 for MODELS (without any, for all).")
@click.option(
    "--verify",
    is_flag=True,
    help="Check the theory's identities in numbers, those about MODELS first; exit code 1 if one does not hold.",
)
@click.option("--json", "as_json", is_flag=True, help="With --verify: print JSON.")
@click.pass_context
def explain(context, models, latex, table, verify, as_json):
    """Print the phases of MODELS and their part in the unified view, in the paper's notation.

    A model is a name of `unizoo list`, with its default arguments; or a preset, name or folder, as it is configured.
    """
    if verify:
        if latex or table:
            raise click.UsageError("--verify goes with --json, not with --latex or --table.")
        from .zoo.explain import verification

        about, others = verification.verify_family(models)
        if as_json or not about:
            click.echo(verification.report(about + others, as_json=as_json))
        else:
            click.echo(verification.report(about) + "\n\nOf the rest of the family:\n")
            click.echo(verification.report(others))
        context.exit(not all(verdict.holds for verdict in about + others))
    if as_json:
        raise click.UsageError("--json goes with --verify.")
    if not (models or table):
        raise click.UsageError("Give MODELS, --table or --verify.")
    from .zoo import explain as room

    texts = [room.explain_table(models, latex=latex)] if table else [room.explain(one, latex=latex) for one in models]
    click.echo("\n".join(texts))


@main.command(cls=WithTensorFlow)
@click.option("-o", "--output", default="demo", show_default=True, type=click.Path(file_okay=False))
def demo(output):
    """Run the main job end to end, with no network.

    Load, sample, fine-tune, publish, serve, call: under two minutes.
    """
    from .workflows.demo import demo as run

    run(output, report=click.echo)


if __name__ == "__main__":
    sys.exit(main())
