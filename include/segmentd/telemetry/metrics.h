#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segmentd/ports/probe.h"
#include "segmentd/train/live_trainer.h"

namespace segmentd::telemetry {

// What the process is, for the info metrics.
struct Identity {
  std::string version;
  std::string revision;
  std::string compiler;
  std::string config_hash;
  std::string transactions_topic;
  std::string profiles_topic;  // empty: none
};

struct ModelIdentity {
  std::string version;
  int segments = 0;
  std::string embedding;
  std::vector<std::pair<SegmentId, std::string>> names;
};

// Everything that /metrics shows, in the Prometheus text format: segmentd_* and process_*. No label
// holds a customer. Thread-safe.
class Metrics final : public ports::Probe {
 public:
  explicit Metrics(const Identity& identity);
  ~Metrics() override;

  void OnStatus(const ports::ShardStatus& status) override;
  void OnCommit(int shard, const ports::CommitSample& sample) override;
  void OnChanges(std::span<const pipeline::ChangeNote> changes) override;
  void OnAlerts(std::span<const pipeline::AlertNote> alerts) override;

  void OnHttpRequest(std::string_view route, std::string_view method, int status, double seconds);
  void OnLogMessage(std::string_view level);
  void SetModel(const ModelIdentity& model);
  // Models that could not be used, since the start.
  void SetModelFailures(std::uint64_t total);
  void SetLearning(const train::LiveStatus& trainer);
  void OnRetrain(double seconds);
  // starting | restoring | catching_up | running | draining
  void SetPhase(std::string_view phase);

  // The Content-Type that Text is to be sent with.
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";
  std::string Text() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::telemetry
