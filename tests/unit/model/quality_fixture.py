#!/usr/bin/env python3
"""Prints quality_fixture.h: points of three clouds and what scikit-learn says of two labellings.

usage: python3 quality_fixture.py > quality_fixture.h    (numpy and scikit-learn 1.9 in a venv)
"""

import numpy
from sklearn import cluster, metrics

SIXTY_FOURTHS = 64  # floats hold such points exactly

random = numpy.random.RandomState(7)
clouds = [random.normal(c, s, (20, 4)) for c, s in ((0, 1), (2.5, 0.7), (-2, 1.5))]
whole = numpy.round(numpy.vstack(clouds) * SIXTY_FOURTHS).astype(int)
points = whole / SIXTY_FOURTHS
true = numpy.repeat([0, 1, 2], 20)
mixed = true.copy()
mixed[::7] = (mixed[::7] + 1) % 3
mixed[5:9] = 3


centroids = numpy.round(
    numpy.array([points[true == label].mean(0) for label in range(3)]) * SIXTY_FOURTHS
) / SIXTY_FOURTHS


def squares_to(places):
    return ((points[:, None] - places) ** 2).sum(-1)


def simplified_silhouette():
    own, other = numpy.sort(numpy.sqrt(squares_to(centroids)), axis=1)[:, :2].T
    return (1 - own / other).mean()


def weakest_cluster(first, second):
    """Tibshirani and Walther's, pair by pair."""
    shares = []
    for label in set(first):
        members = numpy.flatnonzero(first == label)
        pairs = [(a, b) for a in members for b in members if a != b]
        shares.append(sum(second[a] == second[b] for a, b in pairs) / len(pairs))
    return min(shares)


def show(name, values):
    print(f"inline constexpr double {name}[] = {{{', '.join(repr(float(v)) for v in values)}}};")


print("// By quality_fixture.py, with scikit-learn; do not edit.")
print("#pragma once\n\nnamespace segmentd::model {\n\n// clang-format off")
print("// A point per line, in sixty-fourths.")
print("inline constexpr int kPoints[60][4] = {")
for point in whole:
    print(f"    {{{', '.join(str(value) for value in point)}}},")
print("};\ninline constexpr int kMixed[60] = {")
for part in numpy.split(mixed, 3):
    print(f"    {', '.join(str(label) for label in part)},")
print("};")
print("// Of the clouds as labels (0, 1, 2, twenty each), then of kMixed.")
show("kSilhouettes", [metrics.silhouette_score(points, labels) for labels in (true, mixed)])
show("kDaviesBouldin", [metrics.davies_bouldin_score(points, labels) for labels in (true, mixed)])
show("kCalinski", [metrics.calinski_harabasz_score(points, labels) for labels in (true, mixed)])
print("// Of the one against the other: adjusted Rand index, normalised mutual information.")
show("kAgreement", [metrics.adjusted_rand_score(true, mixed),
                    metrics.normalized_mutual_info_score(true, mixed)])
print("// Tibshirani and Walther's of the one and the other, and the reverse.")
show("kWeakest", [weakest_cluster(true, mixed), weakest_cluster(mixed, true)])
print("// Near to the clouds' means, in sixty-fourths; what they make of the points.")
print("inline constexpr int kCentroids[3][4] = {")
for centroid in numpy.round(centroids * SIXTY_FOURTHS).astype(int):
    print(f"    {{{', '.join(str(value) for value in centroid)}}},")
print("};")
show("kSimplifiedSilhouette", [simplified_silhouette()])
show("kInertiaOfCentroids", [squares_to(centroids).min(1).sum()])
print("// The best of twenty starts of k-means with three clusters.")
show("kBestInertia", [cluster.KMeans(3, n_init=20, random_state=0).fit(points).inertia_])
print("// clang-format on\n\n}  // namespace segmentd::model")
