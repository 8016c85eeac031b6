r"""The main job of unizoo end to end, with no network: load, sample, fine-tune, publish, serve, call.

What it serves can be called again later: `unizoo serve demo/serving/iwae_mnist_k50`, or TensorFlow Serving itself on
the same folder, and then over REST::

    curl -d '{"signature_name": "generate", "instances": [{"seed": 1}, {"seed": 2}]}' \
        http://127.0.0.1:8501/v1/models/iwae_mnist_k50:predict

or, with the stubs of tensorflow-serving-api, over gRPC::

    import grpc, numpy as np, tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "iwae_mnist_k50", "log_prob"
    request.inputs["image"].CopyFrom(tf.make_tensor_proto(images))                        # [n, 28, 28, 1] float32
    request.inputs["seed"].CopyFrom(tf.make_tensor_proto(np.arange(n, dtype=np.int64)))
    stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel("127.0.0.1:8500"))
    log_prob = tf.make_ndarray(stub.Predict(request).outputs["log_prob"])                 # [n] nats
"""

import os
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from .. import data
from ..export import publish, serve
from ..zoo.hub.registry import from_preset, preset_summary
from ..zoo.theory.rendering import text
from .client import Client

LEARNING_RATE = 2e-3
BATCH_SIZE = 50
COLUMNS = 12  # images a row of the pictures
LOG_PROB_SAMPLES = 500


class Answers(NamedTuple):
    """What a served model and a local one are asked alike: images [n, h, w, c] in [0, 1] twice, and [n] in nats."""

    generated: np.ndarray
    reconstructed: np.ndarray
    log_prob: np.ndarray


TOLERANCES = Answers(1e-5, 1e-5, 1e-2)  # single precision; log p(x) is a sum of some hundreds of nats


def compare(served, local):
    """The largest difference between a server's answers and the local model's to the same questions.

    Args:
        served: `Answers` of the server.
        local: `Answers` of the model.

    Returns:
        `Answers` of floats.

    Raises:
        RuntimeError: if one is larger than `TOLERANCES` allow, or not a number.
    """
    differences = Answers(*(float(np.abs(one - other).max()) for one, other in zip(served, local, strict=True)))
    if not all(difference <= limit for difference, limit in zip(differences, TOLERANCES, strict=True)):
        raise RuntimeError(
            f"The server must answer as the local model does, to {TOLERANCES}. Received: differences {differences}"
        )
    return differences


def demo(directory="demo", preset="iwae_mnist_k50", adversarial_preset="iwgan_mnist", *, epochs=12, report=print):
    """Run the main job on a pretrained autoencoder, and show a GAN as the other half of the same family.

    Args:
        directory: folder for the pictures and the published versions. What is in it stays, but for the demo's own
            pictures; versions are added to those published before.
        preset: a preset of a VAE or IWAE: a name, a folder or `hf://owner/name`.
        adversarial_preset: a preset of a GAN or IWGAN.
        epochs: passes over the 1,300 training digits.
        report: called with each line of text.

    Returns:
        Dict of `pictures` (paths by name), `bound` (before, after: nats an image on held-out digits), `published` (the
        versions' folders), `served` (by version that answered, the largest differences to the local model; empty where
        the extra `serve` is missing), `discriminator` (mean probability of being real, by kind of image) and
        `seconds` (by part, and in total).

    Raises:
        ValueError: for an unknown preset, or one of a model that cannot do its part.
        RuntimeError: if the server's answers are not those of the models published.
    """
    return _Demo(Path(directory), preset, adversarial_preset, epochs, report).run()


