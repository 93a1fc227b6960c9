// Loaded into the daemon before its libraries (LD_PRELOAD), ends or stops the process at an exact
// step of a commit, so that what ships needs no switch for it:
//   FAILPOINT=STEP:N:ACTION   the N-th time that STEP is reached, counted from 1; kill or stop
//   begun        a transaction is open, nothing is in it
//   flushed      all of its records are with the broker
//   offsets      the offsets are in it as well
//   committed    it has happened, and nobody here knows
//   store-half   half of a write to the store's log is done
//   stored       all of it
//   record       whenever partition 0 begins with records among which is the one at offset N: as a
//                record does that the process cannot bear
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

struct Failpoint {
  std::string step;
  int n = 0;
  int signal = 0;

  Failpoint() {
    const char* told = std::getenv("FAILPOINT");
    if (told == nullptr) return;
    const std::string text(told);
    const std::size_t first = text.find(':');
    const std::size_t second = text.find(':', first + 1);
    if (second == std::string::npos) std::abort();
    step = text.substr(0, first);
    n = std::atoi(text.c_str() + first + 1);
    signal = text.substr(second + 1) == "stop" ? SIGSTOP : SIGKILL;
  }
};

const Failpoint& Told() {
  static const Failpoint failpoint;
  return failpoint;
}

void Reach(std::string_view step) {
  static std::atomic<int> reached = 0;
  if (Told().step == step && ++reached == Told().n) kill(getpid(), Told().signal);
}

template <typename Function>
Function* Real(const char* name, Function*) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string NameOf(int fd) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path, sizeof(path));
  if (size <= 0) return "";
  const std::string_view name(path, static_cast<std::size_t>(size));
  return std::string(name.substr(name.rfind('/') + 1));
}

// Of RocksDB, whose log of writes is NNNNNN.log.
bool IsStoreLog(int fd) {
  if (Told().step.rfind("store", 0) != 0) return false;
  const std::string last = NameOf(fd);
  return last.size() > 4 && last.ends_with(".log") &&
         last.find_first_not_of("0123456789") == last.size() - 4;
}

}  // namespace

extern "C" {

rd_kafka_error_t* rd_kafka_begin_transaction(rd_kafka_t* client) {
  static auto* const real = Real(__func__, &rd_kafka_begin_transaction);
  rd_kafka_error_t* error = real(client);
  if (error == nullptr) Reach("begun");
  return error;
}

rd_kafka_resp_err_t rd_kafka_flush(rd_kafka_t* client, int timeout_ms) {
  static auto* const real = Real(__func__, &rd_kafka_flush);
  const rd_kafka_resp_err_t error = real(client, timeout_ms);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) Reach("flushed");
  return error;
}

rd_kafka_error_t* rd_kafka_send_offsets_to_transaction(
    rd_kafka_t* client, const rd_kafka_topic_partition_list_t* offsets,
    const rd_kafka_consumer_group_metadata_t* metadata, int timeout_ms) {
  static auto* const real = Real(__func__, &rd_kafka_send_offsets_to_transaction);
  rd_kafka_error_t* error = real(client, offsets, metadata, timeout_ms);
  if (error == nullptr) Reach("offsets");
  return error;
}

rd_kafka_error_t* rd_kafka_commit_transaction(rd_kafka_t* client, int timeout_ms) {
  static auto* const real = Real(__func__, &rd_kafka_commit_transaction);
  rd_kafka_error_t* error = real(client, timeout_ms);
  if (error == nullptr) Reach("committed");
  return error;
}

ssize_t write(int fd, const void* bytes, size_t size) {
  static auto* const real = Real(__func__, &write);
  if (!IsStoreLog(fd)) return real(fd, bytes, size);
  const ssize_t half = real(fd, bytes, size / 2);
  if (half < 0) return half;
  Reach("store-half");
  const ssize_t rest =
      real(fd, static_cast<const char*>(bytes) + half, size - static_cast<size_t>(half));
  if (rest < 0) return half;
  Reach("stored");
  return half + rest;
}

// What the daemon notes before it works on records after a crash: topic, first and last offset.
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  static auto* const real = Real(__func__, &pwrite);
  const ssize_t written = real(fd, bytes, size, offset);
  if (Told().step != "record" || NameOf(fd) != "0.attempt") return written;
  const std::string note(static_cast<const char*>(bytes), size);
  int source = 0;
  int first = 0;
  int last = 0;
  if (std::sscanf(note.c_str(), "%d %d %d", &source, &first, &last) == 3 && source == 0 &&
      first <= Told().n && Told().n <= last) {
    kill(getpid(), Told().signal);
  }
  return written;
}

}  // extern "C"
