"""Publishing versions: numbered, atomic, never replaced."""

import pytest
from unizoo import export
from unizoo.export import publishing
from unizoo.zoo import VAE


@pytest.fixture(scope="module")
def model():
    return VAE(image_shape=(4, 4, 1), latent_dim=2, hidden=(5,))


def test_versions_count_up(model, tmp_path):
    directory = tmp_path / "serving" / "vae"
    first = export.publish(model, directory)
    tenth = export.publish(model, directory, 10)
    assert [first.name, tenth.name, export.publish(model, directory).name] == ["1", "10", "11"]
    assert export.versions(directory) == [1, 10, 11]
    assert sorted(path.name for path in directory.iterdir()) == ["1", "10", "11"]


def test_only_folders_named_by_a_number_that_a_server_reads_are_versions(tmp_path):
    for name in ("2", "007", "\u00b2", "1.5", "-1", str(2**63), "9" * 30):
        (tmp_path / name).mkdir()
    (tmp_path / "3").write_text("a file")
    assert export.versions(tmp_path) == [2, 7]
    assert export.versions(tmp_path / "none") == []


def test_an_existing_version_is_refused(model, tmp_path):
    (tmp_path / "vae" / "3").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="never replaced"):
        export.publish(model, tmp_path / "vae", 3)
    assert list((tmp_path / "vae" / "3").iterdir()) == []


def test_a_version_below_one_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match="Received: version=0"):
        export.publish(model, tmp_path / "vae", 0)


def test_losing_a_race_takes_the_next_number(model, tmp_path, monkeypatch):
    directory = tmp_path / "vae"
    real = publishing.versions
    answers = iter([[], *[None] * 9])

    def versions_a_moment_ago(path):
        stale = next(answers)
        if stale is None:
            return real(path)
        (directory / "1").mkdir(parents=True)  # somebody else publishes right after the look
        (directory / "1" / "saved_model.pb").write_text("theirs")
        return stale

    monkeypatch.setattr(publishing, "versions", versions_a_moment_ago)
    assert export.publish(model, directory, warmup=False).name == "2"
    assert (directory / "1" / "saved_model.pb").read_text() == "theirs"


def test_a_failed_publication_leaves_nothing(model, tmp_path, monkeypatch):
    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr("unizoo.export.saved_model.write_warmup", fail)
    with pytest.raises(OSError, match="disk full"):
        export.publish(model, tmp_path / "vae")
    assert list((tmp_path / "vae").iterdir()) == []
