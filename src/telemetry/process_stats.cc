#include "telemetry/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace segmentd::telemetry {
namespace {

class Collector {
 public:
  void Add(const char* name, const char* help, double value,
           prometheus::MetricType type = prometheus::MetricType::Gauge) {
    prometheus::MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    family.metric.emplace_back();
    if (type == prometheus::MetricType::Counter) {
      family.metric.back().counter.value = value;
    } else {
      family.metric.back().gauge.value = value;
    }
    families_.push_back(std::move(family));
  }
  std::vector<prometheus::MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

// Fields of /proc/self/stat that follow the command's name, as proc(5) numbers them from 3.
struct Stat {
  double threads = 0;      // 20
  double start_ticks = 0;  // 22, since boot
};

std::optional<Stat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The name may hold spaces and brackets; the last bracket ends it.
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(end + 1));
  Stat stat;
  std::string field;
  for (int number = 3; number <= 22 && rest >> field; ++number) {
    if (number == 20) stat.threads = std::stod(field);
    if (number == 22) stat.start_ticks = std::stod(field);
  }
  return stat;
}

std::optional<double> BootTimeSeconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return std::nullopt;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void AddCpu(Collector& out) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return;
  out.Add("process_cpu_seconds_total", "CPU time spent, user and system",
          Seconds(usage.ru_utime) + Seconds(usage.ru_stime), prometheus::MetricType::Counter);
}

void AddMemory(Collector& out) {
  std::ifstream file("/proc/self/statm");
  double virtual_pages = 0;
  double resident_pages = 0;
  if (!(file >> virtual_pages >> resident_pages)) return;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  out.Add("process_virtual_memory_bytes", "Address space", virtual_pages * page);
  out.Add("process_resident_memory_bytes", "Memory resident", resident_pages * page);
}

void AddFiles(Collector& out) {
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  // The iterator's own descriptor is among them.
  if (!error) {
    out.Add("process_open_fds", "File descriptors in use",
            static_cast<double>(std::distance(open, std::filesystem::directory_iterator{}) - 1));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.Add("process_max_fds", "File descriptors allowed", static_cast<double>(limit.rlim_cur));
  }
}

void AddStart(Collector& out) {
  const auto stat = ReadStat();
  const auto boot = BootTimeSeconds();
  if (!stat) return;
  out.Add("process_threads", "Threads", stat->threads);
  if (!boot) return;
  out.Add("process_start_time_seconds", "When the process started",
          *boot + stat->start_ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace

std::vector<prometheus::MetricFamily> CollectProcessStats() {
  Collector out;
  AddCpu(out);
  AddMemory(out);
  AddFiles(out);
  AddStart(out);
  return out.Take();
}

}  // namespace segmentd::telemetry
