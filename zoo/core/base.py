"""`GenerativeModel`: the one base class, with the one training step, of every model in the zoo.

A model declares its networks and its `phases`; this class runs the phases in order, gives each its own optimizer, makes
gradients right under data parallelism, and logs every term of every phase as a Keras metric.
"""

import functools
import warnings

import keras
import tensorflow as tf

from ..hub import presets
from ..hub.registry import save_to_preset
from .averages import move_average
from .checks import checked_image_shape
from .compiled import Compiled, by_xla
from .config import arguments_of, config_of, constructor_arguments
from .guard import DiscriminatorWatch, StopOnDivergence
from .interface import Interface
from .keras_methods import KerasMethods
from .optimizers import (
    LEGACY_FORMAT,
    FinalValues,
    PhaseOptimizers,
    applications,
    applied_now,
    phase_optimizers,
    trained_by,
)
from .progress import with_progress
from .randomness import fold_in
from .replicas import BuiltBeforehand, in_global_batch, reducible
from .restart import Restarting

STEPS_PER_EXECUTION = 32  # by default: a call of a compiled function costs as much as a small network's whole step


class GenerativeModel(Interface, KerasMethods, BuiltBeforehand, Restarting, keras.Model):
    """Base class of the zoo's models.

    A subclass stores every constructor argument under its own name (that makes `get_config`), builds its networks in
    the constructor, and defines `phases`, `formulation`, `default_optimizers` and as much
    of the interface (`generate`, `encode`, `decode`, ...) as makes sense for it.

    Args:
        image_shape: (height, width, channels) of the images.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    # Whether XLA compiles the optimizers' updates on a CPU: it fuses their passes over the weights, which with Adam are
    # a third of a small dense network's step, and nothing beside convolutions.
    xla_updates = False

    def __init__(self, image_shape, seed=0, **kwargs):
        if "dtype" in kwargs:
            raise ValueError(
                "The networks take the global dtype policy: keras.config.set_dtype_policy('mixed_bfloat16') before the "
                f"model is made. Received: dtype={kwargs['dtype']!r}"
            )
        if unknown := sorted(kwargs.keys() - {"name"}):
            known = constructor_arguments(type(self), GenerativeModel)
            raise TypeError(
                f"{type(self).__name__} has no such argument. {presets.nearest(unknown[0], known)} "
                f"Received: {', '.join(f'{name}={kwargs[name]!r}' for name in unknown)}"
            )
        super().__init__(**kwargs)
        self.image_shape = checked_image_shape(image_shape)
        self.seed = int(seed)
        self.built = True  # all networks exist once a subclass's constructor has returned: nothing waits for a call

    # What a model declares ------------------------------------------------------------------------------------------

    @property
    def phases(self):
        """The phases, a tuple of `Phase`, in the order in which a training step runs them."""
        raise NotImplementedError(f"{type(self).__name__} must define phases.")

    @property
    def formulation(self):
        """The model's `Formulation`: which network plays which part of the paper's Table 1."""
        raise NotImplementedError(f"{type(self).__name__} must define formulation.")

    def default_optimizers(self):
        """The optimizers used unless `compile` is given others: a dict from phase names to optimizers."""
        raise NotImplementedError(f"{type(self).__name__} must define default_optimizers().")

    @property
    def moving_averages(self):
        """Triples (a phase's network, its moving average, decay): the averages to be updated after every step."""
        return ()

    def finish(self):
        """Deprecated: a model is built once its constructor returns; the call can be left out."""
        warnings.warn("finish() does nothing any more, and will go: leave it out.", DeprecationWarning, stacklevel=2)

    # Configuration --------------------------------------------------------------------------------------------------

    def get_config(self):
        """The constructor's arguments as plain JSON values (Keras layers serialised)."""
        return config_of(self, GenerativeModel)

    @classmethod
    def from_config(cls, config):
        """A model equal to the one whose `get_config` this is, with freshly initialised weights."""
        return cls(**arguments_of(config))

    # Training -------------------------------------------------------------------------------------------------------

    def compile(
        self, optimizer="default", *, steps_per_execution="auto", jit_compile="auto", run_eagerly=False, **unknown
    ):
        """Configure the model for `fit` and `evaluate`.

        Args:
            optimizer: "default" for the model's own; one Keras optimizer (or its name), copied for each phase; or a
                dict from phase names to optimizers, copied too.
            steps_per_execution: batches a call of the compiled function runs; batch-level callbacks are called as often
                as it. "auto": 32 on one device, 1 under a distribution strategy.
            jit_compile: whether XLA compiles the phases' moves. "auto": Keras's choice on accelerators; on a CPU XLA
                compiles the optimizers' updates alone, of models that gain from it. The noise is drawn before, so that
                a seed's is the same with XLA or without; but under a distribution strategy, where XLA, if it is asked
                for, compiles the whole step and draws other numbers.
            run_eagerly: run step by step in Python, for debugging.
            **unknown: what `keras.Model.compile` takes besides: refused.

        Raises:
            TypeError: for a `loss` or the like: the phases have the losses, and log their terms as metrics.
            ValueError: if `optimizer` names a phase the model does not have.
        """
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has its losses and metrics in its phases (unizoo explain); compile takes "
                f"optimizer, steps_per_execution, jit_compile and run_eagerly. Received: {sorted(unknown)}"
            )
        distributed = self.distribute_strategy.num_replicas_in_sync > 1
        self._most_steps = None  # that `fit` may choose from
        if steps_per_execution == "auto":
            steps_per_execution = 1 if distributed or run_eagerly else STEPS_PER_EXECUTION
            self._most_steps = steps_per_execution
        self._jit_asked, self._jit_moves, self._jit_updates = jit_compile, False, False
        if jit_compile == "auto" and not tf.config.list_physical_devices("GPU"):
            jit_compile = False
            self._jit_updates = self.xla_updates and not distributed and not run_eagerly
        super().compile(
            optimizer=None,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
        )
        if not distributed:
            self._jit_moves, self.jit_compile = self.jit_compile, False
        with self.distribute_strategy.scope():
            self.optimizer = phase_optimizers(
                optimizer, self.default_optimizers(), self.phases, self.dtype_policy.name == "mixed_float16"
            )
            # Keras saves what it finds in lists of its own kinds of object, which the facade is not.
            self.saved_optimizers = self.optimizer.optimizers
            self._compiled = Compiled(self.term_names, self.phases)

    def get_compile_config(self):
        """The arguments of `compile`, serialised; None of a model not compiled."""
        if not isinstance(getattr(self, "optimizer", None), PhaseOptimizers):
            return None
        serialize = keras.optimizers.serialize
        return {
            "optimizer": {name: serialize(member) for name, member in self.optimizer.by_phase.items()},
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self._jit_asked,
            "run_eagerly": self.run_eagerly,
        }

    def compile_from_config(self, config):
        """Compile with what `get_compile_config` returned."""
        members = {name: keras.optimizers.deserialize(one) for name, one in config["optimizer"].items()}
        self.compile(**{**config, "optimizer": members})

    @property
    def term_names(self):
        """The names of all that `fit` logs, in order."""
        names = []
        for phase in self.phases:
            names += [self._loss_name(phase), *phase.terms]
        return names

    @property
    def metrics(self):
        """One `keras.metrics.Mean` for each term."""
        return list(self._compiled.means.values()) if self.compiled else []

    def reset_metrics(self):
        """Begin anew: with each epoch, each evaluation, each batch on its own."""
        super().reset_metrics()
        if self.compiled:
            self._compiled.batches.assign(0)

    def fit(self, x=None, y=None, *args, callbacks=None, **kwargs):
        """Train: `keras.Model.fit`, which see, with a look at all data given and a guard against divergence.

        Args:
            x: images [n, *image_shape], an array or a tensor: floats in [0, 1], integers from 0 to 255, or bool; or a
                `tf.data.Dataset`, a `keras.utils.PyDataset` or a generator of such batches, or of pairs
                (images, labels). For a model of two domains a pair of images, (a, b), in the place of images:
                `unizoo.data.unpaired` makes such data sets, of tuples ((a, b),) or ((a, b), labels).
            y: class labels for a conditional model, integers [n] or [n, 1], or one-hot rows [n, num_classes]; others
                ignore them.
            *args: the further arguments of `keras.Model.fit`.
            callbacks: list of `keras.callbacks.Callback`.
            **kwargs: the further arguments of `keras.Model.fit`.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: if the images have another shape, dtype or range, or the labels are of no class.
            DivergenceError: if a term stops being finite; the message names it.
        """
        # Ours come first: no callback shall save weights that are not finite, or not final.
        ours = [StopOnDivergence(), DiscriminatorWatch(), FinalValues(self._compiled.weights)] if self.compiled else []
        verbose = kwargs.get("verbose", args[2] if len(args) > 2 else "auto")
        callbacks = [*ours, *with_progress(callbacks, verbose)]
        if steps := kwargs.get("steps_per_epoch"):
            self._share_steps(steps, exactly=True)
        else:
            self._share_steps(int(x.cardinality()) if isinstance(x, tf.data.Dataset) else STEPS_PER_EXECUTION)
        return super().fit(x, y, *args, callbacks=callbacks, **kwargs)

    def _share_steps(self, steps, exactly=False):
        """Part an epoch's steps evenly into executions, so that progress bars do not run past its end.

        Where data go on beyond the epoch's end all executions must be equal, or the last one would train beyond it too.
        """
        if self._most_steps is None or steps < 1:
            return  # as the user says; or there is no end of them, or it is not known
        if exactly:
            share = max(number for number in range(1, self._most_steps + 1) if steps % number == 0)
        else:
            share = -(-steps // -(-steps // self._most_steps))
        if share != self.steps_per_execution:
            self.steps_per_execution = share
            self.train_function = self.test_function = None  # they were traced with the former number

    def make_train_function(self, force=False):
        """Keras's; traced anew where networks have been frozen since it was traced, which no graph would notice."""
        changed = self._compiled.changed(self.phases)
        return super().make_train_function(force or changed)

    def train_step(self, data):
        """One step of training on a batch: see `update`."""
        return reducible(self.update(*self._unpack(data)))

    def update(self, batch, weights=None, noise=None):
        """Run every phase on a batch, in order, each with its own optimizer.

        Args:
            batch: a `Batch`; under a distribution strategy, one replica's part of it.
            weights: [batch] weights of the examples in the loss, or None for ones.
            noise: a dict from phase names to a list of what `Phase.noise` returns, one for each repeat; default: drawn
                from (the model's seed, phase, repeat, iteration), for each example by its place in the global batch.

        Returns:
            Dict of the terms' running means.
        """
        rows, batch, weights = in_global_batch(batch, weights)
        for index, phase in enumerate(self.phases):
            for repeat in range(phase.repeats):
                if noise is None:
                    iteration = applications(self.optimizer[phase.name]).value
                    given = phase.noise(rows, fold_in(self.seed, index, repeat, iteration))
                else:
                    given = noise[phase.name][repeat]
                self._run_phase(phase, batch, weights, given, rows.total)
        for network, average, decay in self.moving_averages:
            player = [phase.name for phase in self.phases if network in phase.networks][-1]
            share = applied_now(self.optimizer[player])
            move_average(network, average, decay, self.optimizer.iterations, share)
        return self._compiled.results()

    def _run_phase(self, phase, batch, weights, noise, total):
        optimizer = self.optimizer[phase.name]
        variables = trained_by(phase)

        def move():
            values = [variable.value for variable in variables]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values)
                loss, terms = phase.loss(batch, noise, True)
                weighted = loss if weights is None else loss * tf.cast(weights, loss.dtype)
                # Gradients are summed over replicas: dividing by the global batch makes the sum the global mean,
                # whatever the sizes of the shards.
                objective = optimizer.scale_loss(tf.reduce_sum(weighted) / tf.cast(total, loss.dtype))
            self._log(phase, loss, terms, weights)
            if variables:
                gradients = tape.gradient(objective, values)
                by_xla(self._jit_updates, lambda: optimizer.apply(gradients, variables))
            else:  # all networks frozen: only count, so that the next step's noise differs
                applications(optimizer).assign_add(1)

        by_xla(self._jit_moves, move)

    def test_step(self, data):
        """Evaluate every term on a batch, whose noise is its own, and the same in every epoch: they can be compared."""
        rows, batch, weights = in_global_batch(*self._unpack(data))
        number = self._compiled.batches
        for index, phase in enumerate(self.phases):
            noise = phase.noise(rows, fold_in(self.seed, index, number))
            losses = by_xla(self._jit_moves, functools.partial(phase.loss, batch, noise, False))
            self._log(phase, *losses, weights)
        number.assign_add(1)
        return reducible(self._compiled.results())

    def _loss_name(self, phase):
        return "loss" if len(self.phases) == 1 else f"{phase.name}_loss"

    def _log(self, phase, loss, terms, weights):
        if set(terms) != set(phase.terms):
            raise ValueError(f"phase {phase.name} declares the terms {phase.terms}. Received: {tuple(terms)}")
        for name, value in {self._loss_name(phase): loss, **terms}.items():
            self._compiled.means[name].update_state(tf.cast(value, tf.float32), sample_weight=weights)

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Write the model with its optimizers into a `.keras` file: `keras.Model.save`, which see."""
        if str(filepath).endswith((".h5", ".hdf5")):
            raise ValueError(f"{LEGACY_FORMAT} Received: filepath={str(filepath)!r}")
        super().save(filepath, overwrite, zipped, **kwargs)

    def save_to_preset(self, folder, metadata=None):
        """Write the model as a folder that `unizoo.from_preset` loads; see `registry.save_to_preset`."""
        return save_to_preset(self, folder, metadata)

    def export(self, filepath, **kwargs):
        """Write a SavedModel with named signatures for TensorFlow Serving into one folder; see `unizoo.export`."""
        from ...export import export_model  # the one import upwards: Keras users expect model.export(path)

        return export_model(self, filepath, **kwargs)
