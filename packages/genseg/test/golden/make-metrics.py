"""Makes metrics.json, the reference values of src/metrics, with numpy and scipy alone:
`python3 make-metrics.py` in this folder, then `npm run format`. Written with numpy 1.24 and scipy 1.10."""

import itertools
import json

import numpy as np
from scipy import ndimage, stats

rng = np.random.default_rng(20250730)


def blobs(shape, smooth, classes):
    """A smooth random label image with about equal parts of `classes` classes."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape), smooth)
    edges = np.quantile(field, np.linspace(0, 1, classes + 1)[1:-1])
    return np.digitize(field, edges)


def corrupt(labels, amount):
    """The labels with a part of the pixels moved or replaced."""
    moved = np.roll(labels, 1, axis=-1)
    noise = rng.integers(0, labels.max() + 1, labels.shape)
    return np.where(rng.random(labels.shape) < amount, noise, moved)


def surface(mask):
    return mask & ~ndimage.binary_erosion(mask)  # border_value=0: outside is background


def scores(prediction, truth, spacing, tolerance):
    tp = int((prediction & truth).sum())
    fp = int((prediction & ~truth).sum())
    fn = int((~prediction & truth).sum())
    a, b = surface(prediction), surface(truth)
    to_truth = ndimage.distance_transform_edt(~b, sampling=spacing)[a]
    to_prediction = ndimage.distance_transform_edt(~a, sampling=spacing)[b]
    both = np.concatenate([to_truth, to_prediction])
    return {
        "dice": 2 * tp / (2 * tp + fp + fn),
        "jaccard": tp / (tp + fp + fn),
        "precision": tp / (tp + fp),
        "recall": tp / (tp + fn),
        "hd95": max(np.percentile(to_truth, 95), np.percentile(to_prediction, 95)),
        "assd": both.mean(),
        "nsd": (both <= tolerance).mean(),
    }


def case(shape, spacing, classes, amount, tolerance):
    truth = blobs(shape, 2, classes)
    prediction = corrupt(truth, amount)
    return {
        "shape": shape,
        "spacing": spacing,
        "tolerance": tolerance,
        "prediction": "".join(map(str, prediction.ravel())),
        "truth": "".join(map(str, truth.ravel())),
        "classes": {
            c: scores(prediction == c, truth == c, spacing, tolerance) for c in range(1, classes)
        },
    }


def enumerated_p_value(differences):
    """Two-sided exact p with ties, over all 2^n sign patterns."""
    d = np.array([x for x in differences if x != 0])
    ranks = stats.rankdata(abs(d))
    observed = min(ranks[d > 0].sum(), ranks[d < 0].sum())
    sums = [np.dot(ranks, signs) for signs in itertools.product([0, 1], repeat=len(d))]
    return min(1, 2 * np.mean([s <= observed for s in sums]))


def signed_rank(differences, method):
    result = stats.wilcoxon(differences, method="approx" if method == "normal" else method)
    exact_with_ties = method == "exact" and len(set(map(abs, differences))) < len(differences)
    p = enumerated_p_value(differences) if exact_with_ties else result.pvalue
    return {
        "differences": list(differences),
        "method": method,
        "statistic": float(result.statistic),
        "pValue": float(p),
    }


def quantised(n, mean):
    return [round(float(x), 1) for x in rng.normal(mean, 1, n)]


golden = {
    "cases": [
        case((24, 20), None, 2, 0.02, 1),
        case((24, 20), (0.5, 1.25), 2, 0.1, 1.5),
        case((31, 17), (1.0, 0.7), 3, 0.0, 1),
        case((16, 16), None, 4, 0.3, 2),
        case((9, 12, 10), (3.0, 0.8, 0.8), 3, 0.02, 2),
    ],
    "signedRank": [
        signed_rank([0.3, 1.1, -0.2, 0.7, 0.9], "exact"),
        signed_rank(rng.normal(0.4, 1, 12).tolist(), "exact"),
        signed_rank(rng.normal(0, 1, 25).tolist(), "exact"),
        signed_rank(rng.normal(0.3, 1, 50).tolist(), "exact"),
        signed_rank([1.0, 2.0, 2.0, -1.0, 3.0, 0.0, 4.0, 4.0, 4.0, -2.0], "exact"),
        signed_rank([0.5, -0.5, 0.5, -0.5, 1.0], "exact"),
        signed_rank(quantised(250, 0.05), "normal"),
        signed_rank(quantised(300, 0.2), "normal"),
        signed_rank(quantised(400, 0.6), "normal"),
    ],
    "percentiles": [
        {"values": values, "percent": percent, "expected": float(np.percentile(values, percent))}
        for values in ([2.0], [1.0, 4.0], [0.0, 1.0, 1.5, 7.0, 9.0])
        for percent in (0, 2.5, 50, 95, 100)
    ],
}

with open("metrics.json", "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
