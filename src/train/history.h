#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hash_index.h"
#include "segmentd/event/event.h"
#include "segmentd/train/trainer.h"

namespace segmentd::train {

// One event as History keeps it.
struct Row {
  std::int64_t event_time_ms = 0;
  std::uint64_t id_hash = 0;
  double amount = 0;
  double quantity = 1;
  double discount = 0;
  std::uint32_t customer = 0;
  std::uint32_t category = 0;  // number of a name
  std::uint32_t channel = 0;
  event::Kind kind = event::Kind::kPurchase;
  bool has_id = false;
};

// Distinct texts, numbered from 0 in the order of their first appearance.
class Names {
 public:
  std::uint32_t Number(std::string_view text);
  const std::string& text(std::uint32_t number) const { return texts_[number]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }

 private:
  HashIndex index_;
  std::vector<std::string> texts_;
  std::uint32_t last_ = 0;
};

// Rows in the order of their arrival, in blocks, so that growth copies nothing.
class Rows {
 public:
  static constexpr std::size_t kBlock = std::size_t{1} << 14;

  void Add(const Row& row) {
    if (size_ % kBlock == 0) blocks_.push_back(std::make_unique<Row[]>(kBlock));
    blocks_.back()[size_++ % kBlock] = row;
  }
  const Row& operator[](std::size_t i) const { return blocks_[i / kBlock][i % kBlock]; }
  Row& operator[](std::size_t i) { return blocks_[i / kBlock][i % kBlock]; }
  std::size_t size() const { return size_; }

 private:
  std::vector<std::unique_ptr<Row[]>> blocks_;
  std::size_t size_ = 0;
};

// An attribute with a text of its own.
struct StoredAttribute {
  std::string name;
  bool is_number = false;
  double number = 0;
  std::string text;
};

// Everything that a History holds.
struct EventTable {
  // The index of many customers does not fit into the cache, and a row at a time would wait for
  // memory every time: so customers of the newest rows are looked up together, a little later.
  static constexpr std::size_t kWaiting = 32;

  HashIndex customer_index;
  std::array<std::uint64_t, kWaiting> waiting{};  // customers' hashes of the newest rows
  std::size_t waiting_count = 0;
  std::vector<std::uint64_t> customer_hashes;  // by customer
  Names categories;
  Names channels;
  Rows rows;
  std::map<std::uint32_t, std::vector<StoredAttribute>> profiles;  // by customer
  std::int64_t newest_ms = 0;
  // Of all purchases that name one; nothing once they name several.
  std::optional<std::string> currency = std::string();

  void Add(const event::Event& event);
  void Add(const event::Profile& profile);
  void NoteCurrency(std::string_view other);
  // Looks up the customers that wait. Whoever reads rows or customers calls it first.
  void Settle();
  std::uint32_t Customer(std::uint64_t hash);
};

struct History::Body {
  EventTable table;
};

}  // namespace segmentd::train
