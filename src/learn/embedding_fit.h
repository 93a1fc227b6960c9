#pragma once

#include <functional>

#include "segmentd/base/result.h"
#include "segmentd/learn/placing.h"
#include "segmentd/learn/retrain.h"
#include "segmentd/model/bundle.h"
#include "segments.h"

namespace segmentd::learn {

// Fits the embedding that is asked for to points.scaled and points.limits, into bundle.embedding
// and bundle.decoder. PCA takes its place where an autoencoder has too few rows, is not better than
// PCA by a twentieth on the held-out customers, or cannot be trained; the report says so. before:
// how the champion sees the rows; null without one. anchor: how strongly codes are held near to the
// champion's. kCancelled when go_on says so.
Status FitEmbedding(const model::Bundle* champion, const Placed* before, const Points& points,
                    const Options& options, float anchor, const std::function<bool(double)>& go_on,
                    model::Bundle& bundle, Report& report);

// Dimensions in use, and how many share the variance: into the report.
void MeasureCodes(const model::Matrix& codes, EmbeddingReport& report);

}  // namespace segmentd::learn
