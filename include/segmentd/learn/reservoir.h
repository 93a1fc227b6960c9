#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "segmentd/base/ids.h"

namespace segmentd::learn {

// One customer, as it waits to be learned from.
struct Row {
  std::uint64_t customer = 0;  // Hash64 of the id
  std::int64_t as_of_ms = 0;
  SegmentId segment;   // of the champion when it was taken; 0: none
  std::string record;  // the customer's record, encoded; nothing here looks into it
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
  struct Held {
    std::shared_ptr<const Row> row;
    double weight = 1;
  };

  explicit Reservoir(const ReservoirOptions& options);

  // Customers, without those whom only a quota keeps.
  std::size_t size() const { return all_.rows().size(); }

  void Offer(Row row);
  // Drops what is held of a customer.
  void Forget(std::uint64_t customer);
  // Gives the rows of Take their segments under a new champion, one each. Rows that only the quota
  // of an old segment kept may go.
  void Relabel(const std::vector<SegmentId>& segments);

  // Ascending by customer. Rows that only a quota keeps weigh less than 1, so that the shares of
  // the segments are those of the sample without quotas.
  std::vector<Held> Take() const;

 private:
  using Shared = std::shared_ptr<const Row>;

  // The rows of largest priority, one per customer.
  class Best {
   public:
    void Offer(const Shared& row, double priority, std::size_t size_max);
    void Forget(std::uint64_t customer);
    const std::unordered_map<std::uint64_t, std::pair<Shared, double>>& rows() const {
      return rows_;
    }
    // Of the least row, once something had to go; before, everything stays.
    double threshold() const;

   private:
    std::unordered_map<std::uint64_t, std::pair<Shared, double>> rows_;
    std::set<std::pair<double, std::uint64_t>> order_;  // priority, customer
    bool full_ = false;
  };

  double PriorityOf(const Row& row) const;
  double WeightOf(const Row& row, double priority) const;
  std::map<std::uint64_t, std::pair<Shared, double>> Union() const;  // the newest of each customer

  ReservoirOptions options_;
  Best all_;
  std::map<SegmentId, Best> segments_;
};

}  // namespace segmentd::learn
