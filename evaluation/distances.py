"""Distances between two sets of features: are generated and real images distributed alike?

Pure functions of NumPy arrays [n, d], computed in float64, in memory bounded by [500, n]:

- `frechet_distance` (Heusel et al. 2017), between the Gaussians that fit both sides,
  `|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))`;
- `kernel_distance` (KID, Binkowski et al. 2018), the squared maximum mean discrepancy under
  `k(x, y) = (x.y / d + 1)^3`;
- `precision_recall` (Kynkäänniemi et al. 2019), the share of each side that lies within the manifold of the
  other, which tells quality from variety.

The Fréchet distance is biased upwards, by about 1/n: compare figures with equal numbers of samples only.
"""

from typing import Any, NamedTuple

import numpy as np

_ROWS = 500  # rows of a distance or kernel matrix held at once


class Moments(NamedTuple):
    """Mean [d] and unbiased covariance [d, d] of features, float64."""

    mean: np.ndarray
    covariance: np.ndarray


def moments(features: Any) -> Moments:
    """Mean and unbiased covariance of features.

    Args:
        features: [n, d], finite, with n > d: fewer samples give a singular covariance, and a Fréchet distance
            that measures mostly the number of samples.

    Raises:
        ValueError: if there are too few samples, or values that are not finite.
    """
    features = finite_matrix("features", features)
    n, d = features.shape
    if n < d + 1:
        raise ValueError(f"The covariance of {d} features needs at least {d + 1} samples. Received: {n} samples")
    return Moments(features.mean(axis=0), np.cov(features, rowvar=False).reshape(d, d))


def frechet_distance(features_a: Any, features_b: Any) -> float:
    """Fréchet distance between the Gaussians that fit two sets of features (in squared feature units).

    Args:
        features_a: [n, d], finite, n > d.
        features_b: [m, d], finite, m > d.
    """
    return frechet_distance_from_moments(moments(features_a), moments(features_b))


def frechet_distance_from_moments(a: Moments, b: Moments) -> float:
    """Fréchet (2-Wasserstein, squared) distance between two Gaussians.

    With `C = L L^T` for each covariance, `tr (C_a C_b)^(1/2)` is the sum of the singular values of
    `L_a^T L_b`: no root of a non-symmetric matrix, no complex numbers; singular covariances do no harm.

    Args:
        a: mean [d] and covariance [d, d].
        b: as `a`.

    Raises:
        ValueError: if shapes differ, values are not finite, or a covariance is not symmetric and positive
            semi-definite.
    """
    root_a, root_b = _covariance_root(a), _covariance_root(b)
    if root_a.shape != root_b.shape:
        raise ValueError(f"Both sides need equally many features. Received: {len(root_a)} and {len(root_b)}")
    difference = np.asarray(a.mean, np.float64) - np.asarray(b.mean, np.float64)
    overlap = np.linalg.svd(root_a.T @ root_b, compute_uv=False).sum()
    distance = difference @ difference + np.trace(a.covariance) + np.trace(b.covariance) - 2 * overlap
    return max(float(distance), 0.0)  # rounding may leave -1e-14


