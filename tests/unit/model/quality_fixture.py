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


def inertia(labels):
    groups = [points[labels == label] for label in set(labels)]
    return sum(((group - group.mean(0)) ** 2).sum() for group in groups)


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
show("kInertias", [inertia(true), inertia(mixed)])
print("// Of the one against the other: adjusted Rand index, normalised mutual information.")
show("kAgreement", [metrics.adjusted_rand_score(true, mixed),
                    metrics.normalized_mutual_info_score(true, mixed)])
print("// The best of twenty starts of k-means with three clusters.")
show("kBestInertia", [cluster.KMeans(3, n_init=20, random_state=0).fit(points).inertia_])
print("// clang-format on\n\n}  // namespace segmentd::model")
