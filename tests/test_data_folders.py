"""One's own data: folders of images, and what is said of those that will not do."""

import warnings

import numpy as np
import pytest
from PIL import Image
from unizoo import data

RNG = np.random.default_rng(0)


def pixels(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def test_folder_of_classes_and_splits(tmp_path):
    made = {}
    for split, count in (("train", 6), ("test", 3)):
        for label, name in enumerate(("cat", "dog")):
            for i in range(count):
                made[split, label, i] = pixels(7, 5, 3)
                save(tmp_path / split / name / f"{i}.png", made[split, label, i])
    (tmp_path / "train" / "cat" / "notes.txt").write_text("not an image")
    (tmp_path / "train" / "cat" / "._0.png").write_text("what some systems leave beside an image")
    test = data.load_arrays(tmp_path, "test")
    assert test.class_names == ("cat", "dog")
    assert test.num_classes == 2
    assert test.labels.tolist() == [0, 0, 0, 1, 1, 1]
    np.testing.assert_array_equal(test.images, [made["test", y, i] for y in (0, 1) for i in range(3)])
    train, held = (data.load_arrays(tmp_path, s, validation=4) for s in ("train", "validation"))
    assert (len(train), len(held)) == (8, 4)
    expected = {made["train", y, i].tobytes(): y for y in (0, 1) for i in range(6)}
    for part in (train, held):
        assert [expected.pop(x.tobytes()) for x in part.images] == part.labels.tolist()
    assert not expected


def test_flat_folder_is_split_by_itself_and_has_no_labels(tmp_path):
    for i in range(20):
        save(tmp_path / f"{i}.png", pixels(4, 4))
    train, test = data.load_arrays(tmp_path, "train"), data.load_arrays(tmp_path, "test")
    assert (len(train), len(test), train.labels) == (18, 2, None)
    assert train.image_shape == (4, 4, 1)
    assert not {x.tobytes() for x in train.images} & {x.tobytes() for x in test.images}


def test_folder_of_different_sizes_needs_a_size(tmp_path):
    save(tmp_path / "train" / "a.jpg", pixels(40, 30, 3))
    save(tmp_path / "train" / "b.png", pixels(20, 10))
    with pytest.raises(ValueError, match=r"differ in shape; pass size=.*Received: .*a.jpg \[40, 30, 3\], .*b.png"):
        data.load_arrays(tmp_path)
    with pytest.raises(ValueError, match=r"a.jpg: Padding cannot shrink images of \[40, 30\].*Received: size="):
        data.load_arrays(tmp_path, size=[16, 16])
    images = data.load_arrays(tmp_path, size=[16, 12], resize="bilinear", channels=3)
    assert images.images.shape == (2, 16, 12, 3)
    assert images.images.dtype == np.uint8


def test_folders_that_will_not_do(tmp_path):
    with pytest.raises(ValueError, match=r"has no images; expected images in the folder.*Received: 0 files"):
        data.load_arrays(tmp_path)
    save(tmp_path / "train" / "a.png", pixels(4, 4))
    with pytest.raises(ValueError, match=r"has no test split, only train"):
        data.load_arrays(tmp_path, "test")
    save(tmp_path / "train" / "cats" / "a.png", pixels(4, 4))
    with pytest.raises(ValueError, match=r"both in itself and in sub-folders.*Received: a.png beside cats/"):
        data.load_arrays(tmp_path)
    (tmp_path / "train" / "a.png").unlink()
    (tmp_path / "train" / "cats" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    with pytest.raises(ValueError, match=r"1 of 2 files could not be read as images.*Received: train/cats/b.png \("):
        data.load_arrays(tmp_path)


def test_one_image_is_too_few_to_be_split(tmp_path):
    Image.new("L", (6, 6)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"too few images to hold some out\. Received: 1 image"):
        data.load_arrays(tmp_path)


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [("Train", "val", "Test"), ("TRAIN", "VAL", "TEST"), ("training", "valid", "testing"), ("train", "dev", "test")],
)
def test_splits_by_any_usual_name_in_any_case(tmp_path, train, validation, test):
    images = {name: pixels(4, 4) for name in (train, validation, test)}
    for name, image in images.items():
        save(tmp_path / name / "0.png", image)
    for split, name in (("train", train), ("validation", validation), ("test", test)):
        loaded = data.load_arrays(tmp_path, split, validation=0.5)
        np.testing.assert_array_equal(loaded.images[..., 0], images[name][np.newaxis])
        assert loaded.class_names is None


def test_folders_that_may_be_splits_or_classes(tmp_path):
    for name in ("bus", "tram", "Train"):
        save(tmp_path / name / "0.png", pixels(4, 4))
    with pytest.raises(ValueError, match=r"like a split, beside others.*Received: Train/ beside bus/, tram/"):
        data.load_arrays(tmp_path)
    save(tmp_path / "test" / "0.png", pixels(4, 4))
    save(tmp_path / "cover.png", pixels(4, 4))
    (tmp_path / "notes").mkdir()
    with pytest.warns(
        UserWarning, match=r"only Train/, test/ are read, as its splits, and not bus/, tram/, cover.png$"
    ):
        assert len(data.load_arrays(tmp_path)) == 1
    (tmp_path / "testing").mkdir()
    with pytest.raises(ValueError, match=r"two folders for its test split.*Received: test/ and testing/"):
        data.load_arrays(tmp_path)


def test_classes_named_by_numbers_sort_as_numbers(tmp_path):
    for number in range(12):
        save(tmp_path / "train" / str(number) / "0.png", np.full((4, 4), 20 * number + 2, np.uint8))
    save(tmp_path / "test" / "10" / "0.png", np.full((4, 4), 202, np.uint8))
    images = data.load_arrays(tmp_path)
    assert images.class_names == tuple(str(number) for number in range(12))
    assert images.labels.tolist() == list(range(12))
    assert images.images[:, 0, 0, 0].tolist() == [20 * number + 2 for number in range(12)]
    assert data.load_arrays(tmp_path, "test").labels.tolist() == [10]


def test_numbers_within_names_sort_as_numbers(tmp_path):
    for name in ("type 10", "type 9", "b2", "b10", "007", "7"):
        save(tmp_path / "train" / name / "0.png", pixels(4, 4))
    assert data.load_arrays(tmp_path).class_names == ("007", "7", "b2", "b10", "type 9", "type 10")


def rubbish(folder, count, good):
    """A folder of good images with numbers for pixels, and after them of rubbish."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(good):
        save(folder / f"{number:02}.png", np.full((4, 4), 10 * number + 2, np.uint8))
    for number in range(count):
        (folder / f"z{number:02}.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish" if number % 2 else b"")


def test_damaged_files_are_refused_all_at_once(tmp_path):
    rubbish(tmp_path / "train", 7, good=3)
    rubbish(tmp_path / "test", 5, good=1)
    with pytest.raises(ValueError, match=r"on_error='skip'.*Received: train/z00\.png \(") as refused:
        data.load_arrays(tmp_path)
    said = str(refused.value)
    assert said.startswith(f"{tmp_path}: 12 of 16 files could not be read as images")
    assert [name in said for name in ("train/z06.png", "test/z02.png", "test/z03.png")] == [True, True, False]
    assert said.endswith("; and 2 more")


def test_damaged_files_are_left_out_and_named(tmp_path):
    for name, good in (("cat", 12), ("dog", 8)):
        rubbish(tmp_path / "whole" / name, 0, good)
        rubbish(tmp_path / "damaged" / name, 0, good)
    for name in ("cat/03", "cat/07", "dog/04"):
        (tmp_path / "damaged" / f"{name}.png").write_bytes(b"rubbish")
    kept = []
    for split in ("train", "validation", "test"):
        whole = data.load_arrays(tmp_path / "whole", split, validation=3)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            left = data.load_arrays(tmp_path / "damaged", split, validation=3, on_error="skip")
        said = " ".join(str(one.message) for one in caught)
        gone = {
            (2 + 10 * int(name[-2:]), int(name[0] == "d")) for name in ("cat/03", "cat/07", "dog/04") if name in said
        }
        pairs = [(int(image[0, 0, 0]), label) for image, label in zip(whole.images, whole.labels, strict=True)]
        assert [one for one in pairs if one not in gone] == [
            (int(image[0, 0, 0]), label) for image, label in zip(left.images, left.labels, strict=True)
        ]
        kept.append(len(gone))
    assert sum(kept) == 3


def test_what_is_left_of_a_damaged_folder_is_binarised_as_in_a_whole_one(tmp_path):
    rubbish(tmp_path / "train", 0, good=12)
    whole = data.load_arrays(tmp_path, binarize="fixed", seed=1).images
    (tmp_path / "train" / "04.png").write_bytes(b"rubbish")
    with pytest.warns(UserWarning, match=r"1 of 12 files could not .* left out: train/04.png"):
        left = data.load_arrays(tmp_path, binarize="fixed", seed=1, on_error="skip").images
    np.testing.assert_array_equal(left, np.delete(whole, 4, axis=0))


def test_a_folder_of_damaged_files_only_is_refused(tmp_path):
    rubbish(tmp_path / "train", 2, good=0)
    with pytest.raises(ValueError, match=r"2 of 2 files.*no other is left\. Received: train/z00.png .*; train/z01.png"):
        data.load_arrays(tmp_path, on_error="skip")


def test_damaged_files_are_left_out_of_data_sets(tmp_path):
    rubbish(tmp_path / "train", 2, good=6)
    with pytest.warns(UserWarning, match="2 of 8 files"):
        assert len(next(iter(data.load(tmp_path, on_error="skip", batch_size=6)))) == 6
    with pytest.warns(UserWarning, match="2 of 8 files"):
        pairs = data.unpaired(tmp_path, "digits", size=[8, 8], on_error="skip", batch_size=3)
    assert int(pairs.cardinality()) == 2


def test_images_of_a_folder_say_what_was_changed(tmp_path):
    save(tmp_path / "train" / "a.png", pixels(8, 8, 3))
    save(tmp_path / "train" / "b.png", pixels(6, 12))
    assert data.load_arrays(tmp_path, **data.fitted_to((4, 4, 1))).changes == (
        "colour images are made grey; images of 2 sizes, 6x12 to 8x8, are scaled to 4x4, which changes the proportions"
    )
