"""`training.strategy` by name, and what "auto" finds."""

import json

import pytest
import tensorflow as tf
from unizoo import training
from unizoo.cli.train import STRATEGIES
from unizoo.training import strategies


@pytest.fixture
def hosts(monkeypatch):
    """A function that names so many hosts in TF_CONFIG, of which this is one; None takes the variable away."""

    def name(number, index=0, chief=False):
        if number is None:
            monkeypatch.delenv("TF_CONFIG", raising=False)
            return
        workers = [f"host{n}:2222" for n in range(number)]
        cluster = {"chief": workers[:1], "worker": workers[1:]} if chief else {"worker": workers}
        task = {"type": "worker", "index": index}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))

    monkeypatch.delenv("TPU_NAME", raising=False)
    return name


def test_the_command_knows_the_same_names():
    assert STRATEGIES == strategies.NAMES


def test_another_name_is_refused():
    with pytest.raises(ValueError, match=r"one of auto, one, .*Received: name='two'"):
        training.strategy("two")


def test_auto_takes_the_hosts_that_are_named(hosts, monkeypatch):
    hosts(None)
    assert strategies.found()[0] == "one"
    assert training.strategy() is tf.distribute.get_strategy()
    hosts(1)
    assert strategies.found()[0] == "one"
    for chief in (False, True):
        hosts(3, chief=chief)
        assert strategies.found() == ("multiworker", "TF_CONFIG names 3 workers")
    hosts(None)
    monkeypatch.setenv("TPU_NAME", "here")
    assert strategies.found() == ("tpu", "TPU_NAME is here")


def test_several_hosts_must_be_named(hosts):
    hosts(None)
    with pytest.raises(ValueError, match=r"TF_CONFIG, which names each host: .*Received: TF_CONFIG=None"):
        training.strategy("multiworker")


def test_mirrored_takes_all_devices_and_its_process_is_the_chief(two_replicas):
    assert isinstance(two_replicas, tf.distribute.MirroredStrategy)
    assert two_replicas.num_replicas_in_sync == len(tf.config.list_logical_devices("CPU")) == 2
    assert strategies.worker_number(two_replicas) == 0
    strategies.wait_for_all(two_replicas)


@pytest.mark.parametrize(("kind", "index", "chief", "number"), [("worker", 2, False, 2), ("worker", 1, True, 2)])
def test_workers_are_numbered_after_the_chief(kind, index, chief, number, hosts):
    hosts(3, index, chief)
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()

    class Job:
        cluster_resolver = resolver

    assert strategies.worker_number(Job) == number
