// Two of eight kinds of customers change at once: what follows them, and how soon.
#include <gtest/gtest.h>

#include <functional>

#include "segmentd/base/ids.h"
#include "segmentd/base/random.h"
#include "segmentd/learn/mini_batch.h"
#include "segmentd/model/agreement.h"
#include "segmentd/model/kmeans.h"

namespace segmentd::learn {
namespace {

constexpr int kKinds = 8;
constexpr int kSize = 8;
constexpr int kBatch = 250;

// Kinds that overlap; the first two go elsewhere.
class World {
 public:
  explicit World(std::uint64_t seed) : places_(kSize, kKinds), random_(seed) {
    for (float& value : places_.reshaped()) value = static_cast<float>(random_.Normal());
  }

  void Change() {
    for (float& value : places_.leftCols(2).reshaped()) {
      value = static_cast<float>(random_.Normal());
    }
  }

  struct Sample {
    model::Matrix codes;
    std::vector<int> truth;
  };
  Sample Draw(int count) {
    Sample sample{model::Matrix(kSize, count), {}};
    for (int i = 0; i < count; ++i) {
      const auto kind = static_cast<Eigen::Index>(random_.Below(kKinds));
      for (int f = 0; f < kSize; ++f) {
        sample.codes(f, i) = places_(f, kind) + static_cast<float>(random_.Normal());
      }
      sample.truth.push_back(static_cast<int>(kind));
    }
    return sample;
  }

 private:
  model::Matrix places_;
  Random random_;
};

double Agreement(const World::Sample& sample, const model::Matrix& centroids) {
  return model::AdjustedRand(sample.truth, model::NearestCentroids(sample.codes, centroids));
}

// A day passes with every 5,000 points.
constexpr std::int64_t kBatchMs = kDayMs * kBatch / 5'000;

void Follow(World& world, int points, MiniBatch& learner) {
  for (int i = 0; i < points; i += kBatch) {
    learner.Update(world.Draw(kBatch).codes, std::vector<double>(kBatch, 1), kBatchMs);
  }
}

struct Agreements {
  double before = 0;
  double slow = 0;       // 3,000 points after the change, of the half-life alone
  double recovered = 0;  // ... of an alarm after 1,000 of them
  double batch = 0;      // of all learned anew
};

Agreements Live(std::uint64_t seed) {
  World world(seed);
  const model::KMeansFit start =
      model::FitKMeans(world.Draw(4'096).codes, {.clusters = kKinds, .starts = 4});
  MiniBatch learner(start.centroids, 4'096.0 / kKinds, {.half_life_ms = kDayMs});
  Follow(world, 8'000, learner);
  Agreements out;
  out.before = Agreement(world.Draw(4'000), learner.centroids());
  world.Change();
  Follow(world, 1'000, learner);
  MiniBatch alarmed = learner;
  alarmed.Boost();
  const World::Sample since = world.Draw(2'000);
  for (int i = 0; i < 2'000; i += kBatch) {
    const model::Matrix batch = since.codes.middleCols(i, kBatch);
    for (MiniBatch* each : {&learner, &alarmed}) {
      each->Update(batch, std::vector<double>(kBatch, 1), kBatchMs);
    }
  }
  const World::Sample later = world.Draw(4'000);
  out.slow = Agreement(later, learner.centroids());
  out.recovered =
      Agreement(later, model::RefineKMeans(since.codes, alarmed.centroids(), 3).centroids);
  out.batch =
      Agreement(later, model::FitKMeans(world.Draw(8'000).codes, {.clusters = kKinds}).centroids);
  return out;
}

TEST(DriftRecoveryTest, AnAlarmBringsBackAtOnceWhatAHalfLifeTakesLongFor) {
  Agreements sum;
  constexpr int kWorlds = 8;
  for (int seed = 1; seed <= kWorlds; ++seed) {
    const Agreements one = Live(static_cast<std::uint64_t>(seed));
    sum.before += one.before / kWorlds;
    sum.slow += one.slow / kWorlds;
    sum.recovered += one.recovered / kWorlds;
    sum.batch += one.batch / kWorlds;
  }
  RecordProperty("before", std::to_string(sum.before));
  RecordProperty("slow", std::to_string(sum.slow));
  RecordProperty("recovered", std::to_string(sum.recovered));
  RecordProperty("batch", std::to_string(sum.batch));
  EXPECT_GE(sum.recovered, 0.88 * sum.batch);
  EXPECT_LT(sum.slow, sum.recovered - 0.08);
}

}  // namespace
}  // namespace segmentd::learn
