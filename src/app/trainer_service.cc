#include "app/trainer_service.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include "app/model_writer.h"
#include "app/options.h"
#include "app/wait.h"
#include "segmentd/base/hash.h"
#include "segmentd/kafka/topic_reader.h"
#include "segmentd/pipeline/sample.h"
#include "segmentd/train/live_trainer.h"
#include "segmentd/train/samples.h"

namespace segmentd::app {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{500};
constexpr std::chrono::seconds kRetryWait{2};
constexpr std::int64_t kPollMs = 200;
constexpr std::int64_t kFetchBytes = 16 << 20;
constexpr int kNice = 10;
// Samples wait for nobody: a trainer that reads fewer at a time shows its progress more often.
constexpr int kSamplesPerTurn = 2'048;

train::LiveOptions LiveOptionsOf(const config::Config& config) {
  const config::Learning& learning = config.learning;
  train::LiveOptions options;
  options.app = config.app;
  options.plan = config.features;
  options.k_min = learning.k.min;
  options.k_max = learning.k.max;
  options.embedding = learning.embedding;
  options.retrain_samples = static_cast<std::uint64_t>(learning.retrain.samples);
  options.retrain_every_ms = learning.retrain.every_ms;
  options.retrain_spacing_ms = learning.retrain.spacing_ms;
  options.trial_ms = learning.trial_ms;
  options.promote = learning.promote == config::Promote::kAuto;
  return options;
}

train::Seat SeatOf(const std::shared_ptr<const pipeline::Model>& model) {
  if (model == nullptr) return {};
  auto seat = train::Seat::Take(model->version, model->bundle);
  return seat.ok() ? std::move(*seat) : train::Seat();
}

// The owner of the control topic's partition 0 is whoever owns that of the input.
bool OwnsPartitionZero(const telemetry::StatusBoard& board) {
  for (const ports::ShardStatus& shard : board.Shards()) {
    for (const ports::PartitionStatus& partition : shard.partitions) {
      if (partition.partition == Partition{0} && partition.state == ports::TaskState::kRunning) {
        return true;
      }
    }
  }
  return false;
}

// A retrain on a thread that gives way to all others.
class LessonThread {
 public:
  explicit LessonThread(train::Lesson lesson)
      : lesson_(std::move(lesson)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  const train::Lesson& lesson() const { return lesson_; }
  bool done() const {
    return learned_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  // REQUIRES: done.
  Result<learn::Retrained> Take() { return learned_.get(); }
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  void Run(const std::stop_token& stop) {
    // Of this thread alone, on Linux. Where it is not permitted the work is done all the same.
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice));
    promise_.set_value(
        lesson_.Run([&](std::string_view, double) { return !stop.stop_requested(); }));
  }

  const train::Lesson lesson_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::promise<Result<learn::Retrained>> promise_;
  std::future<Result<learn::Retrained>> learned_ = promise_.get_future();
  std::jthread thread_;  // last: ends first
};

// One term as the owner of partition 0.
class Term {
 public:
  explicit Term(const TrainerGround& ground)
      : ground_(ground), trainer_(LiveOptionsOf(ground.config), SeatOf(ground.bootstrap)) {}

  // Until ownership is lost or a stop: kCancelled.
  Status Serve(const std::stop_token& stop) {
    stop_ = &stop;
    const std::string topic = ModelTopicOf(ground_.config);
    SEGMENTD_ASSIGN_OR_RETURN(writer_, ModelWriter::Open(ground_.config, ground_.connection));
    // From here on nobody else writes under this name; so what is read is all there is.
    SEGMENTD_RETURN_IF_ERROR(writer_->Claim());
    SEGMENTD_ASSIGN_OR_RETURN(
        models_,
        kafka::TopicReader::Open(ground_.connection, topic,
                                 kafka::TopicReader::Options{.fetch_bytes_max = kFetchBytes}));
    SEGMENTD_ASSIGN_OR_RETURN(
        samples_,
        kafka::TopicReader::Open(ground_.connection, SamplesTopicOf(ground_.config),
                                 kafka::TopicReader::Options{.fetch_bytes_max = kFetchBytes}));
    SEGMENTD_RETURN_IF_ERROR(ReadUp());
    ground_.log.Info("training", {{"customers", fmt::format("{}", trainer_.status().customers)},
                                  {"champion", trainer_.status().champion}});
    while (true) SEGMENTD_RETURN_IF_ERROR(Turn());
  }

 private:
  Status Go() const {
    if (stop_->stop_requested()) return Fail(Code::kCancelled, "asked to stop");
    if (!OwnsPartitionZero(ground_.board)) {
      return Fail(Code::kCancelled, "partition 0 is another's");
    }
    return Ok();
  }

  // The models first: samples that were learned from are told from fresh ones by them.
  Status ReadUp() {
    while (!models_->AtEnd()) {
      SEGMENTD_RETURN_IF_ERROR(Go());
      SEGMENTD_RETURN_IF_ERROR(PollModels(kPollMs));
    }
    while (!samples_->AtEnd()) {
      SEGMENTD_RETURN_IF_ERROR(Go());
      SEGMENTD_RETURN_IF_ERROR(PollSamples());
      static_cast<void>(trainer_.Advance(ground_.clock.WallMs()));
    }
    static_cast<void>(trainer_.Advance(ground_.clock.WallMs()));
    return Ok();
  }

