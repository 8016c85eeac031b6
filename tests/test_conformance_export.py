"""Every model: each exported signature answers as the model does, through the session that TensorFlow Serving runs."""

import numpy as np
import tensorflow as tf
from unizoo.export.signatures import signatures

SAMPLES = 20  # of log_prob


def _inputs(row, signature, n):
    values = {"seed": np.arange(-1, n - 1, dtype=np.int64), "image": row.images(n), "label": np.arange(n) % 2}
    values["continuous"] = np.linspace(-1, 1, n, dtype=np.float32)[:, None]
    return {spec.name: values[spec.name] for spec in signature.inputs}


def test_every_signature_of_a_trained_model_equals_eager_through_a_session(row, tmp_path):
    model = row.make_lively()
    model.compile(row.sgd(model), run_eagerly=True)
    model.update(row.batch(4))
    model.export(tmp_path / "model", log_prob_samples=SAMPLES, warmup=False)
    offered = signatures(model, SAMPLES)
    v1 = tf.compat.v1
    answers = {}
    with tf.Graph().as_default(), v1.Session() as session:
        loaded = v1.saved_model.loader.load(session, ["serve"], str(tmp_path / "model")).signature_def
        for signature in offered:
            definition = loaded[signature.name]
            fetch = {name: info.name for name, info in definition.outputs.items()}
            for n in (3, 1):
                feed = {definition.inputs[name].name: value for name, value in _inputs(row, signature, n).items()}
                answers[signature.name, n] = session.run(fetch, feed)
    assert "serving_default" in loaded
    assert {name for name in loaded if not name.startswith("__")} == {signature.name for signature in offered}
    for signature in offered:
        for n in (3, 1):
            inputs = {name: tf.constant(value) for name, value in _inputs(row, signature, n).items()}
            eager, answer = signature.function(**inputs), answers[signature.name, n]
            assert set(answer) == set(eager)
            for name, value in eager.items():
                np.testing.assert_allclose(answer[name], value, rtol=1e-4, atol=1e-5, err_msg=signature.name)
