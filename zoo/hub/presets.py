"""Presets: trained models as folders, written whole, read with their checksum verified.

A folder holds `config.json` (the model's class and constructor arguments, plain JSON), `metadata.json` (how it was
made and what it measures, and the sha256 of the weights), `model.weights.h5` (every network, no optimizer state) and
`README.md` (the model card, generated from the other two).
"""

import difflib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

BUILT_IN = Path(__file__).parent.with_name("presets")
CONFIG, METADATA, WEIGHTS, CARD = "config.json", "metadata.json", "model.weights.h5", "README.md"


def nearest(name, names):
    """The end of an error message about an unknown name: the nearest known ones."""
    names = sorted(set(names))
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    return f"Nearest: {', '.join(close)}." if close else f"Known: {', '.join(names)}."


def preset_names():
    """Names of the presets that come with the package, sorted."""
    return sorted(path.parent.name for path in BUILT_IN.glob(f"*/{METADATA}"))


def preset_folder(preset):
    """The folder of a preset.

    Args:
        preset: a built-in preset's name, a folder's path, or `hf://owner/name` (needs `pip install unizoo[hub]`).

    Returns:
        A `Path` that holds a preset.

    Raises:
        ValueError: for an unknown name, with the nearest ones.
        FileNotFoundError: for a folder that does not hold a preset.
    """
    text = os.fspath(preset)
    if text.startswith("hf://"):
        return _from_hub(text)
    folder = Path(text)
    if len(folder.parts) == 1 and (BUILT_IN / folder / METADATA).exists():
        return BUILT_IN / folder
    if folder.is_dir():
        missing = [name for name in (CONFIG, METADATA, WEIGHTS) if not (folder / name).exists()]
        if missing:
            raise FileNotFoundError(
                f"{folder} is not a preset: it lacks {', '.join(missing)}; model.save_to_preset(folder) makes one. "
                f"Received: {text!r}"
            )
        return folder
    if folder.is_absolute() or len(folder.parts) > 1:
        raise FileNotFoundError(f"There is no such folder. Received: {text!r}")
    raise ValueError(
        f"There is no preset, and no folder, of this name. {nearest(text, preset_names())} Received: {text!r}"
    )


def _from_hub(url):
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ImportError(
            f"Presets on the hub need huggingface_hub: pip install unizoo[hub]. Received: {url!r}"
        ) from error
    repository = url.removeprefix("hf://").strip("/")
    if repository.count("/") != 1:
        raise ValueError(f"A preset on the hub is named hf://owner/name. Received: {url!r}")
    try:
        return Path(snapshot_download(repository, allow_patterns=[CONFIG, METADATA, WEIGHTS, CARD]))
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise OSError(f"The preset could not be fetched from the hub: {reason} Received: {url!r}") from error


def read_metadata(preset):
    """A preset's `metadata.json`, a dict."""
    return _read_json(preset_folder(preset) / METADATA)


def read_card(preset):
    """A preset's model card, Markdown text."""
    return (preset_folder(preset) / CARD).read_text(encoding="utf-8")


def data_names(recipe):
    """The data sets of a recipe in a preset's metadata: one for each domain; none if it does not say."""
    return [name for name in (recipe.get("data"), recipe.get("second_data")) if name]


def reading_options(recipe):
    """What a recipe's `load` in a preset's metadata says of reading other splits: resizing, damaged files."""
    return {key: one for key, one in recipe.get("load", {}).items() if key in ("resize", "margin", "on_error")}


def judged_images(quality):
    """What kind of images the figures of quality in a preset's metadata are of."""
    return f"translations of {quality['translated_from']}" if "translated_from" in quality else "samples"


