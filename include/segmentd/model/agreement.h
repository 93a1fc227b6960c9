#pragma once

#include <vector>

namespace segmentd::model {

// How far two labellings of the same points agree, whatever the labels are called; scikit-learn's
// formulae. REQUIRES: as many labels in both.

// 1 for the same partition, about 0 for what chance gives.
double AdjustedRand(const std::vector<int>& first, const std::vector<int>& second);

// Normalised by the arithmetic mean of the entropies: 1 for the same partition, 0 for unrelated
// ones.
double MutualInformation(const std::vector<int>& first, const std::vector<int>& second);

// Of the pairs of points in each of the first's clusters, the share that the second has together
// too; the least of the clusters. A cluster of one point has no pair and counts 0. What the
// prediction strength is made of.
double WeakestCluster(const std::vector<int>& first, const std::vector<int>& second);

}  // namespace segmentd::model