class _Demo:
    """One run: what its parts hand on to one another, and what they find."""

    def __init__(self, directory, preset, adversarial_preset, epochs, report):
        self.directory, self.epochs, self.report = directory, epochs, report
        self.preset, self.adversarial_preset = os.fspath(preset), os.fspath(adversarial_preset)
        self.name = Path(self.preset).name
        self.folder = directory / "serving" / self.name
        # Reading what the presets say of themselves finds a wrong name before any work is done.
        self.summaries = {preset: preset_summary(preset) for preset in (self.preset, self.adversarial_preset)}
        self.found = {"pictures": {}, "published": [], "served": {}, "seconds": {}}

    def run(self):
        """Run all parts; the findings."""
        started = time.perf_counter()
        with self._part("load", f"Load the pretrained {self.name} and draw samples"):
            self._load()
        with self._part("fine_tune", "Fine-tune it on scikit-learn's digits with Keras fit"):
            self._fine_tune()
        with self._part("serve", "Publish it as version after version, serve, call over REST and gRPC"):
            self._publish_and_serve()
        with self._part("adversarial", f"The family's other half: {Path(self.adversarial_preset).name}"):
            self._load_adversarial()
        self.found["seconds"]["total"] = time.perf_counter() - started
        self._summarise()
        return self.found

    @contextmanager
    def _part(self, key, title):
        self.report(f"{len(self.found['seconds']) + 1}. {title}")
        started = time.perf_counter()
        yield
        self.found["seconds"][key] = time.perf_counter() - started
        self._say(f"({self.found['seconds'][key]:.1f} s)")
        self.report("")

    def _say(self, text):
        for line in textwrap.wrap(
            text, 100, initial_indent="   ", subsequent_indent="     ", break_long_words=False, break_on_hyphens=False
        ):
            self.report(line)

    def _picture(self, name, path):
        self.found["pictures"][name] = path
        self._say(f"picture: {path}")

    # 1 --------------------------------------------------------------------------------------------------------------

    def _load(self):
        self.pretrained = from_preset(self.preset)
        _require(self.pretrained, ("reconstruct", "log_prob"), self.preset)
        self._say(self.summaries[self.preset])
        self._picture("samples", data.save_grid(self.pretrained.sample(64, seed=0), self.directory / "samples.png"))

    # 2 --------------------------------------------------------------------------------------------------------------

    def _fine_tune(self):
        digits = {split: self._digits(split) for split in ("train", "validation", "test")}
        held_out = _binary(digits["test"])
        self.tuned = from_preset(self.preset)
        self.tuned.optimizer.learning_rate = LEARNING_RATE
        before = self._bound(held_out, "before")
        self.tuned.fit(
            _binary(digits["train"]),
            batch_size=BATCH_SIZE,
            validation_data=(_binary(digits["validation"]),),
            epochs=self.epochs,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=self._epoch)],
            verbose=0,
        )
        self.found["bound"] = {"before": before, "after": self._bound(held_out, "after")}
        self.digits = held_out[:COLUMNS]
        rows = {
            "held-out digits": digits["test"][:COLUMNS],
            "as the model sees them": self.digits,
            "reconstructed before": self.pretrained.reconstruct(self.digits),
            "reconstructed after": self.tuned.reconstruct(self.digits),
            "samples before": self.pretrained.sample(COLUMNS, seed=1),
            "samples after": self.tuned.sample(COLUMNS, seed=1),
        }
        title = "bound on held-out digits: {before:.0f} nats before, {after:.0f} after".format(**self.found["bound"])
        path = self.directory / "before_after.png"
        self._picture("before_after", data.labelled_rows(rows, path, title=title))

    def _digits(self, split):
        images = data.load_arrays("digits", split, validation=200, **_fitted_to(self.pretrained)).images
        return images / np.float32(255.0) if images.dtype == np.uint8 else images

    def _bound(self, images, when):
        bound = self.tuned.evaluate(images, verbose=0, return_dict=True)["bound"]
        self._say(f"{when}: bound {bound:.1f} nats an image, on the digits of the test split")
        return bound

    def _epoch(self, epoch, logs):
        self._say(f"epoch {epoch + 1}/{self.epochs}: bound {logs['bound']:.1f}, validation {logs['val_bound']:.1f}")

    # 3 --------------------------------------------------------------------------------------------------------------

    def _publish(self, model):
        path = publish(model, self.folder, log_prob_samples=LOG_PROB_SAMPLES)
        self.found["published"].append(path)
        self._say(f"published {path}")
        return int(path.name)

    def _publish_and_serve(self):
        first = self._publish(self.pretrained)
        try:
            server = serve(self.folder, port=0, grpc_port=0, name=self.name, poll_seconds=0.2)
        except ImportError as error:
            self._publish(self.tuned)
            self._say(f"serving is skipped, the rest goes on. {error}")
            return
        with server, Client(self.name, server.rest_port, server.grpc_port) as client:
            self._say(f"serving: REST at {client.url}, gRPC at port {server.grpc_port}")
            client.wait_for(first)
            self._say(f"signatures, by GET {client.url}/metadata: {', '.join(client.signatures())}")
            seeds = np.arange(COLUMNS, dtype=np.int64)
            old = self._ask(client, self.pretrained, seeds)
            second = self._publish(self.tuned)
            client.wait_for(second)
            self._say(f"the server has taken version {second} up by itself, and dropped version {first}")
            new = self._ask(client, self.tuned, seeds)
        rows = {
            f"version {first}:\ngenerate": old.generated,
            f"version {second}:\ngenerate,\nsame seeds": new.generated,
            "sent": self.digits,
            f"version {first}:\nreconstruct": old.reconstructed,
            f"version {second}:\nreconstruct": new.reconstructed,
        }
        self._picture("served", data.labelled_rows(rows, self.directory / "served.png"))

    def _ask(self, client, model, seeds):
        """Call the server with every verb, and hold its answers against the model that was published."""
        answering, outputs = client.predict_grpc("log_prob", image=self.digits, seed=seeds)
        served = Answers(
            client.predict("generate", seed=seeds),
            client.predict("reconstruct", image=self.digits),
            outputs["log_prob"],
        )
        local = Answers(
            model.generate(tf.constant(seeds)).numpy(),
            model.reconstruct(self.digits).numpy(),
            model.importance_log_prob(self.digits, tf.constant(seeds), LOG_PROB_SAMPLES).numpy(),
        )
        differences = compare(served, local)
        self.found["served"][answering] = differences._asdict()  # REST does not say which version answered
        self._say(
            f"version {answering} answers as the local model: over REST to {max(differences[:2]):.0e} in the images; "
            f"over gRPC it finds log p(x) = {served.log_prob.mean():.1f} nats, the mean of {len(seeds)} held-out digits"
        )
        return served

    # 4 --------------------------------------------------------------------------------------------------------------

    def _load_adversarial(self):
        model = from_preset(self.adversarial_preset, compile=False)
        _require(model, ("generate", "discriminate"), self.adversarial_preset)
        self._say(self.summaries[self.adversarial_preset])
        samples = model.sample(64, seed=0)
        path = self.directory / "adversarial_samples.png"
        self._picture("adversarial_samples", data.save_grid(samples, path))
        kinds = {
            "its own samples": samples,
            "scikit-learn's digits, which it was not trained on": data.load_arrays(
                "digits", "test", **_fitted_to(model)
            ).images,
        }
        real = {kind: float(tf.reduce_mean(tf.sigmoid(model.discriminate(x)))) for kind, x in kinds.items()}
        self.found["discriminator"] = real
        shares = ", ".join(f"{kind} {share:.2f}" for kind, share in real.items())
        self._say(f"its discriminator's probability of being real, on average: {shares}")
        self._say("One family: what each player climbs, and where the generator stands.")
        for member in (self.tuned, model):
            self._explain(member)

    def _explain(self, model):
        name, view = type(model).__name__, model.formulation
        for phase in model.phases:
            self._say(f"{name}, {phase.name}: {text(phase.formula)}")
        self._say(f"{name} minimises {text(view.kl)}, theta in its {view.theta_slot} slot: {view.behaviour}")

    def _summarise(self):
        bound, seconds = self.found["bound"], self.found["seconds"]
        self.report(f"Done in {seconds['total']:.0f} s.")
        self._say(f"fine-tuning: {bound['before']:.1f} to {bound['after']:.1f} nats on digits never trained on")
        self._say("published: " + ", ".join(map(str, self.found["published"])))
        self._say("pictures: " + ", ".join(map(str, self.found["pictures"].values())))
        self._say(f"serve it again: unizoo serve {self.folder}")
        self._say("more on the family: unizoo explain --table")


def _binary(images):
    """Images [n, h, w, c] in [0, 1] in black and white: digits of 8 by 8 pixels, enlarged, are soft."""
    return (images > 0.5).astype(np.float32)


def _fitted_to(model):
    """Options of `data.load` that bring images to the size of a model's, with a margin as MNIST's digits have."""
    return {**data.fitted_to(model.image_shape), "margin": model.image_shape[0] // 9}


def _require(model, methods, preset):
    lacking = [method for method in methods if not model.supports(method)]
    if lacking:
        raise ValueError(
            f"This part of the demonstration needs a model with {' and '.join(methods)}; {type(model).__name__} has no "
            f"{' and no '.join(lacking)}. Received: {preset!r}"
        )
