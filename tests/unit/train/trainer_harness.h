#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "archetypes.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"
#include "segmentd/feature/fold.h"
#include "segmentd/feature/record.h"
#include "segmentd/train/live_trainer.h"

namespace segmentd::train {

inline learn::Row SampleOf(std::uint64_t customer, const feature::Record& record) {
  learn::Row row = {customer, record.last_event_ms, SegmentId{}, {}};
  ByteWriter out(row.record);
  feature::EncodeRecord(record, out);
  return row;
}

// Customers' records as a daemon would keep them, and a sample at each purchase.
class Shop {
 public:
  explicit Shop(int customers) : events_(Archetypes(customers)) {}

  // The samples of the days up to then, one per customer and day.
  std::vector<std::pair<std::string, learn::Row>> Until(double day) {
    std::vector<std::pair<std::string, learn::Row>> samples;
    const auto until_ms = kStartMs + static_cast<std::int64_t>(day * double{kDayMs});
    for (; next_ < events_.size() && events_[next_].event.event_time_ms < until_ms; ++next_) {
      const Kept& kept = events_[next_];
      auto& record = records_[kept.customer];
      if (record == nullptr) record = std::make_unique<feature::Record>();
      feature::Fold(kept.View(), {}, *record);
      samples.emplace_back(kept.category + "/" + kept.channel,
                           SampleOf(Hash64(kept.customer), *record));
    }
    return samples;
  }

 private:
  std::vector<Kept> events_;
  std::size_t next_ = 0;
  std::map<std::string, std::unique_ptr<feature::Record>> records_;
};

inline LiveOptions ShopOptions() {
  LiveOptions options;
  options.app = "shop";
  options.k_min = 3;
  options.k_max = 5;
  options.embedding = model::EmbeddingKind::kPca;
  options.retrain_every_ms = 10 * kDayMs;
  options.retrain_spacing_ms = kDayMs;
  options.trial_ms = 2 * kDayMs;
  return options;
}

// A trainer with a topic that keeps what it publishes.
class Bench {
 public:
  explicit Bench(LiveOptions options) : trainer(std::move(options), {}) {}

  void Take(std::vector<std::pair<std::string, learn::Row>> samples) {
    for (auto& [names, row] : samples) {
      const std::size_t slash = names.find('/');
      trainer.dictionary().AddCategory(names.substr(0, slash));
      trainer.dictionary().AddChannel(names.substr(slash + 1));
      trainer.TakeSample(std::move(row));
    }
    Write(trainer.Advance(++wall_ms));
  }

  void Write(const std::vector<model::TopicRecord>& records) {
    for (const model::TopicRecord& record : records) {
      const std::string_view value = record.value ? std::string_view(*record.value) : "";
      ASSERT_TRUE(trainer.TakeModelRecord(record.key, record.value ? &value : nullptr).ok());
      ASSERT_TRUE(topic.Take(record.key, record.value ? &value : nullptr).ok());
      log.push_back(record);
    }
    if (!records.empty()) Write(trainer.Advance(++wall_ms));
  }

  // Runs the retrain that is due; why, or nothing.
  std::string Learn() {
    const auto lesson = trainer.NextLesson();
    if (!lesson) return "";
    auto records = trainer.Finish(*lesson, lesson->Run({}), ++wall_ms);
    EXPECT_TRUE(records.ok()) << records.error().message;
    if (records.ok()) Write(*records);
    return lesson->why;
  }

  model::Bundle Active() const {
    const auto encoded = topic.Assemble(topic.active()->version);
    return model::DecodeBundle(encoded.value()).value();
  }

  LiveTrainer trainer;
  model::ModelTopic topic{"shop"};
  std::vector<model::TopicRecord> log;
  std::int64_t wall_ms = 1;
};

}  // namespace segmentd::train
