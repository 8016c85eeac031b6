"""`TensorBoard`: the terms of every phase, learning rates, samples, reconstructions and the model's formulation.

    model.fit(images, epochs=50, callbacks=[TensorBoard("logs/vae", images=held_out[:12])])

Keras's own callback of this name would write the terms of all phases into one heap, and the learning rates of two Adams
under one name. This one writes `discriminator/logits_real`, with training and validation as two curves of one chart.
"""

from pathlib import Path

import keras
import tensorflow as tf

from ..data import image_grid, labelled_grid
from ..zoo.core.base import GenerativeModel
from ..zoo.core.inputs import checked_images
from ..zoo.explain import explain, logged_terms

OTHER = "other"  # the group of what further callbacks add to the logs
RATE = "learning_rate"


class TensorBoard(keras.callbacks.Callback):
    """Writes event files for TensorBoard after each epoch; the step of every chart is the number of epochs done.

    A further `fit` with the same callback, such as a recipe's next stage, goes on where the one before
    stopped. In `log_dir/train` and, where there is validation data, `log_dir/validation`:

    - `<phase>/<term>`, `<phase>/loss`: the epoch's means; what other callbacks add to the logs is under `other/`;
    - `learning_rate/<phase>`, at the end of the epoch;
    - `samples`: a grid of images from the same codes each time, so that one sees them develop;
    - `reconstructions`: of `images`, for the models that reconstruct;
    - `formulation`: the model in the paper's notation, when a `fit` begins.

    Args:
        log_dir: folder of the event files; made if it is not there.
        images: [n, *image_shape] floats in [0, 1], to be reconstructed; None for none. A model without an inference
            network takes no notice of them.
        labels: class labels [n] of the images, for a conditional model.
        num_samples: images in the grid of samples; 0 for no grid.
        picture_every: epochs from one set of pictures to the next, the first being after the first epoch.
        seed: int seed of the samples' codes.

    Raises:
        ValueError: for a negative number of samples or a `picture_every` below one.
        TypeError: when training starts, if the model is no `GenerativeModel`.
    """

    def __init__(self, log_dir, images=None, *, labels=None, num_samples=64, picture_every=1, seed=0):
        super().__init__()
        if num_samples < 0 or picture_every < 1:
            raise ValueError(
                "num_samples must be 0 or more, and picture_every 1 or more. "
                f"Received: num_samples={num_samples}, picture_every={picture_every}"
            )
        self.log_dir = Path(log_dir)
        self.images = images
        self.labels = labels
        self.num_samples = num_samples
        self.picture_every = picture_every
        self.seed = seed
        self._writers = {}
        self._step = 0

    def on_train_begin(self, logs=None):
        """Check the model and the images, and write the formulation."""
        if not isinstance(self.model, GenerativeModel):
            raise TypeError(
                "This callback is for the zoo's generative models; others have keras.callbacks.TensorBoard. "
                f"Received: {type(self.model).__name__}"
            )
        if self.images is not None:
            checked_images(self.images, self.model.image_shape)
        self._tags = {
            name: f"{phase}/{term}" for phase, terms in logged_terms(self.model).items() for term, name in terms.items()
        }
        self._offset = None  # known with the first epoch's number, which need not be 0
        with self._writer("train").as_default(step=self._step):
            tf.summary.text("formulation", f"```\n{explain(self.model)}```")

    def on_epoch_end(self, epoch, logs=None):
        """Write the epoch's figures and, if it is their turn, the pictures."""
        if self._offset is None:
            self._offset = max(0, self._step - epoch)
        self._step = epoch + self._offset + 1
        self._write_scalars(logs or {})
        if (self._step - 1) % self.picture_every == 0:
            self._write_pictures()
        for writer in self._writers.values():
            writer.flush()

    def _write_scalars(self, logs):
        groups = {"train": {}, "validation": {}}
        for name, value in logs.items():
            group, name = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
            if not name.startswith(RATE):  # as some of Keras's callbacks log it, by the optimizer's name
                groups[group][self._tags.get(name, f"{OTHER}/{name}")] = value
        for phase, optimizer in self.model.optimizer.by_phase.items():
            groups["train"][f"{RATE}/{phase}"] = optimizer.learning_rate
        for group, scalars in groups.items():
            if scalars:
                with self._writer(group).as_default(step=self._step):
                    for tag, value in scalars.items():
                        tf.summary.scalar(tag, float(value))

    def on_train_end(self, logs=None):
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _writer(self, group):
        if group not in self._writers:
            self._writers[group] = tf.summary.create_file_writer(str(self.log_dir / group))
        return self._writers[group]

    def _write_pictures(self):
        pictures = {}
        if self.num_samples and self.model.supports("generate"):
            pictures["samples"] = image_grid(self.model.sample(self.num_samples, seed=self.seed), scale=None)
        if self.images is not None and self.model.supports("reconstruct"):
            given = {} if self.model.num_classes is None else {"labels": self.labels}
            rows = {"original": self.images, "reconstruction": self.model.reconstruct(self.images, **given)}
            pictures["reconstructions"] = labelled_grid(rows)
        with self._writer("train").as_default(step=self._step):
            for name, picture in pictures.items():
                tf.summary.image(name, picture[None])
