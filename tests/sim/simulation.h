#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/input_script.h"
#include "sim/process.h"

namespace segmentd::support {

// What one seed makes of the world: how many share the work, and how likely what goes wrong is, per
// turn. A kind of trouble that a seed leaves out is at 0, so that each also occurs by itself.
struct Plan {
  explicit Plan(std::uint64_t seed);

  std::uint64_t seed;
  std::uint64_t input;  // one of a few, so that what is due of it is computed once
  int partitions;
  bool profiles;
  int sites;
  bool twin;  // somebody started a second process with the first one's name
  double pause;
  Chaos::Rates rates;
  double unanswered;  // per request that ends a transaction
  double disk_full;   // per store write
  double crash;       // of a process, where it stands
  double power_cut;   // of its disk too, given a crash: the newest writes are gone
  double wipe;        // of its disk, given a crash
  double stop;        // a clean one
  double freeze;      // as by SIGSTOP, for many turns
  double expire;      // of a member that does not show itself
  double time_out;    // of an open transaction
  double late;        // a request arrives that was on its way
  double compact;     // the changelog
  double trim;        // input that was read is deleted
  double outage;      // the brokers are away for some turns
  double clock_jump;  // of the wall clock, by hours or days either way
  double learn;       // another model is to score
  double roll_back;   // the cluster comes back from an older copy of itself
};

// Several processes, their disks and one broker, through one seed's trouble and to a calm end.
class Simulation {
 public:
  Simulation(const Plan& plan, const Carelessness& careless);

  // What is wrong in the end, one line each; empty when nothing is.
  std::string Run();
  // What happened, one line each.
  const std::string& story() const { return story_; }

 private:
  // A machine: its disk outlives its processes.
  struct Site {
    Site(std::string a_name, std::string id)
        : name(std::move(a_name)), transactional_id(std::move(id)), stores(no_chaos) {}
    std::string name;
    std::string transactional_id;
    Chaos no_chaos;
    MemoryStores stores;
    std::unique_ptr<Process> process;
    int frozen = 0;  // turns
  };

  bool Draw(double probability) { return random_.Chance(probability); }
  template <typename... Args>
  void Tell(fmt::format_string<Args...> format, Args&&... args) {
    story_ +=
        fmt::format("turn {}: ", turn_) + fmt::format(format, std::forward<Args>(args)...) + '\n';
  }
  Site& AnySite() { return *sites_[random_.Below(sites_.size())]; }
  void Feed(std::size_t steps);
  void Meddle();
  void MeddleWithProcesses();
  void MeddleWithBroker();
  void RollBack();
  void Start(Site& site);
  void Crash(Site& site);
  void Turn();
  void NoteEnd(Site& site);
  Status Weather(Call call);
  void Heal();
  bool Settled();
  bool Drained();
  bool RunAlone(Site& site);
  bool StopAll();
  std::string CheckDisks(Site& site, const std::string& which);
  std::string Check();

  const Plan plan_;
  Carelessness careless_;
  const InputScript script_;
  Random random_;
  FakeBroker broker_;
  ManualClock clock_;
  FakeModels models_ = SimModels();
  std::vector<std::unique_ptr<Site>> sites_;
  std::vector<int> ghosts_;  // members whose process is gone
  std::size_t fed_ = 0;
  std::size_t fed_at_mark_ = 0;
  bool marked_ = false;
  int away_ = 0;  // turns until the brokers are back
  bool calm_ = false;
  int turn_ = 0;
  std::string faults_;
  std::string story_;
};

}  // namespace segmentd::support
