#include "config/values.h"

#include <fmt/format.h>

#include <charconv>

#include "segmentd/base/text.h"
#include "segmentd/base/time_text.h"

namespace segmentd::config {
namespace {

// A member written as one scalar. Quotes make a text of what else would be a number.
class ScalarValue : public Value {
 public:
  void Read(const YAML::Node& node, std::string_view path, Complaints& complaints) override {
    if (node.IsNull() && TakeNull()) return;
    if (!node.IsScalar()) {
      const std::string_view found = node.IsNull() ? "nothing" : node.IsMap() ? "a map" : "a list";
      complaints.Add(node.Mark(), path, fmt::format("expected {}, found {}", Expected(), found));
      return;
    }
    const std::string& text = node.Scalar();
    const bool plain = node.Tag().empty() || node.Tag() == "?";
    if (const auto why = plain || TakesQuoted() ? Take(text) : "quoted, so it is a text") {
      complaints.Add(node.Mark(), path,
                     fmt::format("expected {}, found `{}`{}{}", Expected(), text,
                                 why->empty() || why->front() == ';' ? "" : ": ", *why));
    }
  }

 protected:
  // Nothing when taken; else what to add to "expected ..., found ...", perhaps empty.
  virtual std::optional<std::string> Take(const std::string& text) = 0;
  virtual bool TakeNull() { return false; }
  virtual bool TakesQuoted() const { return true; }
};

class TextValue final : public ScalarValue {
 public:
  TextValue(std::string& member, std::string expected, TextRule rule)
      : member_(member), expected_(std::move(expected)), rule_(std::move(rule)) {}
  std::string Print() const override { return QuoteYaml(member_); }
  std::string Expected() const override { return expected_; }

 protected:
  std::optional<std::string> Take(const std::string& text) override {
    if (auto why = rule_(text)) return why;
    member_ = text;
    return std::nullopt;
  }

 private:
  std::string& member_;
  std::string expected_;
  TextRule rule_;
};

class OptionalTextValue final : public ScalarValue {
 public:
  OptionalTextValue(std::optional<std::string>& member, std::string expected, TextRule rule)
      : member_(member), expected_(std::move(expected)), rule_(std::move(rule)) {}
  std::string Print() const override { return member_ ? QuoteYaml(*member_) : "null"; }
  std::string Expected() const override { return expected_ + " or null"; }

 protected:
  std::optional<std::string> Take(const std::string& text) override {
    if (auto why = rule_(text)) return why;
    member_ = text;
    return std::nullopt;
  }
  bool TakeNull() override {
    member_.reset();
    return true;
  }

 private:
  std::optional<std::string>& member_;
  std::string expected_;
  TextRule rule_;
};

class FlagValue final : public ScalarValue {
 public:
  explicit FlagValue(bool& member) : member_(member) {}
  std::string Print() const override { return member_ ? "true" : "false"; }
  std::string Expected() const override { return "true | false"; }

 protected:
  std::optional<std::string> Take(const std::string& text) override {
    if (text != "true" && text != "false") return "";
    member_ = text == "true";
    return std::nullopt;
  }
  bool TakesQuoted() const override { return false; }

 private:
  bool& member_;
};

// Numbers, durations and sizes: a text form, a range.
template <typename T>
class RangeValue final : public ScalarValue {
 public:
  struct Form {
    std::string_view kind;
    std::function<std::optional<T>(std::string_view)> parse;
    std::function<std::string(T)> format;
  };
  RangeValue(T& member, T min, T max, Form form)
      : member_(member), min_(min), max_(max), form_(std::move(form)) {}
  std::string Print() const override { return form_.format(member_); }
  std::string Expected() const override {
    return fmt::format("{} {}..{}", form_.kind, form_.format(min_), form_.format(max_));
  }

 protected:
  std::optional<std::string> Take(const std::string& text) override {
    const std::optional<T> value = form_.parse(text);
    if (!value) return "";
    if (!(*value >= min_ && *value <= max_)) return "out of range";
    member_ = *value;
    return std::nullopt;
  }
  bool TakesQuoted() const override { return false; }

 private:
  T& member_;
  T min_;
  T max_;
  Form form_;
};

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

class ClusterValue final : public ScalarValue {
 public:
  ClusterValue(Clusters& member, int min, int max) : member_(member), min_(min), max_(max) {}
  std::string Print() const override { return fmt::format("{}..{}", member_.min, member_.max); }
  std::string Expected() const override {
    return fmt::format("a number or a range within {}..{}", min_, max_);
  }

 protected:
  std::optional<std::string> Take(const std::string& text) override {
    const std::size_t dots = text.find("..");
    const auto low = ParseNumber<int>(std::string_view(text).substr(0, dots));
    const auto high =
        dots == std::string::npos ? low : ParseNumber<int>(std::string_view(text).substr(dots + 2));
    if (!low || !high) return "";
    if (*low > *high) return "the smaller number stands first";
    if (*low < min_ || *high > max_) return "out of range";
    member_ = {*low, *high};
    return std::nullopt;
  }

