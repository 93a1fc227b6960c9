#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segmentd/event/decoder.h"

namespace segmentd::event {

// A decoder with records at hand: what it was given stays alive as long as it does.
class Decoding {
 public:
  explicit Decoding(const Format& format = {}) : decoder_(std::move(*Decoder::Create(format))) {}

  tl::expected<Event, Rejection> Transaction(std::optional<std::string> key,
                                             std::optional<std::string> value,
                                             std::vector<Header> headers = {}) {
    return decoder_->DecodeTransaction(
        Record(Source::kTransactions, std::move(key), std::move(value), std::move(headers)));
  }
  tl::expected<Profile, Rejection> ProfileRecord(std::optional<std::string> key,
                                                 std::optional<std::string> value,
                                                 std::vector<Header> headers = {}) {
    return decoder_->DecodeProfile(
        Record(Source::kProfiles, std::move(key), std::move(value), std::move(headers)));
  }
  Decoder& decoder() { return *decoder_; }

 private:
  struct Kept {
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<Header> headers;
  };

  RawRecord Record(Source source, std::optional<std::string> key, std::optional<std::string> value,
                   std::vector<Header> headers) {
    kept_.push_back(
        std::make_unique<Kept>(Kept{std::move(key), std::move(value), std::move(headers)}));
    RawRecord record;
    record.source = source;
    record.key = kept_.back()->key;
    record.value = kept_.back()->value;
    record.headers = kept_.back()->headers;
    return record;
  }

  std::unique_ptr<Decoder> decoder_;
  std::vector<std::unique_ptr<Kept>> kept_;
};

// "code/stage" of a refusal, "accepted" of anything else: what a test compares.
template <typename T>
std::string Verdict(const tl::expected<T, Rejection>& result) {
  if (result.has_value()) return "accepted";
  EXPECT_FALSE(result.error().message.empty());
  return std::string(RejectCodeName(result.error().code)) + "/" +
         std::string(StageName(result.error().stage));
}

// A purchase of customer c42 with `more` behind its required fields: R"(,"kind":"visit")".
inline std::string Purchase(std::string_view more = {}) {
  return R"({"customer_id":"c42","event_time":"2026-11-20T10:15:02.120Z","amount":59.9)" +
         std::string(more) + "}";
}
inline constexpr std::int64_t kPurchaseMs = 1'795'169'702'120;

}  // namespace segmentd::event
