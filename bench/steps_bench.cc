// What each step of the path costs per item, on one thread.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "segmentd/base/random.h"
#include "segmentd/base/time_text.h"
#include "segmentd/event/decoder.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/feature/fold.h"
#include "segmentd/model/kmeans.h"
#include "segmentd/pipeline/customer.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"

namespace segmentd {
namespace {

constexpr int kEvents = 4096;

// JSON events of about 200 bytes for a number of customers, in event-time order.
std::vector<support::OwnedRecord> Records(int customers) {
  Random random(1);
  std::vector<support::OwnedRecord> records;
  std::int64_t now_ms = 1'790'000'000'000;
  for (int i = 0; i < kEvents; ++i) {
    now_ms += 60'000;
    const std::string customer =
        fmt::format("c{}", random.Below(static_cast<std::uint64_t>(customers)));
    records.push_back(
        {.key = customer,
         .value = fmt::format(
             R"({{"event_id":"o-{}","customer_id":"{}","event_time":"{}","kind":"purchase",)"
             R"("amount":{:.2f},"quantity":{},"category":"k{}","channel":"web","discount":0.5,)"
             R"("currency":"EUR"}})",
             i, customer, FormatRfc3339(now_ms), 5 + random.Uniform() * 95, 1 + random.Below(3),
             random.Below(8)),
         .headers = {}});
  }
  return records;
}

std::vector<event::RawRecord> Raw(const std::vector<support::OwnedRecord>& records) {
  std::vector<event::RawRecord> raw(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    raw[i].offset = Offset{static_cast<std::int64_t>(i)};
    raw[i].key = records[i].key;
    raw[i].value = records[i].value;
  }
  return raw;
}

feature::FeatureSet DefaultFeatures() {
  const feature::Plan plan;
  feature::Vocabulary vocabulary;
  for (int i = 0; i < 8; ++i) vocabulary.categories.push_back(fmt::format("k{}", i));
  vocabulary.channels = {"web", "store"};
  return *feature::FeatureSet::Compile(FeatureNames(plan, vocabulary), plan.profile_numbers,
                                       plan.profile_names);
}

// A model over the default features: 8 segments in 8 dimensions, at random.
model::Bundle DefaultBundle() {
  const feature::FeatureSet features = DefaultFeatures();
  const int rows = features.size();
  Random random(3);
  const auto normal = [&random] { return static_cast<float>(random.Normal()); };
  model::Bundle bundle;
  bundle.features = features.names();
  bundle.profile_numbers = feature::Plan().profile_numbers;
  bundle.profile_names = feature::Plan().profile_names;
  bundle.scaler.rows.resize(static_cast<std::size_t>(rows));
  for (auto& row : bundle.scaler.rows) row.transform = model::Transform::kLog1p;
  bundle.embedding.kind = model::EmbeddingKind::kPca;
  bundle.embedding.origin = model::Vector::Zero(rows);
  bundle.embedding.skip = model::Matrix::NullaryExpr(8, rows, normal);
  for (std::uint32_t id = 1; id <= 8; ++id) {
    model::Segment& segment = bundle.segments.emplace_back();
    segment.id = SegmentId{id};
    segment.names = {{1, fmt::format("Segment {}", id)}};
    segment.mean = model::Vector::NullaryExpr(rows, normal);
    segment.centroid = bundle.embedding.skip * segment.mean;
    segment.typical.assign(static_cast<std::size_t>(rows), 10.25 * id);
    segment.radius = 1;
    segment.share = 0.125;
  }
  bundle.next_segment_id = 9;
  return bundle;
}

// A customer with n purchases.
feature::Record Customer(int n) {
  feature::Record record;
  for (int i = 0; i < n; ++i) {
    event::Event event;
    event.event_time_ms = 1'790'000'000'000 + i * 3 * kDayMs;
    event.has_id = true;
    event.id_hash = static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15U;
    event.amount = 10.25 + i;
    event.category = i % 2 == 0 ? "k1" : "k2";
    event.channel = "web";
    Fold(event, {}, record);
  }
  return record;
}

void DecodeJson(benchmark::State& state) {
  const auto records = Records(1000);
  const auto raw = Raw(records);
  auto decoder = *event::Decoder::Create({});
  for (auto _ : state) {
    decoder->Reset();
    for (const event::RawRecord& record : raw)
      benchmark::DoNotOptimize(decoder->DecodeTransaction(record));
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
}
BENCHMARK(DecodeJson);

void FoldEvent(benchmark::State& state) {
  feature::Record record = Customer(20);
  event::Event event;
  event.event_time_ms = record.as_of_ms;
  event.amount = 12.5;
  event.has_id = true;
  event.category = "k1";
  event.channel = "web";
  for (auto _ : state) {
    ++event.id_hash;
    event.event_time_ms += 3'600'000;
    benchmark::DoNotOptimize(Fold(event, {}, record));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FoldEvent);

void Snapshot(benchmark::State& state) {
  const feature::FeatureSet features = DefaultFeatures();
  const feature::Record record = Customer(20);
  std::vector<double> out(static_cast<std::size_t>(features.size()));
  for (auto _ : state) {
    features.Snapshot(record, record.as_of_ms, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Snapshot);

void EncodeImage(benchmark::State& state) {
  const pipeline::Customer customer{Customer(static_cast<int>(state.range(0))), {}};
  std::string image;
  for (auto _ : state) {
    EncodeCustomer(customer, image);
    benchmark::DoNotOptimize(image.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes"] = static_cast<double>(image.size());
}
BENCHMARK(EncodeImage)->Arg(3)->Arg(100);

void DecodeImage(benchmark::State& state) {
  pipeline::Customer customer{Customer(static_cast<int>(state.range(0))), {}};
  std::string image;
  EncodeCustomer(customer, image);
  for (auto _ : state) benchmark::DoNotOptimize(pipeline::DecodeCustomer(image, customer));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(DecodeImage)->Arg(3)->Arg(100);

// Scale, embed to 8 dimensions and compare with 8 centroids, per snapshot, in batches of 512.
void EncodeAndAssign(benchmark::State& state) {
  const feature::FeatureSet features = DefaultFeatures();
  const int rows = features.size();
  model::RawMatrix raw = model::RawMatrix::Random(rows, 512).cwiseAbs() * 50;
  std::vector<model::ScalerRow> prototypes(static_cast<std::size_t>(rows));
  for (auto& row : prototypes) row.transform = model::Transform::kLog1p;
  const model::Scaler scaler = FitScaler(raw, prototypes, model::Spread::kStandard);
  model::Matrix scaled, codes, distances;
  scaler.Apply(raw, 512, scaled);
  const model::Pca pca = model::FitPca(scaled, 8);
  const model::Matrix centroids = model::Matrix::Random(8, 8);
  for (auto _ : state) {
    scaler.Apply(raw, 512, scaled);
    pca.embedding.Apply(scaled, codes);
    model::Distances(codes, centroids, distances);
    benchmark::DoNotOptimize(distances.data());
  }
  state.SetItemsProcessed(state.iterations() * 512);
}
BENCHMARK(EncodeAndAssign);

// Decode, fold, score and decide a partition's batch of 512 with all states at hand.
void PipelineBatch(benchmark::State& state) {
  const auto records = Records(static_cast<int>(state.range(0)));
  const auto raw = Raw(records);
  auto pipeline = *pipeline::Pipeline::Create(support::TestOptions());
  pipeline->UseModel(support::LoadModel(DefaultBundle()));
  pipeline::Batch batch;
  pipeline::Effects effects;
  std::uint64_t changes = 0;
  for (auto _ : state) {
    pipeline::PartitionClock clock;
    for (std::size_t from = 0; from < raw.size(); from += 512) {
      pipeline->Decode(std::span(raw).subspan(from, 512), batch);
      std::vector<pipeline::Customer> customers(batch.customers().size());
      std::vector<pipeline::Outcome> outcomes(customers.size());
      effects.Clear();
      pipeline->Apply(batch, customers, outcomes, clock, 1'800'000'000'000, effects);
      changes += effects.counts.changes;
    }
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
  state.counters["changes_per_event"] =
      static_cast<double>(changes) / static_cast<double>(state.iterations() * kEvents);
}
BENCHMARK(PipelineBatch)->Arg(100)->Arg(100'000);

}  // namespace
}  // namespace segmentd

BENCHMARK_MAIN();
