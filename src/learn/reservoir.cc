#include "segmentd/learn/reservoir.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>

#include "segmentd/base/assert.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"
#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint64_t kHeldOutOf = 10;
constexpr std::uint64_t kHeldOutSeed = 0x68656c64'6f757400;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// Of two rows of one customer the one to keep, whichever came first.
bool IsNewer(const Row& a, const Row& b) {
  if (a.as_of_ms != b.as_of_ms) return a.as_of_ms > b.as_of_ms;
  if (a.segment != b.segment) return a.segment > b.segment;
  return std::lexicographical_compare(b.values.begin(), b.values.end(), a.values.begin(),
                                      a.values.end(), [](double left, double right) {
                                        return std::bit_cast<std::uint64_t>(left) <
                                               std::bit_cast<std::uint64_t>(right);
                                      });
}

// How likely a row is to lie above a threshold, by where its priority started from.
double ChanceAbove(double start, double threshold) {
  return -std::expm1(-std::exp(start - threshold));
}

double StartOf(const Row& row, const ReservoirOptions& options) {
  return std::numbers::ln2 * static_cast<double>(row.as_of_ms) /
         static_cast<double>(options.half_life_ms);
}

}  // namespace

bool IsHeldOut(std::uint64_t customer) {
  return Random(customer ^ kHeldOutSeed).Below(kHeldOutOf) == 0;
}

Reservoir::Reservoir(const ReservoirOptions& options, Schema schema)
    : options_(options), schema_(std::move(schema)) {
  SEGMENTD_ASSERT(options_.rows_max > 0 && options_.half_life_ms > 0,
                  "a reservoir has room and a half-life");
}

void Reservoir::Best::Offer(const Held& row, double priority, std::size_t size_max) {
  if (const auto at = rows_.find(row->customer); at != rows_.end()) {
    if (!IsNewer(*row, *at->second.first)) return;
    order_.erase({at->second.second, row->customer});
    at->second = {row, priority};
  } else {
    rows_.emplace(row->customer, std::pair(row, priority));
  }
  order_.emplace(priority, row->customer);
  if (rows_.size() <= size_max) return;
  rows_.erase(order_.begin()->second);
  order_.erase(order_.begin());
  full_ = true;
}

void Reservoir::Best::Forget(std::uint64_t customer) {
  const auto at = rows_.find(customer);
  if (at == rows_.end()) return;
  order_.erase({at->second.second, customer});
  rows_.erase(at);
}

double Reservoir::Best::threshold() const {
  return full_ && !order_.empty() ? order_.begin()->first
                                  : -std::numeric_limits<double>::infinity();
}

void Reservoir::Offer(Row row) {
  SEGMENTD_ASSERT(row.values.size() == schema_.features.size(), "a value per feature");
  for (double& value : row.values) {
    if (std::isinf(value)) ++not_finite_;
    // One NaN is like another, so that equal rows have equal bytes.
    if (!std::isfinite(value)) value = kMissing;
  }
  const double priority = PriorityOf(row);
  const auto held = std::make_shared<const Row>(std::move(row));
  all_.Offer(held, priority, options_.rows_max);
  if (held->segment != SegmentId{} && options_.quota > 0) {
    segments_[held->segment].Offer(held, priority, options_.quota);
  }
}

void Reservoir::Forget(std::uint64_t customer) {
  all_.Forget(customer);
  for (auto& [segment, best] : segments_) best.Forget(customer);
}

void Reservoir::Clear() {
  all_ = {};
  segments_.clear();
}

// Exponential decay of the weight and the exponential race of a weighted draw, both as logarithms:
// the order of any two rows never changes as time goes on, and nothing overflows.
double Reservoir::PriorityOf(const Row& row) const {
  const double uniform = Random(row.customer ^ options_.seed).Uniform() + 0x1.0p-54;
  return StartOf(row, options_) - std::log(-std::log(uniform));
}

// Horvitz and Thompson's: its chance to be in the sample without quotas over that with them.
double Reservoir::WeightOf(const Row& row, double priority) const {
  const auto segment = segments_.find(row.segment);
  const double without = all_.threshold();
  if (segment == segments_.end()) return 1;
  const double with = std::min(without, segment->second.threshold());
  if (with == without) return 1;
  const double start = StartOf(row, options_);
  const double chance = std::isinf(with) ? 1 : ChanceAbove(start, with);
  // Far below both thresholds either chance is 0; whatever lies above the first counts whole then.
  return chance > 0 ? ChanceAbove(start, without) / chance : (priority > without ? 1 : 0);
}