 private:
  Clusters& member_;
  int min_;
  int max_;
};

class OptionalDurationValue final : public ScalarValue {
 public:
  OptionalDurationValue(std::optional<std::int64_t>& member_ms, std::int64_t min_ms,
                        std::int64_t max_ms)
      : member_ms_(member_ms), min_ms_(min_ms), max_ms_(max_ms) {}
  std::string Print() const override { return member_ms_ ? FormatDurationMs(*member_ms_) : "null"; }
  std::string Expected() const override {
    return fmt::format("a duration {}..{} or null", FormatDurationMs(min_ms_),
                       FormatDurationMs(max_ms_));
  }

 protected:
  std::optional<std::string> Take(const std::string& text) override {
    const auto duration_ms = ParseDurationMs(text);
    if (!duration_ms) return "";
    if (*duration_ms < min_ms_ || *duration_ms > max_ms_) return "out of range";
    member_ms_ = duration_ms;
    return std::nullopt;
  }
  bool TakeNull() override {
    member_ms_.reset();
    return true;
  }

 private:
  std::optional<std::int64_t>& member_ms_;
  std::int64_t min_ms_;
  std::int64_t max_ms_;
};

class StateValue final : public ScalarValue {
 public:
  explicit StateValue(StateOutput& member) : member_(member) {}
  std::string Print() const override {
    switch (member_.every) {
      case pipeline::StateEvery::kChange:
        return "change";
      case pipeline::StateEvery::kCommit:
        return "commit";
      case pipeline::StateEvery::kPeriod:
        break;
    }
    return FormatDurationMs(member_.period_ms);
  }
  std::string Expected() const override { return "change | commit | a duration 1s..366d"; }

 protected:
  std::optional<std::string> Take(const std::string& text) override {
    if (text == "change") {
      member_ = {pipeline::StateEvery::kChange, 0};
    } else if (text == "commit") {
      member_ = {pipeline::StateEvery::kCommit, 0};
    } else {
      const auto period = ParseDurationMs(text);
      if (!period) return DidYouMean(text, {"change", "commit"});
      if (*period < kSecondMs || *period > 366 * kDayMs) return "out of range";
      member_ = {pipeline::StateEvery::kPeriod, *period};
    }
    return std::nullopt;
  }

 private:
  StateOutput& member_;
};

class ChoiceValue final : public ScalarValue {
 public:
  explicit ChoiceValue(ChoiceAccess access) : access_(std::move(access)) {}
  std::string Print() const override { return std::string(access_.names[access_.get()]); }
  std::string Expected() const override {
    return fmt::format("{}", fmt::join(access_.names, " | "));
  }

 protected:
  std::optional<std::string> Take(const std::string& text) override {
    for (std::size_t i = 0; i < access_.names.size(); ++i) {
      if (access_.names[i] != text) continue;
      access_.set(i);
      return std::nullopt;
    }
    return DidYouMean(text, access_.names);
  }

 private:
  ChoiceAccess access_;
};

}  // namespace

ValuePtr Text(std::string& member, std::string expected, TextRule rule) {
  return std::make_unique<TextValue>(member, std::move(expected), std::move(rule));
}

ValuePtr OptionalText(std::optional<std::string>& member, std::string expected, TextRule rule) {
  return std::make_unique<OptionalTextValue>(member, std::move(expected), std::move(rule));
}

ValuePtr Flag(bool& member) { return std::make_unique<FlagValue>(member); }

ValuePtr Integer(int& member, int min, int max) {
  return std::make_unique<RangeValue<int>>(
      member, min, max, RangeValue<int>::Form{"a whole number", ParseNumber<int>, [](int value) {
                                                return fmt::format("{}", value);
                                              }});
}

ValuePtr Number(double& member, double min, double max) {
  return std::make_unique<RangeValue<double>>(
      member, min, max, RangeValue<double>::Form{"a number", ParseNumber<double>, [](double value) {
                                                   return fmt::format("{}", value);
                                                 }});
}

ValuePtr Duration(std::int64_t& member_ms, std::int64_t min_ms, std::int64_t max_ms) {
  return std::make_unique<RangeValue<std::int64_t>>(
      member_ms, min_ms, max_ms,
      RangeValue<std::int64_t>::Form{"a duration", ParseDurationMs, FormatDurationMs});
}

ValuePtr OptionalDuration(std::optional<std::int64_t>& member_ms, std::int64_t min_ms,
                          std::int64_t max_ms) {
  return std::make_unique<OptionalDurationValue>(member_ms, min_ms, max_ms);
}

ValuePtr Bytes(std::int64_t& member, std::int64_t min, std::int64_t max) {
  return std::make_unique<RangeValue<std::int64_t>>(
      member, min, max, RangeValue<std::int64_t>::Form{"a size", ParseBytes, FormatBytes});
}

ValuePtr ClusterRange(Clusters& member, int min, int max) {
  return std::make_unique<ClusterValue>(member, min, max);
}

ValuePtr StatePeriod(StateOutput& member) { return std::make_unique<StateValue>(member); }

ValuePtr ChoiceOf(ChoiceAccess access) { return std::make_unique<ChoiceValue>(std::move(access)); }

std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto nearest = NearestName(word, candidates);
  return nearest ? fmt::format("; did you mean `{}`?", *nearest) : "";
}

}  // namespace segmentd::config
