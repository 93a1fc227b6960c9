#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "segmentd/base/result.h"
#include "segmentd/event/event.h"

namespace segmentd::generate {

struct Options {
  std::uint64_t customers = 5'000;
  std::uint64_t events = 150'000;  // records in total, repeated, late and broken ones included
  int days = 180;
  // What is planted comes as if there were no more days than these; 0: in proportion to them all.
  int planted_within_days = 0;
  double new_kind_share = 0.06;  // of the customers
  std::uint64_t seed = 7;
  std::int64_t start_ms = 1'767'225'600'000;  // 2026-01-01; rounded down to its UTC day
  // Above 0, a load for benchmarks: purchases of 200 bytes each, customers by Zipf's law with this
  // exponent, nothing planted. 0: customers that behave, with what Generator plants.
  double zipf = 0;
  double duplicate_share = 0.01;
  double late_share = 0.01;
  double bad_share = 0;
};

// What is wrong with a record on purpose; each is refused under one code of the contract.
enum class Flaw : std::uint8_t {
  kNone,
  kTruncated,    // malformed
  kNoTime,       // missing_field
  kTextAmount,   // bad_value
  kUnknownKind,  // bad_value
  kBrokenTime,   // bad_time
  kForeignKey,   // key_mismatch: the value names another customer than the key
};

std::string_view FlawName(Flaw flaw);

// One record to be produced: its key is customer_id, its value what AppendJson writes.
struct Record {
  std::string event_id;         // "e-1", "e-2", ...; a repeated record has the first one's
  std::string customer_id;      // "c1" to "c<customers>"
  std::int64_t emitted_ms = 0;  // when it is produced; never goes back
  std::int64_t event_time_ms = 0;
  event::Kind kind = event::Kind::kPurchase;
  std::int64_t amount_cents = 0;
  std::int64_t discount_cents = 0;
  int quantity = 1;
  std::string_view category;  // of static storage, as channel and currency
  std::string_view channel;
  std::string_view currency;
  bool duplicate = false;
  bool late = false;  // event_time_ms is well before emitted_ms
  Flaw flaw = Flaw::kNone;
  bool padded = false;  // the value is made exactly 200 bytes long
};

// The record as an accepted event. Views end with the record. REQUIRES: record.flaw == kNone.
event::Event ToEvent(const Record& record);
// The value of the record, about 200 bytes of JSON as in the contract.
void AppendJson(const Record& record, std::string& out);
// One line of JSON without its end when the record was planted (duplicate, late, broken); else
// nothing.
void AppendTruth(const Record& record, std::string& out);

struct Counts {
  std::uint64_t records = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t late = 0;
  std::uint64_t bad = 0;
};

// Draws exactly Options::events records in the order of their emission. Customers follow archetypes
// (champion, loyal, occasional, ...): a Gamma rate each, Poisson arrivals, log-normal spend,
// preferences for categories and channels. Planted, when the days suffice: a share of the loyal
// stop on one day (churn wave), a kind of customer that did not exist appears (new kind), some
// customers change between two archetypes for ever (flappers); and repeated, late and broken
// records. Same options, same bytes. O(log customers) per record, O(customers + days) memory. One
// thread.
class Generator {
 public:
  // kConfig when an option is out of range.
  static Result<Generator> Create(const Options& options);
  ~Generator();
  Generator(Generator&&) noexcept;
  Generator& operator=(Generator&&) noexcept;

  // False when all records are out; the record's memory is reused.
  bool Next(Record& record);
  const Counts& counts() const;

  // What was planted, as lines of JSON without their ends: the plan, the churn wave, the new kind,
  // each customer's archetype with its first and last day, and the counts so far. None for Zipf's
  // law.
  void VisitTruth(const std::function<void(std::string_view line)>& visit) const;

 private:
  struct Body;
  explicit Generator(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::generate