def read_preset(preset):
    """What a preset's model is made from, once its weights are known to be whole.

    Args:
        preset: as for `preset_folder`.

    Returns:
        The content of `config.json` (a dict with `model`, a name, and `config`) and the `Path` of the weights.

    Raises:
        ValueError: if the weights are not those that the metadata state (sha256).
    """
    folder = preset_folder(preset)
    config, metadata = _read_json(folder / CONFIG), _read_json(folder / METADATA)
    actual = sha256(folder / WEIGHTS)
    if actual != metadata.get("sha256"):
        raise ValueError(
            f"{folder / WEIGHTS} is damaged or not the file that {METADATA} describes: expected sha256 "
            f"{metadata.get('sha256')}. Received: {actual}"
        )
    return config, folder / WEIGHTS


def check_replaceable(folder):
    """The `Path` of a folder that a preset may be written to: there is none yet, or a preset, which is replaced.

    Raises:
        FileExistsError: if the folder exists and is not a preset.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / METADATA).exists():
        raise FileExistsError(
            f"The folder exists and is not a preset; it is left alone. Received: {os.fspath(folder)!r}"
        )
    return folder


def check_weights(model):
    """Refuse a model whose weights are not all finite numbers, with a ValueError that names them."""
    import keras
    import numpy as np

    broken = [weight.path for weight in model.weights if not np.isfinite(keras.ops.convert_to_numpy(weight)).all()]
    if broken:
        raise ValueError(
            f"{type(model).__name__} has weights that are not finite numbers: its training diverged. "
            f"Received: {', '.join(broken[:3])}{' and others' * (len(broken) > 3)}"
        )


def write_preset(model, name, folder, metadata=None, card=None, half=False, extra=None):
    """Write a model as a preset; the folder appears whole or not at all.

    Args:
        model: the model.
        name: the model's name in the registry.
        folder: path of the folder to write; it must not exist, or be a preset, which is replaced.
        metadata: dict for `metadata.json`; the model's name, the count of parameters and the checksum are added.
        card: a function from the completed metadata to the Markdown of the model card; None for a short one.
        half: store the weights in half precision, half the size (the model computes in float32 all the same).
        extra: dict of further files' names to their bytes (a sample grid).

    Returns:
        The folder's `Path`.

    Raises:
        FileExistsError: if the folder exists and is not a preset.
        ValueError: if a weight is not a finite number.
    """
    check_weights(model)
    folder = check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        temporary.chmod(0o755)
        _write_json(temporary / CONFIG, {"model": name, "config": model.get_config()})
        _write_weights(model, temporary / WEIGHTS, half)
        metadata = {
            "model": name,
            **(metadata or {}),
            "parameters": int(model.count_params()),
            "sha256": sha256(temporary / WEIGHTS),
        }
        _write_json(temporary / METADATA, metadata)
        text = card(metadata) if card else f"# {folder.name}\n\nA `{name}` of unizoo.\n"
        (temporary / CARD).write_text(text, encoding="utf-8")
        for file_name, content in (extra or {}).items():
            (temporary / file_name).write_bytes(content)
        _replace_folder(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _replace_folder(source, target):
    """Rename `source` to `target`; what stood there stays until the new one is in place."""
    old = target.with_name(f".{target.name}-old-{os.getpid()}")
    if target.exists():
        target.rename(old)
    try:
        source.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write_weights(model, path, half):
    copy = type(model).from_config(model.get_config())  # a compiled model would save its optimizers too
    copy.set_weights(model.get_weights())
    copy.save_weights(path)
    if half:
        _to_half_precision(path)


def _to_half_precision(path):
    """Rewrite an HDF5 file of weights with its float32 arrays as compressed float16."""
    import h5py
    import numpy as np

    partial = path.with_name("half-" + path.name)
    with h5py.File(path) as source, h5py.File(partial, "w") as target:
        target.attrs.update(source.attrs)

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                values = item[()]
                values = values.astype(np.float16) if values.dtype == np.float32 else values
                options = {"compression": "gzip", "shuffle": True} if values.ndim else {}
                written = target.create_dataset(name, data=values, **options)
            else:
                written = target.require_group(name)
            written.attrs.update(item.attrs)

        source.visititems(copy)
    partial.replace(path)


def sha256(path):
    """The sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not valid JSON: {error}. Received: {os.fspath(path)!r}") from error


def _write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
