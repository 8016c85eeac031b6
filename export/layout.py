"""Where TensorFlow Serving looks: a model's folder holds its versions, a version's folder its warm-up records."""

import re
from pathlib import Path

WARMUP_RECORDS = "assets.extra/tf_serving_warmup_requests"


def version_folders(directory):
    """The integer-named folders in a model's folder, a dict from number to `Path`.

    Raises:
        OSError: if the folder cannot be read.
    """
    numbered = (path for path in Path(directory).iterdir() if re.fullmatch(r"[0-9]{1,19}", path.name))
    return {int(path.name): path for path in sorted(numbered) if int(path.name) < 2**63 and path.is_dir()}
