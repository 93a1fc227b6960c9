#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/model/embedding.h"
#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// What an autoencoder learns from; all of the same columns.
struct Lessons {
  const model::Matrix& scaled;             // d x n
  const model::Matrix& limits;             // d x n: the feature's weight where it is known, else 0
  const std::vector<double>& weights;      // n
  const std::vector<bool>& held_out;       // n: judged by, never trained on
  const model::Matrix* anchors = nullptr;  // l x n codes to stay near to, or none
};

struct AutoencoderOptions {
  int codes = 8;
  bool variational = false;
  int epochs = 20;
  float rate = 1e-3F;  // at first; it falls with half a cosine
  float anchor = 0;    // weight of the squared distance to the anchors
  std::uint64_t seed = 1;
};

struct AutoencoderFit {
  model::Embedding embedding;
  model::Decoder decoder;
  int epochs = 0;
  int restored = 0;        // times it went back to its last good state
  bool abandoned = false;  // went back once too often: the best state so far is what it is
  double first_loss = 0;   // of the held-out, without noise
  double last_loss = 0;    // of the state that was kept: the best of all epochs
};

// Trains from the PCA, or on from `warm` where that has the same shape. Batches of 256, noise and
// masks in the input, AdamW, early stop. Deterministic by seed. kCancelled
// when go_on, called before each epoch with the share done, returns false.
Result<AutoencoderFit> FitAutoencoder(const Lessons& lessons, const model::Embedding& pca,
                                      const AutoencoderFit* warm, const AutoencoderOptions& options,
                                      const std::function<bool(double)>& go_on);

}  // namespace segmentd::learn
