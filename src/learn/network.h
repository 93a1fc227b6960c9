#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "segmentd/base/random.h"
#include "segmentd/model/embedding.h"
#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// kBlockColumns customers on their side: a column per feature, a row (lane) per customer.
using Lanes = Eigen::Matrix<float, model::kBlockColumns, Eigen::Dynamic>;
using LaneWeights = Eigen::Array<float, model::kBlockColumns, 1>;

// One block to learn from.
struct Examples {
  Lanes noisy;    // what the encoder sees
  Lanes target;   // what the decoder shall give back
  Lanes limits;   // weight of a feature where it is known, else 0: where its loss turns linear
  Lanes anchors;  // codes to stay near to; empty: none
  Lanes draws;    // standard normal, for a variational code; empty: the mean is the code
  LaneWeights weights;  // of the customers; 0 for lanes that are nobody
};

struct Losses {
  double reconstruction = 0;
  double anchor = 0;
  double divergence = 0;
  double total() const { return reconstruction + anchor + divergence; }
};

struct LossWeights {
  float anchor = 0;
  float divergence = 0;  // of the variational code from a standard normal
};

// Linear skip plus 64 and 32 SiLU units on the way to the code, the mirror of it on the way back:
// z = W x + f(x), x' = V z + g(z). Sums, rounding and gradients are the same on every processor.
class Network {
 public:
  Network(int inputs, int codes, bool variational);

  // Starts as the PCA, with the layers a hundredth beside it.
  void StartFrom(const model::Embedding& pca, Random& random);
  // Starts where a trained one stands. False when it has another shape; nothing is changed then.
  bool StartFrom(const model::Embedding& embedding, const model::Decoder& decoder);
  void Store(model::Embedding& embedding, model::Decoder& decoder) const;

  // The loss of a block, and its gradient added to `gradient` (parameters().size() of them, or
  // none). scale: a share of one, what a unit of weight counts.
  Losses Pass(const Examples& block, const LossWeights& losses, float scale,
              std::span<float> gradient);

  std::span<float> parameters() { return parameters_; }
  // Places of the weights that may be made smaller; biases are not among them.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<Range> decaying() const;

  int inputs() const { return encoder_.skip.inputs; }
  int codes() const { return encoder_.skip.outputs; }

 private:
  // Weights are outputs x inputs, column by column, each filled up with zeros to whole steps of the
  // kernel.
  struct Layer {
    int inputs = 0;
    int outputs = 0;
    int rows = 0;
    std::size_t weights = 0;
    std::size_t bias = 0;
    bool has_bias = true;
  };
  struct Tower {
    Layer skip;
    std::vector<Layer> layers;
  };
  // What the way back needs of the way there.
  struct Trace {
    std::vector<Lanes> sums;
    std::vector<Lanes> values;
    Lanes output;
  };

  Layer AddLayer(int inputs, int outputs, bool has_bias);
  Tower AddTower(const std::vector<int>& widths);
  void Forward(const Layer& layer, const Lanes& input, Lanes& output) const;
  void Backward(const Layer& layer, const Lanes& input, const Lanes& output_gradient,
                std::span<float> gradient, Lanes* input_gradient);
  void Forward(const Tower& tower, const Lanes& input, Trace& trace) const;
  void Backward(const Tower& tower, const Lanes& input, const Trace& trace,
                const Lanes& output_gradient, const Lanes* hidden_gradient,
                std::span<float> gradient, Lanes* input_gradient);
  double Reconstruct(const Examples& block, float scale);
  double Draw(const Examples& block, float weight, float scale);
  void Initialise(const Layer& layer, double deviation, Random& random);
  void SetWeights(const Layer& layer, const model::Matrix& weights);
  void SetBias(const Layer& layer, const model::Vector& bias);
  model::Matrix Weights(const Layer& layer) const;
  model::Vector Bias(const Layer& layer) const;
  std::vector<model::Dense> Layers(const Tower& tower) const;
  bool Fits(const Tower& tower, const std::vector<model::Dense>& layers) const;

  std::vector<float> parameters_;
  std::vector<Layer> all_;
  Tower encoder_;
  Layer variance_;  // log variances from the encoder's last hidden layer
  bool variational_ = false;
  Tower decoder_;

  Trace there_;
  Trace back_;
  Lanes code_;
  Lanes log_variance_;
  Lanes output_gradient_;
  Lanes code_gradient_;
  Lanes variance_gradient_;
  Lanes hidden_gradient_;
  std::vector<Lanes> scratch_;
  model::Matrix turned_;
};

}  // namespace segmentd::learn
