#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/learn/rows.h"

namespace segmentd::learn {

// One customer's snapshot, as it waits to be learned from.
struct Row {
  std::uint64_t customer = 0;  // Hash64 of the id
  std::int64_t as_of_ms = 0;
  SegmentId segment;           // of the champion when it was taken; 0: none
  std::vector<double> values;  // raw features; NaN is "missing"
};

struct ReservoirOptions {
  std::size_t rows_max = 50'000;
  std::int64_t half_life_ms = 30 * kDayMs;  // of a row's chance to stay, by its as_of
  std::size_t quota = 50;  // rows that every segment keeps at least, if it has them
  std::uint64_t seed = 1;
};

// A sample of bounded size in which newer snapshots are likelier to stay, with one row per customer
// (the newest) and a quota per segment. What it holds is a function of the rows that it was offered
// since its last Relabel, and not of their order. One thread.
class Reservoir {
 public:
  // All rows have as many values as the schema has features.
  Reservoir(const ReservoirOptions& options, Schema schema);

  const Schema& schema() const { return schema_; }
  std::size_t size() const;  // customers
  // Values offered that were infinite: they are kept as missing.
  std::uint64_t not_finite() const { return not_finite_; }

  // REQUIRES: row.values has the schema's size.
  void Offer(Row row);
  // Drops what is held of a customer.
  void Forget(std::uint64_t customer);
  // Gives every row its segment under a new champion; segment_of takes a row and returns its new
  // one. Rows that only the quota of an old segment kept may go.
  template <typename SegmentOf>
  void Relabel(const SegmentOf& segment_of) {
    std::vector<Row> rows = Newest();
    Clear();
    for (Row& row : rows) {
      row.segment = segment_of(row);
      Offer(std::move(row));
    }
  }

  // Ascending by customer. Rows that only a quota keeps weigh less than 1, so that the shares of
  // the segments are those of the sample without quotas.
  Rows Take() const;

  // The whole state but options and schema; checksummed. Same state, same bytes.
  std::string Encode() const;
  // kCorruption when the bytes are damaged or not of this schema; the reservoir is then as it was.
  Status Decode(std::string_view encoded);

 private:
  using Held = std::shared_ptr<const Row>;

  // The rows of largest priority, one per customer.
  class Best {
   public:
    void Offer(const Held& row, double priority, std::size_t size_max);
    void Forget(std::uint64_t customer);
    const std::unordered_map<std::uint64_t, std::pair<Held, double>>& rows() const { return rows_; }
    // Of the least row, once something had to go; before, everything stays.
    double threshold() const;

   private:
    std::unordered_map<std::uint64_t, std::pair<Held, double>> rows_;
    std::set<std::pair<double, std::uint64_t>> order_;  // priority, customer
    bool full_ = false;
  };

  double PriorityOf(const Row& row) const;
  double WeightOf(const Row& row, double priority) const;
  std::map<std::uint64_t, std::pair<Held, double>> Union() const;  // the newest of each customer
  std::vector<Row> Newest() const;
  void Clear();

  ReservoirOptions options_;
  Schema schema_;
  Best all_;
  std::map<SegmentId, Best> segments_;
  std::uint64_t not_finite_ = 0;
};

}  // namespace segmentd::learn
