#pragma once

#include <cstdint>
#include <vector>

#include "segmentd/learn/retrain.h"
#include "segmentd/model/bundle.h"
#include "segmentd/model/kmeans.h"

namespace segmentd::learn {

// Clusters that started from the champion's segments.
struct Anchored {
  model::KMeansFit fit;
  std::vector<int>
      origins;  // by cluster: place of the champion's segment that it is; -1: a new one
  std::vector<model::Lineage> lineage;  // of what was retired, merged or split; sequence is open,
                                        // and the child of a new cluster, which has no id yet
  std::vector<int> cluster_of_child;    // by lineage entry: the new cluster, or -1
};

// Each cluster starts as the mean code of a segment's customers; Lloyd's steps follow. A segment
// without any is retired.
Anchored StartFromSegments(const model::Bundle& champion, const std::vector<int>& champion_labels,
                           const model::Matrix& codes, const std::vector<double>& weights,
                           int iterations_max);

// Changes the number of segments where customers ask for it, one of a kind at a time and within the
// range of k. Retires one that has become less than a hundredth of all. Merges two whose centroids
// are nearer to each other than the mean of their radii, or cost less than a hundredth of all
// squared distances as one, under the champion as under this one. Splits one in two that together
// have 35 % less of its squared distances, with a valley between them, each of 3 % of all customers
// at least, and the same ones whichever half of the customers one looks at. Bears one where there
// are fewer than there have to be: among the customers who are farthest from all segments.
void Restructure(const model::Bundle& champion, const model::Matrix& codes,
                 const std::vector<double>& weights, const Options& options, Anchored& anchored);

}  // namespace segmentd::learn
