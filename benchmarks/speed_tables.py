"""README's tables of speed, as Markdown, from the CSV files that the benchmarks write."""

import common

VERSIONS = ("unizoo", "tensorflow", "keras", "torch", "python")


def markdown(header, rows, numbers_from=1):
    """A Markdown table; columns from `numbers_from` on are aligned right."""
    rule = ["---" if column < numbers_from else "--:" for column in range(len(header))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *rows)) + "\n"


def speed_block(results, names=None):
    """The tables of the benchmarks whose CSV files are in a folder, each with the conditions of its measurement.

    Args:
        results: the folder.
        names: which benchmarks; None for all.
    """
    parts = []
    for name in names or TABLES:
        path = results / f"{name}.csv"
        if path.exists():
            rows = common.read_csv(path)
            parts.append(f"{TABLES[name](rows)}\n{_conditions(name, rows[0])}\n")
    return "\n".join(parts) or "Not measured yet.\n"


def _conditions(name, row):
    """One line: the script, the versions, the machine, and the load when it ended."""
    versions = ", ".join(f"{key} {row[key]}" for key in VERSIONS if row.get(key))
    machine = f"{row['processor']}, {row['cores']} cores, load average {row['load_average']}"
    return f"`benchmarks/{name}.py`, medians of {row.get('repeats') or row['calls']} turns: {versions}; {machine}."


def _whole(text):
    return f"{float(text):,.0f}"


def _training(rows):
    """Models across, cases down: images per CPU second, and the ratio to the best bare loop."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    cells = {
        (row["case"], row["model"]): f"{_whole(row['images_per_cpu_second'])} ({float(row['ratio_to_best_bare']):.2f})"
        for row in rows
    }
    cases = list(dict.fromkeys(row["case"] for row in rows))
    first = rows[0]
    threads = "all cores" if first["threads"] == "0" else f"{first['threads']} thread(s)"
    title = f"Training, images per second of CPU time, batch {first['batch_size']}, {threads} (by the best bare loop)"
    return markdown((title, *models), [(case, *(cells.get((case, model), "") for model in models)) for case in cases])


def _likelihood(rows):
    lines = [
        (
            f"{row['model']}, {int(row['images']):,} images of {int(row['importance_samples']):,} samples",
            f"{float(row['images_per_second']):.1f}",
            f"{float(row['images_per_cpu_second']):.1f}",
            f"{row['peak_mib']} MiB",
        )
        for row in rows
    ]
    return markdown(("`log_prob`", "images/s", "images/CPU s", "peak memory"), lines)


def _cold_start(rows):
    lines = [(row["process"], f"{float(row['seconds']):.2f} s") for row in rows]
    return markdown(("Cold process", "wall time"), lines)


def _serving(rows):
    lines = [(row["model"], row["rows"], row["call"], row["p50_ms"], row["p95_ms"]) for row in rows]
    return markdown(("`generate`", "rows", "call", "p50 (ms)", "p95 (ms)"), lines)


TABLES = {
    "training_speed": _training,
    "likelihood_speed": _likelihood,
    "cold_start": _cold_start,
    "serving_speed": _serving,
}
