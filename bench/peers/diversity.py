"""Processes the same questions with NLTK and scikit-learn, as R-Zero's code does. Run by `bench/diversity.ts`.

    python bench/peers/diversity.py TASK.json   (needs nltk and scikit-learn)

TASK.json: {"whole": [texts], "large": [texts], "pairs": [[i, j], ...], "condensed": file of float64, "threshold": t}
Prints one JSON object: seconds, labels and scores.
"""

import json
import platform
import sys
import time

import nltk
import numpy as np
import sklearn
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from scipy.spatial.distance import squareform
from sklearn.cluster import AgglomerativeClustering

SMOOTH = SmoothingFunction().method1


def bleu(reference, hypothesis):
    return sentence_bleu([reference], hypothesis, smoothing_function=SMOOTH)


def cluster(matrix, threshold):
    return AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=threshold
    ).fit_predict(matrix)


def main(path):
    with open(path) as file:
        task = json.load(file)

    start = time.perf_counter()
    tokens = [text.split() for text in task["whole"]]
    n = len(tokens)
    matrix = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            matrix[i, j] = matrix[j, i] = 1 - bleu(tokens[j], tokens[i])
    bleu_seconds = time.perf_counter() - start
    whole_labels = cluster(matrix, task["threshold"])
    whole_seconds = time.perf_counter() - start

    tokens = [text.split() for text in task["large"]]
    start = time.perf_counter()
    scores = [bleu(tokens[j], tokens[i]) for i, j in task["pairs"]]
    pair_seconds = time.perf_counter() - start

    large = squareform(np.fromfile(task["condensed"], dtype=np.float64))
    start = time.perf_counter()
    large_labels = cluster(large, task["threshold"])
    large_seconds = time.perf_counter() - start

    print(json.dumps({
        "versions": {"python": platform.python_version(), "nltk": nltk.__version__, "scikit-learn": sklearn.__version__},
        "whole": {
            "bleuSeconds": bleu_seconds,
            "seconds": whole_seconds,
            "distances": matrix[np.triu_indices(n, k=1)].tolist(),
            "labels": whole_labels.tolist(),
        },
        "pairs": {"seconds": pair_seconds, "scores": scores},
        "large": {"clusterSeconds": large_seconds, "labels": large_labels.tolist()},
    }))


main(sys.argv[1])