def kernel_distance(features_a: Any, features_b: Any, blocks: int = 10) -> tuple[float, float]:
    """Kernel distance (KID): the unbiased estimate of MMD^2 under `k(x, y) = (x.y / d + 1)^3`.

    Both sides are cut into `blocks` nearly equal consecutive parts and the estimate is made on each pair of
    parts; being unbiased it does not depend on their size, and may be slightly negative.

    Args:
        features_a: [n, d], finite.
        features_b: [m, d], finite.
        blocks: number of parts; each needs at least two samples of either side.

    Returns:
        Mean and (population) standard deviation over the blocks.
    """
    features_a, features_b = _pair(features_a, features_b)
    require_parts("blocks", blocks, min(len(features_a), len(features_b)) // 2)
    estimates = [
        _unbiased_mmd(a, b)
        for a, b in zip(np.array_split(features_a, blocks), np.array_split(features_b, blocks), strict=True)
    ]
    return float(np.mean(estimates)), float(np.std(estimates))


def precision_recall(features: Any, reference_features: Any, neighbours: int = 3) -> tuple[float, float]:
    """Improved precision and recall: how real the samples look, and how much of the real variety they cover.

    A set's manifold is the union of balls around its points, each reaching to the point's k-th nearest other
    point. Precision is the share of samples in the reference's manifold, recall the share of the reference in
    the samples' manifold.

    Args:
        features: [n, d] of the generated samples, finite.
        reference_features: [m, d] of the real samples, finite.
        neighbours: k, from 1 to less than either number of samples.

    Returns:
        Precision and recall, each in [0, 1].
    """
    features, reference = _pair(features, reference_features)
    require_parts("neighbours", neighbours, min(len(features), len(reference)) - 1)
    # Distances are differences of squares, exact only near the origin.
    centre = reference.mean(axis=0)
    features, reference = features - centre, reference - centre
    precision = _share_inside(features, reference, _squared_radii(reference, neighbours))
    recall = _share_inside(reference, features, _squared_radii(features, neighbours))
    return precision, recall


def finite_matrix(name: str, values: Any) -> np.ndarray:
    """`values` as a float64 matrix [n, d], refused if it is empty or has values that are not finite."""
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"`{name}` must be a matrix [n, d], not empty. Received: shape {values.shape}")
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values).all(axis=1)).sum())
        raise ValueError(f"`{name}` must be finite. Received: {bad} of {len(values)} rows with NaN or infinity")
    return values


def require_parts(name: str, value: int, most: int) -> None:
    """Refuses a number of parts or neighbours for which there are not enough samples."""
    if not 1 <= value <= most:
        raise ValueError(
            f"`{name}` must be at least 1 and, with these samples, at most {most}. Received: {name}={value}"
        )


def _pair(features_a: Any, features_b: Any) -> tuple[np.ndarray, np.ndarray]:
    features_a, features_b = finite_matrix("features", features_a), finite_matrix("features", features_b)
    if features_a.shape[1] != features_b.shape[1]:
        raise ValueError(
            f"Both sides need equally many features. Received: shapes {features_a.shape} and {features_b.shape}"
        )
    return features_a, features_b


def _covariance_root(of: Moments) -> np.ndarray:
    """L [d, d] with `L L^T` the covariance."""
    covariance = finite_matrix("covariance", of.covariance)
    mean = finite_matrix("mean", np.atleast_2d(of.mean))
    if covariance.shape != (mean.size, mean.size) or not np.allclose(covariance, covariance.T):
        raise ValueError(
            "A covariance must be a symmetric matrix [d, d] for a mean [d]. "
            f"Received: covariance {covariance.shape}, mean {mean[0].shape}"
        )
    values, vectors = np.linalg.eigh(covariance)
    if values[0] < -1e-6 * max(values[-1], 0.0):
        raise ValueError(f"A covariance must be positive semi-definite. Received: eigenvalue {values[0]}")
    return vectors * np.sqrt(np.maximum(values, 0.0))


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    d = a.shape[1]
    return sum(float(((a[i : i + _ROWS] @ b.T / d + 1) ** 3).sum()) for i in range(0, len(a), _ROWS))


def _unbiased_mmd(a: np.ndarray, b: np.ndarray) -> float:
    def within(x: np.ndarray) -> float:
        diagonal = ((np.einsum("nd,nd->n", x, x) / x.shape[1] + 1) ** 3).sum()
        return (_kernel_sum(x, x) - diagonal) / (len(x) * (len(x) - 1))

    return within(a) + within(b) - 2 * _kernel_sum(a, b) / (len(a) * len(b))


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.maximum(squares, 0.0)


def _squared_radii(points: np.ndarray, neighbours: int) -> np.ndarray:
    """Squared distance [n] of each point to its k-th nearest other point."""
    radii = np.empty(len(points))
    for start in range(0, len(points), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(points)))
        squares = _squared_distances(points[rows], points)
        squares[rows - start, rows] = np.inf  # a point is not its own neighbour
        radii[rows] = np.partition(squares, neighbours - 1, axis=1)[:, neighbours - 1]
    return radii


def _share_inside(points: np.ndarray, centres: np.ndarray, squared_radii: np.ndarray) -> float:
    inside = 0
    for start in range(0, len(points), _ROWS):
        squares = _squared_distances(points[start : start + _ROWS], centres)
        inside += int((squares <= squared_radii).any(axis=1).sum())
    return inside / len(points)
