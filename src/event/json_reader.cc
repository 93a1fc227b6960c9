#include "json_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

namespace segmentd::event {
namespace {

namespace json = simdjson::ondemand;

// Ignored values are walked by recursion; no honest record comes near this.
constexpr int kDepthMax = 128;
// What simdjson never reports from a walk.
constexpr simdjson::error_code kNotFlat = simdjson::PARSER_IN_USE;

std::string_view TrimRight(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\r' ||
                            token.back() == '\n')) {
    token.remove_suffix(1);
  }
  return token;
}

bool SkipDigits(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits > 0;
}

bool Skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool IsJsonNumber(std::string_view text) {
  Skip(text, "-");
  if (!Skip(text, "0") && !SkipDigits(text)) return false;
  if (Skip(text, ".") && !SkipDigits(text)) return false;
  if (Skip(text, "eE")) {
    Skip(text, "+-");
    if (!SkipDigits(text)) return false;
  }
  return text.empty();
}

// simdjson 3.0.1 reads 0.1000000000000000055511151231257827 as 4e-16: it mistakes fractions of more
// than 19 digits behind a zero for exact ones, so that longer numbers are not left to it.
constexpr std::size_t kShortNumber = 20;

// A number beyond a double is JSON still: whether it matters is the field's business.
double ReadLongNumber(std::string_view token) {
  double number = 0;
  const auto [rest, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  return error == std::errc{} ? number : std::numeric_limits<double>::infinity();
}

// One walk over a document, which checks all of it: what a mapping does not want must be JSON too,
// or a record's fate would depend on the mapping.
class Walk {
 public:
  Walk(const FieldTree& tree, Scalar* scalars) : tree_(tree), scalars_(scalars) {}

  // A record without objects and arrays; kNotFlat when it has one.
  [[gnu::always_inline]] simdjson::error_code Flat(json::object object) {
    return Fields<false>(object, FieldTree::kRoot, 0);
  }

  simdjson::error_code Nested(json::object object, FieldTree::NodeId node, int depth) {
    return Fields<true>(object, node, depth);
  }

 private:
  template <bool kNested>
  [[gnu::always_inline]] simdjson::error_code Fields(json::object object, FieldTree::NodeId node,
                                                     int depth) {
    for (auto field : object) {
      std::string_view name;
      if (const auto error = field.unescaped_key().get(name)) return error;
      const FieldTree::NodeId child = tree_.Find(node, name);
      if (const auto error = Value<kNested>(field.value(), child, depth)) return error;
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code Elements(json::array array, FieldTree::NodeId node, int depth) {
    std::size_t index = 0;
    for (auto element : array) {
      const FieldTree::NodeId child =
          node == FieldTree::kNone ? node : tree_.Find(node, fmt::format_int(index++).c_str());
      if (const auto error = Value<true>(element, child, depth)) return error;
    }
    return simdjson::SUCCESS;
  }

  // Inlined into its loops: simdjson's values are many small stores, which as arguments in memory
  // cost more than the parsing.
  template <bool kNested, typename ValueResult>
  [[gnu::always_inline]] simdjson::error_code Value(ValueResult value, FieldTree::NodeId node,
                                                    int depth) {
    std::string_view token;
    if (const auto error = value.raw_json_token().get(token)) return error;
    switch (token.front()) {
      case '"': {
        std::string_view text;
        if (const auto error = value.get_string().get(text)) return error;
        Found(node, Scalar::Text(text));
        return simdjson::SUCCESS;
      }
      case '{':
      case '[':
        if constexpr (kNested) return Container(value, token.front(), node, depth);
        return kNotFlat;
      case 't':
      case 'f':
      case 'n':
        return Literal(TrimRight(token), node);
      default: {
        double number = 0;
        const auto error = value.get_double().get(number);
        return Number(error, number, TrimRight(token), node);
      }
    }
  }

  template <typename ValueResult>
  simdjson::error_code Container(ValueResult& value, char bracket, FieldTree::NodeId node,
                                 int depth) {
    if (depth == kDepthMax) return simdjson::DEPTH_ERROR;
    Found(node, Scalar::Other());
    if (bracket == '{') {
      json::object object;
      if (const auto error = value.get_object().get(object)) return error;
      return Nested(object, tree_.Inner(node), depth + 1);
    }
    json::array array;
    if (const auto error = value.get_array().get(array)) return error;
    return Elements(array, tree_.Inner(node), depth + 1);
  }

  simdjson::error_code Literal(std::string_view token, FieldTree::NodeId node) {
    if (token == "null") {
      Found(node, Scalar{});
    } else if (token == "true" || token == "false") {
      Found(node, Scalar::Bool(token == "true"));
    } else {
      return token.front() == 'n'   ? simdjson::N_ATOM_ERROR
             : token.front() == 't' ? simdjson::T_ATOM_ERROR
                                    : simdjson::F_ATOM_ERROR;
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code Number(simdjson::error_code error, double number, std::string_view token,
                              FieldTree::NodeId node) {
    if (error || token.size() > kShortNumber) {
      if (!IsJsonNumber(token)) return simdjson::NUMBER_ERROR;
      number = ReadLongNumber(token);
    }
    Found(node, Scalar::Number(number, token));
    return simdjson::SUCCESS;
  }

  void Found(FieldTree::NodeId node, const Scalar& scalar) {
    if (node == FieldTree::kNone) return;
    for (const std::uint16_t target : tree_.targets(node)) scalars_[target] = scalar;
  }

  const FieldTree& tree_;
  Scalar* scalars_;
};

}  // namespace

class JsonReader::Parser {
 public:
  // Without recursion the compiler keeps the parser's position in registers, a sixth of the time. A
  // topic that was found nested once is expected to stay so; the result is the same.
  Checked Read(std::string_view body, const FieldTree& tree, Scalar* scalars) {
    if (flat_) {
      auto document = Open(body);
      json::object object;
      auto error = document.get_object().get(object);
      if (!error) error = Walk(tree, scalars).Flat(object);
      if (error != kNotFlat) return Finish(document, error);
      flat_ = false;
    }
    auto document = Open(body);
    json::object object;
    auto error = document.get_object().get(object);
    if (!error) error = Walk(tree, scalars).Nested(object, FieldTree::kRoot, 0);
    return Finish(document, error);
  }

 private:
  using Document = simdjson::simdjson_result<json::document>;

  [[gnu::always_inline]] static Checked Finish(Document& document, simdjson::error_code error) {
    if (error == simdjson::INCORRECT_TYPE) {
      return RefuseDecode(RejectCode::kMalformed, "the value is JSON but not an object");
    }
    if (error) {
      return RefuseDecode(RejectCode::kMalformed, "the value is not JSON: {}",
                          simdjson::error_message(error));
    }
    if (!document.current_location().error()) {
      return RefuseDecode(RejectCode::kMalformed, "the value goes on behind its JSON object");
    }
    return {};
  }

  // The parser reads beyond the text's end, where a record's bytes have no slack.
  [[gnu::always_inline]] Document Open(std::string_view body) {
    const std::size_t wanted = body.size() + simdjson::SIMDJSON_PADDING;
    if (wanted > capacity_) {
      capacity_ = std::max<std::size_t>(wanted, 2 * capacity_);
      padded_ = std::make_unique<char[]>(capacity_);
    }
    body.copy(padded_.get(), body.size());
    std::memset(padded_.get() + body.size(), 0, simdjson::SIMDJSON_PADDING);
    return parser_.iterate(padded_.get(), body.size(), capacity_);
  }

  json::parser parser_;
  std::unique_ptr<char[]> padded_;
  std::size_t capacity_ = 0;
  bool flat_ = true;
};

JsonReader::JsonReader(FieldTree transaction, FieldTree profile)
    : transaction_(std::move(transaction)),
      profile_(std::move(profile)),
      parser_(std::make_unique<Parser>()) {}

JsonReader::~JsonReader() = default;

Checked JsonReader::ReadTransaction(std::string_view body, TransactionScalars& scalars) {
  return parser_->Read(body, transaction_, scalars.data());
}

Checked JsonReader::ReadProfile(std::string_view body, std::span<Scalar> scalars) {
  return parser_->Read(body, profile_, scalars.data());
}

}  // namespace segmentd::event
