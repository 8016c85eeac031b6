"""Several processes, as several hosts would, train as one does on the same batches, with the same noise and figures."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import unizoo

SCRIPT = Path(__file__).with_name("worker.py")
# One model of each kind; the others' steps are held against one device's in `test_conformance_replicas.py`.
NAMES = ("iwae_two_layers", "iwgan", "rws", "svae", "cyclegan")


def _free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def run_job(workers, command, timeout=300):
    """Run a command as each of so many workers, all on this machine; what the processes printed, with their exit codes.

    One worker runs as a process without a job.
    """
    cluster = {"worker": [f"127.0.0.1:{port}" for port in _free_ports(workers)]}
    processes = []
    for index in range(workers):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        environment.pop("TF_CONFIG", None)
        if workers > 1:
            task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
            environment["TF_CONFIG"] = json.dumps(task)
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        processes.append(subprocess.Popen([str(word) for word in command], env=environment, **output))
    try:
        return [(process.communicate(timeout=timeout)[0], process.returncode) for process in processes]
    finally:
        for process in processes:
            process.kill()


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """By the number of workers, the weights and the history of every row."""
    folder, found = tmp_path_factory.mktemp("jobs"), {}
    for workers in (1, 2, 3):
        file = folder / f"{workers}.json"
        for output, code in run_job(workers, [sys.executable, SCRIPT, file, *NAMES]):
            assert code == 0, output[-3000:]
        found[workers] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("workers", [2, 3])  # three have parts of two, two and one of a batch of five
@pytest.mark.parametrize("name", NAMES)
def test_workers_train_and_validate_as_one_process(name, workers, results):
    one, several = results[1][name], results[workers][name]
    # Sums in another order, in float32; large steps carry what differs on.
    np.testing.assert_allclose(several["weights"], one["weights"], atol=2e-5)
    assert set(several["history"]) == set(one["history"])
    for term, values in one["history"].items():
        np.testing.assert_allclose(several["history"][term], values, rtol=1e-4, atol=1e-5, err_msg=term)


def test_the_command_trains_on_two_workers_as_on_one_and_the_chief_alone_writes(tmp_path):
    words = (
        "train vae --data digits --epochs 2 --set latent_dim=3 --set hidden=[20] --images 20 --importance-samples 10"
    )
    run = "import sys; from unizoo.cli import main; sys.argv[0] = 'unizoo'; main()"
    weights, outputs = {}, {}
    for workers in (1, 2):
        target = tmp_path / str(workers)
        done = run_job(workers, [sys.executable, "-c", run, *words.split(), "-o", target])
        outputs[workers] = [output for output, _ in done]
        assert [code for _, code in done] == [0] * workers, outputs[workers]
        weights[workers] = unizoo.from_preset(target, compile=False).get_weights()
        assert {path.name for path in Path(f"{target}.run", "stage_0").iterdir()} == {
            *(f"epoch_{number}.{kind}" for number in (1, 2) for kind in ("json", "weights.h5"))
        }
    for one, two in zip(*weights.values(), strict=True):
        np.testing.assert_allclose(two, one, atol=1e-4)  # Adam's steps of 1e-3, where gradients are all but zero
    chief, other = outputs[2]
    assert "strategy multiworker: TF_CONFIG names 2 workers" in chief
    assert "saved as a preset" in chief
    assert other == ""
