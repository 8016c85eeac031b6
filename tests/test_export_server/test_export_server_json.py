"""The JSON formats alone: every dtype, digits, odd values."""

import math

import numpy as np
import orjson
import pytest
import tensorflow as tf
from unizoo.export.server import decoding, encoding
from unizoo.export.server.status import Code, ServingError

NUMBERS = [tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint32, tf.uint64]


@pytest.mark.parametrize("dtype", NUMBERS, ids=lambda dtype: dtype.name)
def test_numbers_come_back_as_they_went(dtype):
    limits = dtype if dtype.is_integer else tf.int16  # larger integers are no float32
    values = np.array([[0, 1, int(limits.max)], [int(limits.min), 2, 3]], dtype.as_numpy_dtype)
    text = encoding.encode(decoding.COLUMN, {"x": values})
    array = decoding.to_array(decoding.parse(text)["outputs"], dtype)
    assert array.dtype == dtype.as_numpy_dtype
    np.testing.assert_array_equal(array, values)


def test_float32_has_no_more_digits_than_tell_it_apart():
    values = np.array([0.1, 1 / 3, 1e-8, 3.0], np.float32)
    assert encoding.encode(decoding.COLUMN, {"x": values}) == b'{"outputs":[0.1,0.33333334,1e-8,3.0]}'


def test_tokens_stand_where_the_values_were():
    values = np.array([[1, math.nan, -math.inf], [math.inf, 0, math.nan]], np.float32)
    text = encoding.encode(decoding.ROW, {"x": values})
    assert text == b'{"predictions":[[1.0,NaN,-Infinity],[Infinity,0.0,NaN]]}'
    array = decoding.to_array(decoding.parse(text)["predictions"], tf.float32)
    np.testing.assert_array_equal(array, values)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1, 1, 1)])
def test_any_shape_can_be_a_column(shape):
    values = np.ones(shape, np.float32)
    outputs = orjson.loads(encoding.encode(decoding.COLUMN, {"x": values}))["outputs"]
    assert outputs == values.tolist()


def test_strings_and_booleans_of_any_rank():
    outputs = {
        "a": np.array([[b"x", b"y"]], object),
        "b_bytes": np.array([b"\xff"], object),
        "c": np.array([True]),
    }
    answer = orjson.loads(encoding.encode(decoding.ROW, outputs))
    assert answer == {"predictions": [{"a": ["x", "y"], "b_bytes": {"b64": "/w=="}, "c": True}]}
    assert decoding.to_array([[True, False]], tf.bool).tolist() == [[True, False]]
    assert decoding.to_array("x", tf.string).tolist() == b"x"
    assert decoding.to_array([{"b64": "/w"}], tf.string).tolist() == [b"\xff"]  # padding may be left out


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({"x": np.ones(2, np.float16)}, "Failed to write JSON value for tensor type: float16"),
        ({"x": np.ones(2, np.complex64)}, "tensor type: complex64"),
        ({"x": np.array([b"\xff"], object)}, "name that ends in _bytes"),
        ({"x": np.ones(2), "y": np.ones(3)}, "inconsistent batch size: 3 expecting: 2"),
    ],
)
def test_what_rows_cannot_carry_is_refused(outputs, words):
    with pytest.raises(ServingError) as failure:
        encoding.encode(decoding.ROW, outputs)
    assert failure.value.code is Code.INVALID_ARGUMENT
    assert words in failure.value.message


@pytest.mark.parametrize(
    ("value", "dtype", "code"),
    [
        (300, tf.uint8, Code.INVALID_ARGUMENT),
        (-1, tf.uint64, Code.INVALID_ARGUMENT),
        (2**31, tf.int32, Code.INVALID_ARGUMENT),
        (10**400, tf.float64, Code.INVALID_ARGUMENT),
        (2**53, tf.float64, Code.INVALID_ARGUMENT),
        (1, tf.bool, Code.INVALID_ARGUMENT),
        ({"b64": "x" * 5}, tf.string, Code.INVALID_ARGUMENT),
        ([[1], 2], tf.float32, Code.INVALID_ARGUMENT),
        ([1, [2]], tf.float32, Code.INVALID_ARGUMENT),
        (1.0, tf.bfloat16, Code.UNIMPLEMENTED),
        (1.0, tf.complex64, Code.UNIMPLEMENTED),
    ],
)
def test_values_that_do_not_fit_are_refused(value, dtype, code):
    with pytest.raises(ServingError) as failure:
        decoding.to_array(value, dtype)
    assert failure.value.code is code
    assert len(failure.value.message) < 600


def test_quotes_of_large_requests_stay_short():
    document = {"inputs": [[0.0] * 1000] * 1000, "instances": {"k" * 10_000: "v" * 10_000}}
    with pytest.raises(ServingError) as failure:
        decoding.decode(document, type("Signature", (), {"inputs": {"x": None}}))
    assert "expecting only one of" in failure.value.message
    assert len(failure.value.message) < 400
