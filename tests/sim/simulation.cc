#include "sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/observation.h"

namespace segmentd::support {
namespace {

constexpr int kInputs = 24;
constexpr int kRecords = 70;
constexpr int kStormyTurns = 260;
// Many times what a calm world needs to get there.
constexpr int kTurnsToDrain = 20'000;

bool OnDisk(Call call) {
  return call == Call::kOpenStore || call == Call::kReadStore || call == Call::kWriteStore ||
         call == Call::kAfterWriteStore;
}

bool EndsTransaction(Call call) {
  return call == Call::kSendOffsets || call == Call::kAfterSendOffsets || call == Call::kCommit ||
         call == Call::kAfterCommit;
}

}  // namespace

Plan::Plan(std::uint64_t a_seed) : seed(a_seed), input(a_seed % kInputs) {
  Random random(seed);
  const auto maybe = [&](double most) { return random.Chance(0.5) ? random.Uniform() * most : 0; };
  partitions = 1 + static_cast<int>(input % 3);
  profiles = input % 4 == 3;
  sites = 1 + static_cast<int>(random.Below(3));
  twin = random.Chance(0.1);
  pause = random.Uniform() * 0.2;
  rates = {.crash = maybe(0.003),
           .retry = maybe(0.03),
           .abort = maybe(0.01),
           .fence = maybe(0.01),
           .corrupt = maybe(0.01)};
  unanswered = maybe(0.2);
  disk_full = maybe(0.05);
  crash = maybe(0.03);
  power_cut = maybe(0.8);
  wipe = maybe(0.4);
  stop = maybe(0.02);
  freeze = maybe(0.05);
  expire = maybe(0.05);
  time_out = maybe(0.03);
  late = maybe(0.2);
  compact = maybe(0.05);
  trim = maybe(0.03);
  outage = maybe(0.02);
  clock_jump = maybe(0.02);
  learn = maybe(0.04);
  roll_back = sites == 1 && !twin ? maybe(0.02) : 0;
}

Simulation::Simulation(const Plan& plan, const Carelessness& careless)
    : plan_(plan),
      careless_(careless),
      script_(plan.input, plan.partitions, plan.profiles, kRecords),
      random_(plan.seed),
      broker_(plan.partitions, plan.profiles) {
  for (int i = 0; i < plan.sites; ++i) {
    sites_.push_back(std::make_unique<Site>(fmt::format("site {}", i), fmt::format("test.{}", i)));
  }
  // A store that does not know exactly how far it is cannot tell that it is of another time line.
  careless_.habits.tells_exact_offsets = plan.roll_back > 0;
  if (plan.twin) sites_.push_back(std::make_unique<Site>("the twin", "test.0"));
}

std::string Simulation::Run() {
  for (; turn_ < kStormyTurns; ++turn_) {
    Meddle();
    Turn();
  }
  Heal();
  for (; !Drained() || !Settled(); ++turn_) {
    if (turn_ == kTurnsToDrain) return faults_ + "the input is not drained\n";
    Turn();
  }
  return Check();
}

void Simulation::Feed(std::size_t steps) {
  for (; steps > 0 && fed_ < script_.size(); --steps) script_.Play(fed_++, broker_);
}

void Simulation::Meddle() {
  if (Draw(0.3)) Feed(1 + random_.Below(4));
  if (away_ > 0) --away_;
  MeddleWithProcesses();
  MeddleWithBroker();
  if (Draw(plan_.clock_jump)) {
    const auto hours = static_cast<std::int64_t>(random_.Below(Draw(0.1) ? 400 : 3));
    Tell("the clock jumps");
    clock_.JumpMs((Draw(0.5) ? 1 : -1) * hours * 3'600 * kSecondMs);
  }
  if (Draw(plan_.learn)) {
    const auto all = models_.All();
    models_.Activate(all[random_.Below(all.size())]);
    Tell("model {} is to score", models_.Active()->version);
  }
  if (Draw(plan_.roll_back)) RollBack();
}

void Simulation::MeddleWithProcesses() {
  for (const auto& site : sites_) {
    if (site->process == nullptr && Draw(0.1)) Start(*site);
    if (site->frozen > 0) --site->frozen;
  }
  Site& site = AnySite();
  if (site.process == nullptr) return;
  if (Draw(plan_.crash)) {
    Crash(site);
  } else if (Draw(plan_.stop)) {
    Tell("{} is asked to stop", site.name);
    site.process->Stop();
  } else if (Draw(plan_.freeze)) {
    site.frozen = static_cast<int>(random_.Below(80));
    Tell("{} is frozen for {} turns", site.name, site.frozen);
  }
}

void Simulation::MeddleWithBroker() {
  if (!ghosts_.empty() && Draw(0.1)) {
    Tell("the session of a dead member runs out");
    broker_.Expire(ghosts_.back());
    ghosts_.pop_back();
  }
  const Site& site = AnySite();
  if (site.frozen > 0 && site.process != nullptr && Draw(0.05 + plan_.expire)) {
    Tell("the session of {} runs out", site.name);
    broker_.Expire(site.process->member());
  }
  if (Draw(plan_.time_out)) {
    Tell("what {} has open times out", site.transactional_id);
    broker_.TimeOut(site.transactional_id);
  }
  if (Draw(plan_.late)) broker_.DeliverLate();
  const Partition partition{static_cast<int>(random_.Below(plan_.partitions))};
  if (Draw(plan_.compact)) {
    Tell("the changelog {} is compacted", partition.value());
    broker_.Compact("changelog", partition);
  }
  if (Draw(plan_.trim)) {
    const auto read = broker_.Committed({event::Source::kTransactions, partition});
    if (read) {
      Tell("the input {} is trimmed to {}", partition.value(), read->value());
      broker_.SetLow("transactions", partition, *read);
    }
  }
  if (Draw(plan_.outage)) {
    away_ = static_cast<int>(random_.Below(30));
    Tell("the brokers are away for {} turns", away_);
  }
}

// To a moment when nothing was under way, with no process alive.
void Simulation::RollBack() {
  if (marked_) {
    Crash(*sites_[0]);
    Tell("the cluster is rolled back");
    broker_.BackToMark();
    fed_ = fed_at_mark_;
    marked_ = false;
  } else if (!broker_.Undecided("upstream") && !broker_.Undecided(sites_[0]->transactional_id)) {
    Tell("the cluster is copied");
    broker_.SetMark();
    fed_at_mark_ = fed_;
    marked_ = true;
  }
}

void Simulation::Start(Site& site) {
  Process::Nature nature;
  Tell("{} starts", site.name);
  runtime::ShardOptions& options = nature.options;
  options.resets_max = 1'000'000;
  options.poll_records_max = 1 + static_cast<int>(random_.Below(40));
  options.cache_bytes_max = static_cast<std::int64_t>(random_.Below(30'000));
  options.commit_interval_ms = 1 + static_cast<std::int64_t>(random_.Below(500));
  options.change_within_ms = static_cast<std::int64_t>(random_.Below(100));
  options.commit_records_max = 1 + static_cast<std::int64_t>(random_.Below(60));
  options.store_interval_ms = static_cast<std::int64_t>(random_.Below(4'000));
  options.restore_batches = {random_.Below(3'000), random_.Below(6)};
  nature.seed = random_.Next();
  if (!calm_) nature.rates = plan_.rates;
  nature.pause = plan_.pause;
  nature.weather = [this](Call call) { return Weather(call); };
  site.process = std::make_unique<Process>(
      Process::Place{broker_, clock_, site.stores, models_, site.transactional_id}, nature,
      careless_);
  site.frozen = 0;
}

Status Simulation::Weather(Call call) {
  if (calm_) return Ok();
  if (away_ > 0 && !OnDisk(call)) return Fail(Code::kRetry, "the broker is away");
  if (EndsTransaction(call) && Draw(plan_.unanswered)) return Fail(Code::kRetry, "no answer");
  if (call == Call::kWriteStore && Draw(plan_.disk_full)) {
    return Fail(Code::kStorage, "the disk is full");
  }
  return Ok();
}

void Simulation::Crash(Site& site) {
  if (site.process == nullptr) return;
  site.process->Kill();
  NoteEnd(site);
}

void Simulation::Turn() {
  Site& site = AnySite();
  if (site.process == nullptr || site.frozen > 0) return;
  site.process->Resume();
  if (site.process->ended()) NoteEnd(site);
}

void Simulation::NoteEnd(Site& site) {
  const std::optional<Status>& outcome = site.process->outcome();
  Tell("{} {}", site.name,
       !outcome               ? "crashes"
       : outcome->has_value() ? "ends"
                              : outcome->error().message);
  if (!outcome) {
    ghosts_.push_back(site.process->member());
    if (Draw(plan_.power_cut)) {
      Tell("its disk loses the newest writes");
      site.stores.LoseWrites(1 + random_.Below(3));
    }
    if (Draw(plan_.wipe)) {
      Tell("its disk is wiped");
      site.stores.Wipe();
    }
  } else if (!outcome->has_value()) {
    const Error& error = outcome->error();
    const bool expected =
        error.code == Code::kStorage || (error.code == Code::kFatal && plan_.rates.corrupt > 0);
    if (!expected) faults_ += fmt::format("a process gave up: {}\n", error.message);
  } else if (!site.process->stopping()) {
    faults_ += "a process ended of itself\n";
  }
  site.process.reset();
  if (calm_) Start(site);
}

// What was broken is mended, who was away is back; what was left open times out.
void Simulation::Heal() {
  Tell("all is well from here on");
  Feed(script_.size());
  if (plan_.twin) {
    Crash(*sites_.back());
    sites_.pop_back();
  }
  calm_ = true;
  away_ = 0;
  for (const auto& site : sites_) {
    Crash(*site);
    if (site->process == nullptr) Start(*site);
  }
  for (const int ghost : ghosts_) broker_.Expire(ghost);
  ghosts_.clear();
}

// Every partition is served by somebody: nobody is left with what a rolled back cluster has not.
bool Simulation::Settled() {
  for (int p = 0; p < plan_.partitions; ++p) {
    const bool runs = std::any_of(sites_.begin(), sites_.end(), [&](const auto& site) {
      return site->process != nullptr && site->process->Runs(Partition{p}, models_);
    });
    if (!runs) return false;
  }
  return true;
}

bool Simulation::Drained() {
  for (const auto& topic : {event::Source::kTransactions, event::Source::kProfiles}) {
    if (topic == event::Source::kProfiles && !plan_.profiles) continue;
    for (int p = 0; p < plan_.partitions; ++p) {
      const ports::InputPartition input{topic, Partition{p}};
      const Offset end = broker_.High(FakeBroker::InputTopic(topic), input.partition);
      if (broker_.Committed(input).value_or(Offset{0}) != end) return false;
    }
  }
  return true;
}

}  // namespace segmentd::support
