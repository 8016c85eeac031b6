"""`unizoo sample`: a picture of what a preset generates."""

import click

from ..zoo.hub.presets import read_metadata
from .options import PngFile, Preset, class_number, refuse_idle_options
from .shell import WithTensorFlow


@click.command("sample", cls=WithTensorFlow)
@click.argument("preset", type=Preset())
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1, 10_000),
    help="How many images (and more, to end a row of classes); of walks, how many.  [default: 64; 8 walks]",
)
@click.option("-o", "--output", default="samples.png", show_default=True, type=PngFile())
@click.option("--seed", type=int, help="The same seed gives the same images.  [default: new ones each time]")
@click.option("--label", help="Of a conditional model: the class, its number or its name.  [default: each in turn]")
@click.option("--draw", is_flag=True, help="Draws from p(x|z) instead of its means.")
@click.option("--walk", is_flag=True, help="Walks through the latent space, a row each.")
@click.option("--steps", default=8, show_default=True, type=click.IntRange(2, 1000), help="With --walk: images a row.")
@click.option("--data", "dataset", help="Of a model that is shown images: where from.  [default: its own data set]")
@click.option("--second-data", help="Of a model that translates: the second domain's.  [default: its own]")
@click.pass_context
def command(context, preset, number, output, seed, label, draw, walk, steps, dataset, second_data):
    """Generate images from a PRESET and write them as one grid (PNG).

    With --walk a row of the grid goes from the code of one image to that of another. A model that translates is given
    test images of both its data sets, 16 at most; one that only classifies shows test images, a row for each class that
    it gives them.
    """
    refuse_idle_options(context, *(("--walk", {"draw"}) if walk else ("no --walk", {"steps"})))
    from .. import data, from_preset
    from ..workflows.gallery import gallery, walks

    metadata = read_metadata(preset)
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
    if walk:
        picture = walks(model, number or 8, steps, labels=label, seed=seed)
    else:
        recipe = {**metadata.get("recipe", {}), **shown}
        picture = gallery(model, number or 64, labels=label, seed=seed, draw=draw, recipe=recipe, class_names=names)
    data.save_picture(picture, output)
    click.echo(output)
