#include "json_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace segmentd::event {
namespace {

namespace json = simdjson::ondemand;

// Ignored values are walked by recursion; no honest record comes near this.
constexpr int kDepthMax = 128;

std::string_view TrimRight(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
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

// One walk over a document, which checks all of it: what a mapping does not want must be JSON too,
// or a record's fate would depend on the mapping.
class Walk {
 public:
  Walk(const FieldTree& tree, Scalar* scalars) : tree_(tree), scalars_(scalars) {}

  simdjson::error_code Object(json::object object, FieldTree::NodeId node, int depth) {
    for (auto field : object) {
      std::string_view name;
      if (const auto error = field.unescaped_key().get(name)) return error;
      json::value value;
      if (const auto error = field.value().get(value)) return error;
      if (const auto error = Value(value, tree_.Find(node, name), depth)) return error;
    }
    return simdjson::SUCCESS;
  }

 private:
  simdjson::error_code Value(json::value value, FieldTree::NodeId node, int depth) {
    const std::string_view token = value.raw_json_token();
    switch (token.front()) {
      case '"': {
        std::string_view text;
        if (const auto error = value.get_string().get(text)) return error;
        Found(node, Scalar::Text(text));
        return simdjson::SUCCESS;
      }
      case '{': {
        if (depth == kDepthMax) return simdjson::DEPTH_ERROR;
        json::object object;
        if (const auto error = value.get_object().get(object)) return error;
        Found(node, Scalar::Other());
        return Object(object, tree_.Inner(node), depth + 1);
      }
      case '[':
        if (depth == kDepthMax) return simdjson::DEPTH_ERROR;
        Found(node, Scalar::Other());
        return Array(value, tree_.Inner(node), depth + 1);
      case 't':
      case 'f':
      case 'n':
        return Literal(TrimRight(token), node);
      default:
        return Number(value, TrimRight(token), node);
    }
  }

  simdjson::error_code Array(json::value value, FieldTree::NodeId node, int depth) {
    json::array array;
    if (const auto error = value.get_array().get(array)) return error;
    std::size_t index = 0;
    for (auto element : array) {
      json::value item;
      if (const auto error = element.get(item)) return error;
      const FieldTree::NodeId child =
          node == FieldTree::kNone ? node : tree_.Find(node, fmt::format_int(index++).c_str());
      if (const auto error = Value(item, child, depth)) return error;
    }
    return simdjson::SUCCESS;
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

  // A number beyond a double is JSON still: whether it matters is the field's business.
  simdjson::error_code Number(json::value value, std::string_view token, FieldTree::NodeId node) {
    double number = 0;
    if (value.get_double().get(number)) {
      if (!IsJsonNumber(token)) return simdjson::NUMBER_ERROR;
      number = std::numeric_limits<double>::infinity();
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
  Checked Read(std::string_view body, const FieldTree& tree, Scalar* scalars) {
    json::document document;
    if (const auto error = Open(body).get(document)) return Malformed(error);
    json::object object;
    if (const auto error = document.get_object().get(object)) {
      return error == simdjson::INCORRECT_TYPE
                 ? RefuseDecode(RejectCode::kMalformed, "the value is JSON but not an object")
                 : Malformed(error);
    }
    if (const auto error = Walk(tree, scalars).Object(object, FieldTree::kRoot, 0)) {
      return Malformed(error);
    }
    if (!document.current_location().error()) {
      return RefuseDecode(RejectCode::kMalformed, "the value goes on behind its JSON object");
    }
    return {};
  }

 private:
  static tl::unexpected<Rejection> Malformed(simdjson::error_code error) {
    return RefuseDecode(RejectCode::kMalformed, "the value is not JSON: {}",
                        simdjson::error_message(error));
  }

  // The parser reads beyond the text's end, where a record's bytes have no slack.
  simdjson::simdjson_result<json::document> Open(std::string_view body) {
    const std::size_t wanted = body.size() + simdjson::SIMDJSON_PADDING;
    if (wanted > capacity_) {
      capacity_ = std::max<std::size_t>(wanted, 2 * capacity_);
      padded_ = std::make_unique<char[]>(capacity_);
    }
    std::memcpy(padded_.get(), body.data(), body.size());
    std::memset(padded_.get() + body.size(), 0, simdjson::SIMDJSON_PADDING);
    return parser_.iterate(padded_.get(), body.size(), capacity_);
  }

  json::parser parser_;
  std::unique_ptr<char[]> padded_;
  std::size_t capacity_ = 0;
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
