#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/event/decoder.h"
#include "segmentd/event/event.h"

namespace segmentd::train {

// The columns of one CSV file as our fields: rows of texts to events, under the rules of the input
// contract. An empty text is an absent field.
class Columns {
 public:
  // kConfig: a mapping that no record could meet, or a column that the header does not have, with
  // the nearest that it has.
  static Result<Columns> Match(const event::Format& format,
                               const std::vector<std::string_view>& header);

  // Views of the result are those of the texts. Not const: the day last seen is remembered.
  tl::expected<event::Event, event::Rejection> Read(const std::vector<std::string_view>& row);

 private:
  enum Field : std::uint8_t {
    kCustomerId,
    kEventId,
    kEventTime,
    kKind,
    kAmount,
    kQuantity,
    kCategory,
    kChannel,
    kDiscount,
    kCurrency,
  };
  static constexpr int kFields = 10;

  // Where a field's text comes from: a column, a constant, or (neither) nowhere.
  struct Place {
    int column = -1;
    std::string constant;
  };

  std::string_view Text(const std::vector<std::string_view>& row, Field field) const;
  tl::expected<void, event::Rejection> ReadMoney(const std::vector<std::string_view>& row,
                                                 event::Event& event) const;
  std::optional<std::int64_t> ReadTime(std::string_view text);
  std::optional<std::int64_t> ReadCivil(std::string_view text);

  event::TimeFormat time_ = event::TimeFormat::kRfc3339;
  std::size_t columns_ = 0;
  std::array<Place, kFields> places_;
  // Files are mostly in order of time: the date of the last row is that of the next.
  std::array<char, 10> date_{};
  std::int64_t date_ms_ = 0;
};

}  // namespace segmentd::train
