"""`strategy`: the tf.distribute strategy of a name, and which of a job's processes this one is."""

import json
import os

import tensorflow as tf

NAMES = ("auto", "one", "mirrored", "multiworker", "tpu")


def strategy(name="auto", tpu=None):
    """A strategy; where there are several hosts it comes before any other TensorFlow operation.

    Example:
        >>> with training.strategy("mirrored").scope():
        ...     model = unizoo.from_preset("vae_mnist")
        >>> model.fit(images)  # batches are those of all replicas together

    Args:
        name: "one", this machine's first device; "mirrored", all GPUs of this machine, or where it has none its logical
            CPUs; "multiworker", the machines that the environment variable TF_CONFIG names, each running this same
            program; "tpu"; or "auto", which is what `found` finds.
        tpu: the TPU's name or address, as `tf.distribute.cluster_resolver.TPUClusterResolver` takes it; None for the
            one that the environment names.

    Returns:
        A `tf.distribute.Strategy`.

    Raises:
        ValueError: for another name, or "multiworker" where TF_CONFIG names no workers.
    """
    if name not in NAMES:
        raise ValueError(f"A strategy is one of {', '.join(NAMES)}. Received: name={name!r}")
    if name == "auto":
        name, _ = found()
    if name == "multiworker":
        if not _workers():
            raise ValueError(
                'The strategy "multiworker" reads the environment variable TF_CONFIG, which names each host: '
                '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}} '
                f"on the first. Received: TF_CONFIG={os.environ.get('TF_CONFIG')!r}"
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    if name == "mirrored":
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        on_cpu = devices[0].device_type == "CPU"
        # Between CPUs Keras's loop of several steps a call works with this reduction alone.
        reduction = tf.distribute.ReductionToOneDevice() if on_cpu else None
        return tf.distribute.MirroredStrategy([device.name for device in devices], cross_device_ops=reduction)
    if name == "tpu":
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=tpu or "")
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    return tf.distribute.get_strategy()


def found():
    """What "auto" takes here: the name of a strategy, and the reason, a phrase."""
    if (workers := len(_workers())) > 1:
        return "multiworker", f"TF_CONFIG names {workers} workers"
    if os.environ.get("TPU_NAME"):
        return "tpu", f"TPU_NAME is {os.environ['TPU_NAME']}"
    if (gpus := len(tf.config.list_physical_devices("GPU"))) > 1:
        return "mirrored", f"this machine has {gpus} GPUs"
    return "one", "this machine has one GPU" if gpus else "this machine has no GPU"


def worker_number(of):
    """This process's number among those of a strategy's job; 0, the chief, writes the files."""
    resolver = of.cluster_resolver
    cluster = resolver.cluster_spec().as_dict() if resolver else {}
    if not cluster or resolver.task_type == "chief":
        return 0
    return int(resolver.task_id or 0) + len(cluster.get("chief", ()))


def wait_for_all(of):
    """Wait until every process of a strategy's job has come here."""
    if isinstance(of, tf.distribute.MultiWorkerMirroredStrategy):
        of.reduce(tf.distribute.ReduceOp.SUM, tf.constant(1.0), axis=None)


def _workers():
    """The addresses of the workers that TF_CONFIG names, the chief's first."""
    cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
    return [*cluster.get("chief", ()), *cluster.get("worker", ())]