  Status Turn() {
    SEGMENTD_RETURN_IF_ERROR(Go());
    SEGMENTD_RETURN_IF_ERROR(PollSamples());
    // Behind what waits: whom a person promoted meanwhile is to be known when a lesson is finished.
    SEGMENTD_RETURN_IF_ERROR(PollModels(0));
    SEGMENTD_RETURN_IF_ERROR(Publish(trainer_.Advance(ground_.clock.WallMs())));
    if (lesson_ && lesson_->done()) SEGMENTD_RETURN_IF_ERROR(FinishLesson());
    if (!lesson_) {
      if (auto lesson = trainer_.NextLesson()) {
        ground_.log.Info("a retrain begins", {{"why", lesson->why},
                                              {"customers", fmt::format("{}", lesson->customers)}});
        lesson_.emplace(std::move(*lesson));
      }
    }
    Show();
    return Ok();
  }

  Status FinishLesson() {
    Result<learn::Retrained> learned = lesson_->Take();
    const double seconds = lesson_->seconds();
    auto records = trainer_.Finish(lesson_->lesson(), std::move(learned), ground_.clock.WallMs());
    lesson_.reset();
    ground_.metrics.OnRetrain(seconds);
    if (!records.ok()) {
      ground_.log.Warn("a retrain came to nothing", {{"problem", records.error().message}});
      return Ok();
    }
    return Publish(*records);
  }

  // What is written takes effect when it has been read back, so that what is known is always what
  // stands on the topic up to some record.
  Status Publish(const std::vector<model::TopicRecord>& records) {
    if (records.empty()) return Ok();
    SEGMENTD_RETURN_IF_ERROR(writer_->Write(records));
    for (awaited_ = records.back(); awaited_;) {
      SEGMENTD_RETURN_IF_ERROR(Go());
      SEGMENTD_RETURN_IF_ERROR(PollModels(kPollMs));
    }
    static_cast<void>(trainer_.Advance(ground_.clock.WallMs()));
    if (const auto& last = trainer_.status().last) {
      ground_.log.Info(
          "model decided",
          {{"version", last->version}, {"state", last->state}, {"reason", last->reason}});
    }
    return Ok();
  }

  Status PollModels(std::int64_t max_wait_ms) {
    SEGMENTD_ASSIGN_OR_RETURN(const auto records, models_->Poll(max_wait_ms));
    for (const event::RawRecord& record : records) {
      if (!record.key) continue;
      // The feed says in the log what cannot be used.
      static_cast<void>(
          trainer_.TakeModelRecord(*record.key, record.value ? &*record.value : nullptr));
      if (awaited_ && awaited_->key == *record.key && awaited_->value == record.value) {
        awaited_.reset();
      }
    }
    return Ok();
  }

  Status PollSamples() {
    SEGMENTD_ASSIGN_OR_RETURN(const auto records, samples_->Poll(kPollMs, kSamplesPerTurn));
    for (const event::RawRecord& record : records) {
      if (record.key) TakeSample(*record.key, record.value);
    }
    return Ok();
  }

  void TakeSample(std::string_view customer, const std::optional<std::string_view>& value) {
    if (!value) {
      trainer_.Forget(Hash64(customer));
      return;
    }
    auto sample = pipeline::DecodeSample(*value);
    if (!sample.ok()) {
      if (++unusable_ == 1) {
        ground_.log.Warn("a sample cannot be used; it is left out",
                         {{"problem", sample.error().message}});
      }
      return;
    }
    trainer_.dictionary().AddCategory(sample->category);
    trainer_.dictionary().AddChannel(sample->channel);
    for (const auto& [name, text] : sample->attributes) {
      trainer_.dictionary().AddAttribute(name, text);
    }
    if (sample->record.empty()) return;
    trainer_.TakeSample(
        {Hash64(customer), sample->as_of_ms, sample->segment, std::move(sample->record)});
  }

  void Show() {
    ground_.overview.Update([&](Overview& now) { now.trainer = trainer_.status(); });
    ground_.metrics.SetLearning(trainer_.status());
    if (ground_.watcher) ground_.watcher(trainer_.status());
  }

  const TrainerGround& ground_;
  const std::stop_token* stop_ = nullptr;
  train::LiveTrainer trainer_;
  std::unique_ptr<ModelWriter> writer_;
  std::optional<kafka::TopicReader> models_;
  std::optional<kafka::TopicReader> samples_;
  std::optional<LessonThread> lesson_;
  std::optional<model::TopicRecord> awaited_;
  std::uint64_t unusable_ = 0;
};

}  // namespace

void RunTrainer(const TrainerGround& ground, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!OwnsPartitionZero(ground.board)) {
      WaitFor(kBetweenLooks, stop);
      continue;
    }
    const auto term = std::make_unique<Term>(ground);
    const Status ended = term->Serve(stop);
    ground.overview.Update([](Overview& now) { now.trainer.reset(); });
    if (ended.error().code == Code::kCancelled) continue;
    // Another trainer, brokers away, a topic that is missing: from the start, in a while.
    ground.log.Warn("the trainer begins again", {{"problem", ended.error().message}});
    WaitFor(kRetryWait, stop);
  }
}

}  // namespace segmentd::app
