#include "segmentd/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "archetypes.h"
#include "segmentd/base/hash.h"
#include "segmentd/base/ids.h"
#include "segmentd/base/random.h"
#include "segmentd/feature/fold.h"
#include "segmentd/generate/generator.h"
#include "segmentd/model/kmeans.h"

namespace segmentd::train {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// The segment of each customer under a bundle: as of the newest time, or of the own last event.
std::map<std::string, SegmentId> Assign(const model::Bundle& bundle,
                                        const std::vector<Kept>& events, bool at_last_event) {
  const auto features =
      feature::FeatureSet::Compile(bundle.features, bundle.profile_numbers, bundle.profile_names);
  EXPECT_TRUE(features.ok());
  std::map<std::string, std::unique_ptr<feature::Record>> records;
  for (const Kept& kept : events) {
    auto& record = records[kept.customer];
    if (record == nullptr) record = std::make_unique<feature::Record>();
    feature::Fold(kept.View(), features->frozen(), *record);
  }
  std::map<std::string, SegmentId> assigned;
  for (const auto& [customer, record] : records) {
    model::RawMatrix raw(features->size(), 1);
    const std::int64_t as_of_ms =
        at_last_event ? record->last_event_ms : events.back().event.event_time_ms;
    features->Snapshot(*record, as_of_ms, {raw.data(), static_cast<std::size_t>(raw.rows())});
    model::Matrix scaled, codes, distances;
    bundle.scaler.Apply(raw, 1, scaled);
    bundle.embedding.Apply(scaled, codes);
    model::Distances(codes, bundle.Centroids(), distances);
    Eigen::Index nearest = 0;
    distances.col(0).minCoeff(&nearest);
    assigned[customer] = bundle.segments[static_cast<std::size_t>(nearest)].id;
  }
  return assigned;
}

// Share of the customers that are in a segment with mostly their own kind.
double Purity(const std::vector<Kept>& events, const std::map<std::string, SegmentId>& assigned) {
  std::map<std::string, int> archetypes;
  for (const Kept& kept : events) archetypes[kept.customer] = kept.archetype;
  std::map<SegmentId, std::map<int, int>> table;
  for (const auto& [customer, segment] : assigned) ++table[segment][archetypes.at(customer)];
  int pure = 0;
  for (const auto& [segment, counts] : table) {
    int most = 0;
    for (const auto& [archetype, count] : counts) most = std::max(most, count);
    pure += most;
  }
  return pure / static_cast<double>(assigned.size());
}

TEST(FitModelTest, RecoversArchetypesInEventsAndInSilence) {
  const std::vector<Kept> events = Archetypes(400);
  for (const auto kind : {model::EmbeddingKind::kPca, model::EmbeddingKind::kIdentity}) {
    Options options = SmallOptions();
    options.embedding = kind;
    const auto fit = FitModel(HistoryOf(events), options, {});
    ASSERT_TRUE(fit.ok()) << fit.error().message;
    EXPECT_GT(Purity(events, Assign(fit->bundle, events, false)), 0.9);
    EXPECT_GT(Purity(events, Assign(fit->bundle, events, true)), 0.9);
  }
}

TEST(FitModelTest, GivesTheSameBytesForTheSameSeed) {
  const std::vector<Kept> events = Archetypes(120);
  Options options = SmallOptions();
  options.rows_max = 80;
  const auto bytes = [&] {
    const auto fit = FitModel(HistoryOf(events), options, {});
    EXPECT_TRUE(fit.ok());
    return model::EncodeBundle(fit->bundle);
  };
  const std::string first = bytes();
  EXPECT_EQ(first, bytes());
  options.seed = 2;
  EXPECT_NE(first, bytes());
}

// As the partitions of a topic do: in order for each customer, and otherwise in any.
TEST(FitModelTest, GivesTheSameBytesHoweverCustomersAreInterleaved) {
  std::vector<Kept> events = Archetypes(120);
  Options options = SmallOptions();
  options.rows_max = 80;
  const auto bytes = [&] {
    const auto fit = FitModel(HistoryOf(events), options, {});
    EXPECT_TRUE(fit.ok());
    return model::EncodeBundle(fit->bundle);
  };
  const std::string first = bytes();
  std::stable_sort(events.begin(), events.end(),
                   [](const Kept& a, const Kept& b) { return a.customer > b.customer; });
  EXPECT_EQ(first, bytes());
}

TEST(FitModelTest, FillsABundleThatReadsBack) {
  const auto fit = FitModel(HistoryOf(Archetypes(200)), SmallOptions(), {});
  ASSERT_TRUE(fit.ok());
  const model::Bundle& bundle = fit->bundle;
  const auto decoded = model::DecodeBundle(model::EncodeBundle(bundle));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_GE(bundle.segments.size(), 4U);
  EXPECT_LE(bundle.segments.size(), 7U);
  EXPECT_EQ(bundle.embedding.outputs(), 8);
  EXPECT_EQ(bundle.next_segment_id, bundle.segments.size() + 1);
  EXPECT_EQ(bundle.trained_rows, 200U);
  EXPECT_EQ(bundle.trained_as_of_ms, fit->report.as_of_ms);
  EXPECT_EQ(bundle.silhouette_by_k.size(), 4U);
  EXPECT_EQ(bundle.inertia_by_k.front().first, 4);
  double share = 0;
  std::set<std::string> names;
  for (std::size_t i = 0; i < bundle.segments.size(); ++i) {
    EXPECT_EQ(bundle.segments[i].id, SegmentId{static_cast<std::uint32_t>(i + 1)});
    share += bundle.segments[i].share;
    names.emplace(bundle.segments[i].name());
  }
  EXPECT_NEAR(share, 1, 1e-9);
  EXPECT_EQ(names.size(), bundle.segments.size());
}

TEST(FitModelTest, ChoosesAKThatTheDataBears) {
  Options options = SmallOptions();
  options.k_min = 2;
  const auto fit = FitModel(HistoryOf(Archetypes(400)), options, {});
  ASSERT_TRUE(fit.ok());
  // Four kinds in the moment of an event, and as many in silence, some of them the same.
  EXPECT_GE(fit->bundle.segments.size(), 4U);
}

TEST(FitModelTest, ReportsWhatItSaw) {
  std::vector<Kept> events = Archetypes(100);
  const std::size_t once = events.size();
  for (std::size_t i = 0; i < once; i += 50) events.push_back(events[i]);
  const auto fit = FitModel(HistoryOf({events.begin(), events.end()}), SmallOptions(), {});
  ASSERT_TRUE(fit.ok());
  EXPECT_EQ(fit->report.events, events.size());
  EXPECT_EQ(fit->report.customers, 100U);
  EXPECT_EQ(fit->report.rows, 100U);
  // An id that left the window of the newest 32 counts again.
  EXPECT_GT(fit->report.duplicates, 0U);
  EXPECT_LE(fit->report.duplicates, events.size() - once);
  EXPECT_THAT(fit->report.notes, Not(Contains(HasSubstr("embedding"))));
}

TEST(FitModelTest, LooksAtNoMoreCustomersThanAllowed) {
  Options options = SmallOptions();
  options.rows_max = 50;
  const auto fit = FitModel(HistoryOf(Archetypes(200)), options, {});
  ASSERT_TRUE(fit.ok());
  EXPECT_EQ(fit->report.rows, 50U);
  EXPECT_EQ(fit->report.customers, 200U);
}

TEST(FitModelTest, FreezesTheLargestNames) {
  Options options = SmallOptions();
  options.plan.categories = 2;
  options.plan.channels = 1;
  const auto fit = FitModel(HistoryOf(Archetypes(100)), options, {});
  ASSERT_TRUE(fit.ok());
  EXPECT_THAT(fit->bundle.features, Contains("category_share_home"));
  EXPECT_THAT(fit->bundle.features, Contains("category_share_grocery"));
  EXPECT_THAT(fit->bundle.features, Not(Contains("category_share_books")));
  EXPECT_THAT(fit->bundle.features, Contains("channel_share_app"));
  EXPECT_THAT(fit->bundle.features, Not(Contains("channel_share_web")));
}

TEST(FitModelTest, WeighsWhatSeveralFeaturesSayOnce) {
  const auto fit = FitModel(HistoryOf(Archetypes(100)), SmallOptions(), {});
  ASSERT_TRUE(fit.ok());
  std::map<std::string, double> squares;  // sums of squared weights
  for (std::size_t i = 0; i < fit->bundle.features.size(); ++i) {
    const std::string& name = fit->bundle.features[i];
    const double weight = fit->bundle.scaler.rows[i].weight;
    squares[name.substr(0, name.find('_'))] += weight * weight;
  }
  EXPECT_NEAR(squares.at("orders"), 1, 0.3);
  EXPECT_NEAR(squares.at("spend"), 1, 0.3);
  EXPECT_GT(squares.at("category"), 3) << "what one buys of each says something of its own";
  EXPECT_NEAR(squares.at("aov"), 1, 1e-6);
}

TEST(FitModelTest, KnowsProfiles) {
  const std::vector<Kept> events = Archetypes(100);
  History history = HistoryOf(events);
  for (int i = 0; i < 100; ++i) {
    const std::string customer = "c" + std::to_string(i);
    history.Add(event::Profile{
        customer,
        {{"age", true, 20.0 + i % 50, ""}, {"region", false, 0, i % 3 == 0 ? "north" : "south"}}});
  }
  const auto fit = FitModel(history, SmallOptions(), {});
  ASSERT_TRUE(fit.ok());
  const auto row_of = [&](std::string_view name) {
    const auto& names = fit->bundle.features;
    return fit->bundle.scaler.rows[static_cast<std::size_t>(
        std::find(names.begin(), names.end(), name) - names.begin())];
  };
  ASSERT_THAT(fit->bundle.features, Contains("region_south"));
  ASSERT_THAT(fit->bundle.features, Contains("age"));
  EXPECT_FLOAT_EQ(row_of("age").weight, 0.5F);
  EXPECT_FLOAT_EQ(row_of("region_south").weight, 0.5F / std::sqrt(2.0F));
  EXPECT_FALSE(row_of("age").constant);
}

TEST(FitModelTest, SaysHowMuchIsMissingWhenThereIsTooLittle) {
  const auto fit = FitModel(HistoryOf(Archetypes(19)), SmallOptions(), {});
  ASSERT_FALSE(fit.ok());
  EXPECT_EQ(fit.error().code, Code::kConfig);
  EXPECT_THAT(fit.error().message, HasSubstr("19 customers"));
  EXPECT_THAT(fit.error().message, HasSubstr("20"));
  EXPECT_EQ(FitModel(History(), SmallOptions(), {}).error().code, Code::kConfig);
}

TEST(FitModelTest, RefusesARangeOfKThatIsNone) {
  Options options = SmallOptions();
  options.k_min = 8;
  EXPECT_EQ(FitModel(HistoryOf(Archetypes(40)), options, {}).error().code, Code::kConfig);
}

TEST(FitModelTest, FitsPcaInPlaceOfAnAutoencoderAndSaysSo) {
  Options options = SmallOptions();
  options.embedding = model::EmbeddingKind::kDae;
  const auto fit = FitModel(HistoryOf(Archetypes(60)), options, {});
  ASSERT_TRUE(fit.ok());
  EXPECT_EQ(fit->bundle.embedding.kind, model::EmbeddingKind::kPca);
  EXPECT_THAT(fit->report.notes, Contains(HasSubstr("dae")));
}

TEST(FitModelTest, MakesDoWithCustomersThatAreAllAlike) {
  History history;
  for (int i = 0; i < 30; ++i) {
    const std::string customer = "c" + std::to_string(i);
    event::Event event;
    event.customer_id = customer;
    event.event_time_ms = kStartMs;
    event.amount = 10;
    history.Add(event);
  }
  const auto fit = FitModel(history, SmallOptions(), {});
  ASSERT_TRUE(fit.ok()) << fit.error().message;
  EXPECT_EQ(fit->bundle.segments.size(), 1U);
  EXPECT_TRUE(model::DecodeBundle(model::EncodeBundle(fit->bundle)).ok());
}

TEST(FitModelTest, TellsTheStepsItTakes) {
  std::set<std::string> steps;
  const auto fit =
      FitModel(HistoryOf(Archetypes(60)), SmallOptions(), [&](std::string_view step, double share) {
        EXPECT_GE(share, 0);
        EXPECT_LE(share, 1);
        steps.emplace(step);
      });
  ASSERT_TRUE(fit.ok());
  EXPECT_THAT(steps, Contains("folding customers"));
  EXPECT_THAT(steps, Contains("trying 7 segments"));
}

TEST(FitModelTest, TellsTheGeneratorsKindsApartFromTheCrowd) {
  generate::Options options;
  options.customers = 500;
  options.events = 20'000;
  auto generator = generate::Generator::Create(options);
  ASSERT_TRUE(generator.ok());
  History history;
  generate::Record record;
  while (generator->Next(record)) history.Add(generate::ToEvent(record));
  const auto fit = FitModel(history, Options(), {});
  ASSERT_TRUE(fit.ok()) << fit.error().message;
  EXPECT_GT(fit->bundle.simplified_silhouette, 0.2);
  EXPECT_GT(fit->report.duplicates, 100U);
}

}  // namespace
}  // namespace segmentd::train
