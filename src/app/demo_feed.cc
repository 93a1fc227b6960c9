#include "app/demo_feed.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "app/write_file.h"
#include "segmentd/base/ids.h"
#include "segmentd/kafka/producer.h"
#include "segmentd/train/trainer.h"

namespace segmentd::app {
namespace {

constexpr int kDays = 420;
constexpr int kLiveDays = 300;
constexpr int kLearnDays = 88;
// Once it runs, a kind of customer comes that nobody had seen (from day 125 on, for 50 days), and
// some of the loyal leave together (day 150): the running daemon has to find both.
constexpr int kPlantedWithinDays = 250;
constexpr double kNewKindShare = 0.12;
// Few, so that there is more to be found than the first model knows.
constexpr int kFirstSegmentsMax = 5;
constexpr std::uint64_t kCustomers = 3'000;
constexpr std::uint64_t kEvents = 280'000;
constexpr std::int64_t kDayTakesMs = 1'000;

// Paces simulated time against the wall clock; a stop ends the wait at once.
class Pace {
 public:
  Pace(const DemoPlan& plan, const std::stop_token& stop) : plan_(plan), stop_(stop) {}

  // True when it is time for what happens at an instant; false when asked to stop.
  bool Await(std::int64_t instant_ms) {
    if (stop_.stop_requested()) return false;
    if (instant_ms < plan_.live_from_ms) return true;
    if (!began_) began_ = std::chrono::steady_clock::now();
    const std::int64_t into_ms = instant_ms - plan_.live_from_ms;
    const auto due = *began_ + std::chrono::milliseconds(into_ms * plan_.day_takes_ms / kDayMs);
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, stop_, due, [] { return false; });
    return !stop_.stop_requested();
  }

 private:
  const DemoPlan& plan_;
  const std::stop_token stop_;
  std::optional<std::chrono::steady_clock::time_point> began_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
};

}  // namespace

DemoPlan PlanDemo(std::int64_t now_ms) {
  DemoPlan plan;
  const std::int64_t today_ms = FloorDiv(now_ms, kDayMs) * kDayMs;
  plan.options.customers = kCustomers;
  plan.options.events = kEvents;
  plan.options.days = kDays;
  plan.options.start_ms = today_ms - kDays * kDayMs;
  plan.options.planted_within_days = kPlantedWithinDays;
  plan.options.new_kind_share = kNewKindShare;
  plan.options.bad_share = 0.002;
  plan.live_from_ms = today_ms - kLiveDays * kDayMs;
  plan.learn_until_ms = plan.options.start_ms + kLearnDays * kDayMs;
  plan.day_takes_ms = kDayTakesMs;
  return plan;
}

Status LearnDemoModel(const DemoPlan& plan, const std::string& path) {
  SEGMENTD_ASSIGN_OR_RETURN(generate::Generator generator,
                            generate::Generator::Create(plan.options));
  train::History history;
  generate::Record record;
  while (generator.Next(record) && record.emitted_ms < plan.learn_until_ms) {
    if (record.flaw == generate::Flaw::kNone) history.Add(generate::ToEvent(record));
  }
  train::Options options;
  options.k_max = kFirstSegmentsMax;
  options.embedding = model::EmbeddingKind::kDae;
  SEGMENTD_ASSIGN_OR_RETURN(const train::Fit fit, train::FitModel(history, options, {}));
  return WriteFileAtomically(path, model::EncodeBundle(fit.bundle));
}

Status FeedDemo(const DemoPlan& plan, const kafka::Connection& connection, const std::string& topic,
                DemoProgress& progress, const std::stop_token& stop) {
  SEGMENTD_ASSIGN_OR_RETURN(generate::Generator generator,
                            generate::Generator::Create(plan.options));
  SEGMENTD_ASSIGN_OR_RETURN(kafka::Producer producer, kafka::Producer::Open(connection, topic));
  Pace pace(plan, stop);
  generate::Record record;
  std::string value;
  while (generator.Next(record) && pace.Await(record.emitted_ms)) {
    value.clear();
    generate::AppendJson(record, value);
    SEGMENTD_RETURN_IF_ERROR(producer.Send({.key = record.customer_id,
                                            .value = value,
                                            .partition = {},
                                            .timestamp_ms = {},
                                            .headers = {}}));
    progress.event_time_ms = record.emitted_ms;
    ++progress.sent;
  }
  progress.ended = true;
  return producer.Flush();
}

}  // namespace segmentd::app
