#include "history.h"

#include <algorithm>

#include "segmentd/base/hash.h"
#include "segmentd/base/text.h"
#include "segmentd/model/bundle.h"

namespace segmentd::train {

// The same name often comes again at once; a comparison is cheaper than a hash.
std::uint32_t Names::Number(std::string_view text) {
  if (last_ < texts_.size() && texts_[last_] == text) return last_;
  const auto [number, is_new] = index_.Insert(Hash64(text));
  if (is_new) texts_.emplace_back(text);
  last_ = number;
  return number;
}

void EventTable::Add(const event::Event& event) {
  Row row;
  row.event_time_ms = event.event_time_ms;
  row.id_hash = event.id_hash;
  row.amount = event.amount;
  row.quantity = event.quantity;
  row.discount = event.discount;
  row.category = categories.Number(event.category);
  row.channel = channels.Number(event.channel);
  row.kind = event.kind;
  row.has_id = event.has_id;
  newest_ms = rows.size() == 0 ? row.event_time_ms : std::max(newest_ms, row.event_time_ms);
  rows.Add(row);
  if (currency && event.kind == event::Kind::kPurchase && event.currency != *currency) {
    NoteCurrency(event.currency);
  }

  const std::uint64_t customer = Hash64(event.customer_id);
  customer_index.Prefetch(customer);
  waiting[waiting_count++] = customer;
  if (waiting_count == kWaiting) Settle();
}

void EventTable::NoteCurrency(std::string_view other) {
  if (other.empty()) return;
  if (currency->empty() && other.size() <= model::kCurrencyBytesMax && IsUtf8(other)) {
    currency = other;
  } else {
    currency.reset();
  }
}

void EventTable::Add(const event::Profile& profile) {
  Settle();
  std::vector<StoredAttribute>& stored = profiles[Customer(Hash64(profile.customer_id))];
  stored.clear();
  for (const event::Attribute& attribute : profile.attributes) {
    stored.push_back({std::string(attribute.name), attribute.is_number, attribute.number,
                      std::string(attribute.text)});
  }
}

void EventTable::Settle() {
  const std::size_t first = rows.size() - waiting_count;
  for (std::size_t i = 0; i < waiting_count; ++i) rows[first + i].customer = Customer(waiting[i]);
  waiting_count = 0;
}

std::uint32_t EventTable::Customer(std::uint64_t hash) {
  const auto [number, is_new] = customer_index.Insert(hash);
  if (is_new) customer_hashes.push_back(hash);
  return number;
}

History::History() : body_(std::make_unique<Body>()) {}
History::~History() = default;
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;

void History::Add(const event::Event& event) { body_->table.Add(event); }
void History::Add(const event::Profile& profile) { body_->table.Add(profile); }
std::uint64_t History::events() const { return body_->table.rows.size(); }
std::uint64_t History::customers() const {
  body_->table.Settle();
  return body_->table.customer_hashes.size();
}
std::int64_t History::newest_ms() const { return body_->table.newest_ms; }

}  // namespace segmentd::train