std::map<std::uint64_t, std::pair<Reservoir::Held, double>> Reservoir::Union() const {
  std::map<std::uint64_t, std::pair<Held, double>> rows(all_.rows().begin(), all_.rows().end());
  for (const auto& [segment, best] : segments_) {
    for (const auto& [customer, held] : best.rows()) {
      const auto [at, is_new] = rows.emplace(customer, held);
      if (!is_new && IsNewer(*held.first, *at->second.first)) at->second = held;
    }
  }
  return rows;
}

std::vector<Row> Reservoir::Newest() const {
  std::vector<Row> rows;
  for (const auto& [customer, held] : Union()) rows.push_back(*held.first);
  return rows;
}

std::size_t Reservoir::size() const { return Union().size(); }

Rows Reservoir::Take() const {
  const auto held = Union();
  Rows rows;
  rows.schema = schema_;
  rows.values.resize(static_cast<Eigen::Index>(schema_.features.size()),
                     static_cast<Eigen::Index>(held.size()));
  Eigen::Index column = 0;
  for (const auto& [customer, entry] : held) {
    const auto& [row, priority] = entry;
    std::copy(row->values.begin(), row->values.end(), rows.values.col(column++).begin());
    rows.customers.push_back(customer);
    rows.as_of_ms.push_back(row->as_of_ms);
    rows.weights.push_back(WeightOf(*row, priority));
  }
  return rows;
}

std::string Reservoir::Encode() const {
  std::set<Held> distinct;
  for (const auto& [customer, held] : all_.rows()) distinct.insert(held.first);
  for (const auto& [segment, best] : segments_) {
    for (const auto& [customer, held] : best.rows()) distinct.insert(held.first);
  }
  std::vector<Held> rows(distinct.begin(), distinct.end());
  std::sort(rows.begin(), rows.end(), [](const Held& a, const Held& b) {
    return std::tie(a->customer, a->as_of_ms, a->segment) <
           std::tie(b->customer, b->as_of_ms, b->segment);
  });
  std::string encoded;
  ByteWriter out(encoded);
  out.U8(kFormat);
  out.Varint(schema_.features.size());
  out.Varint(not_finite_);
  out.Varint(rows.size());
  for (const Held& row : rows) {
    out.U64(row->customer);
    out.Zigzag(row->as_of_ms);
    out.Varint(row->segment.value());
    for (const double value : row->values) out.F64(value);
  }
  out.U32(Checksum32(encoded));
  return encoded;
}

// What a reservoir holds, offered to an empty one, makes it hold the same.
Status Reservoir::Decode(std::string_view encoded) {
  constexpr std::size_t kChecksumBytes = 4;
  if (encoded.size() < kChecksumBytes) {
    return Fail(Code::kCorruption, "the reservoir's state is cut off: let it fill anew");
  }
  const std::string_view body = encoded.substr(0, encoded.size() - kChecksumBytes);
  if (ByteReader(encoded.substr(body.size())).U32() != Checksum32(body)) {
    return Fail(Code::kCorruption, "the reservoir's state is damaged: let it fill anew");
  }
  ByteReader in(body);
  if (const int format = in.U8(); format != kFormat) {
    return Fail(Code::kCorruption, "the reservoir's state has format {}, not {}: let it fill anew",
                format, kFormat);
  }
  if (const std::uint64_t width = in.Varint(); width != schema_.features.size()) {
    return Fail(Code::kCorruption,
                "the reservoir's state has {} features, the plan {}: let it fill anew", width,
                schema_.features.size());
  }
  Reservoir read(options_, schema_);
  const std::uint64_t not_finite = in.Varint();
  const std::uint64_t count = in.Varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Row row;
    row.customer = in.U64();
    row.as_of_ms = in.Zigzag();
    row.segment = SegmentId{static_cast<std::uint32_t>(in.Varint())};
    for (std::size_t f = 0; f < schema_.features.size(); ++f) row.values.push_back(in.F64());
    read.Offer(std::move(row));
  }
  if (!in.ok() || in.remaining() > 0) {
    return Fail(Code::kCorruption, "the reservoir's state does not add up: let it fill anew");
  }
  read.not_finite_ = not_finite;
  *this = std::move(read);
  return Ok();
}

}  // namespace segmentd::learn
