// One figure of what learning costs, for bench/peers_bench.py, which runs it beside its peers.
// usage: bench_learn FILE FEATURES (train EPOCHS | encode BATCH | assign BATCH | update BATCH |
//                                   kmeans CLUSTERS)
// FILE holds points, 32-bit floats, one point after another. Prints one JSON line: what was worked
// on per second of CPU, and what came out of it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "learn/autoencoder.h"
#include "segmentd/base/ids.h"
#include "segmentd/learn/mini_batch.h"
#include "segmentd/model/embedding.h"
#include "segmentd/model/kmeans.h"

namespace segmentd {
namespace {

using Index = Eigen::Index;
using model::Matrix;

constexpr int kCodes = 8;
constexpr int kClusters = 8;
constexpr int kIterationsMax = 300;

Matrix Read(const char* path, int features) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto bytes = static_cast<std::streamoff>(file.tellg());
  Matrix points(features, bytes / static_cast<std::streamoff>(sizeof(float)) / features);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(points.data()), bytes);
  return points;
}

// The first start of the peers too.
Matrix Spread(const Matrix& points, int clusters) {
  Matrix centroids(points.rows(), clusters);
  for (int c = 0; c < clusters; ++c) centroids.col(c) = points.col(points.cols() / clusters * c);
  return centroids;
}

std::vector<Matrix> Batches(const Matrix& points, int size) {
  std::vector<Matrix> batches;
  for (Index at = 0; at + size <= points.cols(); at += size) {
    batches.emplace_back(points.middleCols(at, size));
  }
  return batches;
}

// Seconds of CPU that a call takes: once to warm up, then until they are no more the clock's grain.
template <typename Work>
double Measure(const Work& work) {
  constexpr double kLeast = 0.3;
  work();
  const std::clock_t began = std::clock();
  double used = 0;
  int calls = 0;
  do {
    work();
    ++calls;
    used = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  } while (used < kLeast);
  return used / calls;
}

void Print(double items, double seconds, double result) {
  fmt::print("{{\"per_cpu_s\":{:.0f},\"result\":{:.9g}}}\n", items / seconds, result);
}

// The net of the product with nothing missing, a tenth of the points held out.
struct Lesson {
  explicit Lesson(const Matrix& all) : points(all), limits(Matrix::Ones(all.rows(), all.cols())) {
    for (Index i = 0; i < all.cols(); ++i) held_out.push_back(i % 10 == 0);
    weights.assign(held_out.size(), 1);
    pca = model::FitPca(points, kCodes).embedding;
  }

  learn::AutoencoderFit Fit(int epochs) const {
    return *learn::FitAutoencoder({points, limits, weights, held_out}, pca, nullptr,
                                  {.codes = kCodes, .epochs = epochs}, {});
  }

  const Matrix& points;
  Matrix limits;
  std::vector<double> weights;
  std::vector<bool> held_out;
  model::Embedding pca;
};

void Train(const Matrix& points, int epochs) {
  const Lesson lesson(points);
  learn::AutoencoderFit fit;
  const double seconds = Measure([&] { fit = lesson.Fit(epochs); });
  const auto learned = static_cast<double>(std::ranges::count(lesson.held_out, false));
  Print(learned * fit.epochs, seconds, fit.last_loss);
}

// What serving does: whole blocks, the last one filled up with nobody.
void Encode(const Matrix& points, int size) {
  const model::Embedding embedding = Lesson(points).Fit(1).embedding;
  std::vector<Matrix> batches = Batches(points, size);
  constexpr Index kBlock = model::kBlockColumns;
  for (Matrix& batch : batches) {
    Matrix whole = Matrix::Zero(batch.rows(), (batch.cols() + kBlock - 1) / kBlock * kBlock);
    whole.leftCols(batch.cols()) = batch;
    batch.swap(whole);
  }
  if (batches.size() > 1'000) batches.resize(1'000);
  Matrix codes;
  const double seconds = Measure([&] {
    for (const Matrix& batch : batches) embedding.Apply(batch, codes);
  });
  Print(static_cast<double>(batches.size()) * size, seconds, double{codes(0, 0)});
}

void Assign(const Matrix& points, int size) {
  const Matrix centroids = Spread(points, kClusters);
  const std::vector<Matrix> batches = Batches(points, size);
  std::vector<int> labels;
  const double seconds = Measure([&] {
    for (const Matrix& batch : batches) labels = model::NearestCentroids(batch, centroids);
  });
  Print(static_cast<double>(batches.size()) * size, seconds, labels.back());
}

void Update(const Matrix& points, int size) {
  learn::MiniBatch learner(Spread(points, kClusters), 1, {});
  const std::vector<Matrix> batches = Batches(points, size);
  const std::vector<double> weights(static_cast<std::size_t>(size), 1);
  const double seconds = Measure([&] {
    for (const Matrix& batch : batches) learner.Update(batch, weights, 60 * kSecondMs);
  });
  Print(static_cast<double>(batches.size()) * size, seconds,
        model::RefineKMeans(points, learner.centroids(), 0).inertia);
}

void KMeans(const Matrix& points, int clusters) {
  const Matrix start = Spread(points, clusters);
  model::KMeansFit fit;
  const double seconds = Measure([&] { fit = model::RefineKMeans(points, start, kIterationsMax); });
  Print(static_cast<double>(points.cols()) * fit.iterations, seconds, fit.inertia);
}

int Run(int argc, char** argv) {
  if (argc != 5) return 2;
  const Matrix points = Read(argv[1], std::atoi(argv[2]));
  const std::string_view what = argv[3];
  const int size = std::atoi(argv[4]);
  if (points.cols() == 0 || size < 1) return 2;
  if (what == "train") Train(points, size);
  if (what == "encode") Encode(points, size);
  if (what == "assign") Assign(points, size);
  if (what == "update") Update(points, size);
  if (what == "kmeans") KMeans(points, size);
  return 0;
}

}  // namespace
}  // namespace segmentd

int main(int argc, char** argv) { return segmentd::Run(argc, argv); }
