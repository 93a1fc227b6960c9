#include "segmentd/generate/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "population.h"
#include "segmentd/base/ids.h"
#include "segmentd/base/json_writer.h"
#include "segmentd/base/random.h"
#include "zipf.h"

namespace segmentd::generate {
namespace {

constexpr std::int64_t kHourMs = 3'600 * kSecondMs;
constexpr std::int64_t kLateMinMs = kHourMs / 6;
constexpr std::int64_t kLateMaxMs = 5 * kDayMs;
constexpr double kLateMeanMs = 6.0 * kHourMs;
// Repeats come soon after the original: producers retry within seconds.
constexpr std::size_t kRepeatable = 64;
// When people shop, by hour of the day.
constexpr std::array<int, 24> kHours = {1,  1,  1,  1,  1,  2,  4,  7,  10, 12, 13, 13,
                                        14, 13, 12, 12, 13, 15, 17, 18, 16, 11, 6,  3};
constexpr std::uint64_t kCustomersMax = 100'000'000;  // each takes about 100 bytes
constexpr std::string_view kCurrency = "EUR";

Status Check(const Options& options) {
  const auto is_share = [](double value) { return value >= 0 && value <= 1; };
  if (options.customers < 1 || options.customers > kCustomersMax) {
    return Fail(Code::kConfig, "customers must be within 1 and {}, not {}", kCustomersMax,
                options.customers);
  }
  if (options.days < 1 || options.days > 36'500) {
    return Fail(Code::kConfig, "days must be within 1 and 36500, not {}", options.days);
  }
  if (options.planted_within_days < 0 || options.planted_within_days > options.days) {
    return Fail(Code::kConfig, "planted_within_days must be within 0 and the {} days, not {}",
                options.days, options.planted_within_days);
  }
  if (!(options.zipf >= 0 && options.zipf <= 10)) {
    return Fail(Code::kConfig, "the exponent of Zipf's law must be within 0 and 10, not {}",
                options.zipf);
  }
  if (!is_share(options.duplicate_share) || !is_share(options.late_share) ||
      !is_share(options.bad_share) || !is_share(options.new_kind_share)) {
    return Fail(
        Code::kConfig,
        "the shares of duplicate, late and bad records and of the new kind must be within 0 "
        "and 1");
  }
  return Ok();
}

// A uniform point of the day to the part of the day at which it falls on the curve of kHours.
double TimeOfDay(double point) {
  constexpr int kTotal = [] {
    int sum = 0;
    for (const int weight : kHours) sum += weight;
    return sum;
  }();
  double rest = point * kTotal;
  std::size_t hour = 0;
  while (hour + 1 < kHours.size() && rest >= kHours[hour]) rest -= kHours[hour++];
  return (static_cast<double>(hour) + rest / kHours[hour]) / 24.0;
}

bool IsWeekend(std::int64_t instant_ms) {
  const std::int64_t weekday = (FloorDiv(instant_ms, kDayMs) + 4) % 7;  // 1970-01-01: Thursday, 4
  return weekday == 0 || weekday == 6;
}

template <std::size_t kSize>
std::string_view DrawName(const std::array<std::string_view, kSize>& names,
                          const std::array<int, kSize>& weights, Random& random) {
  int total = 0;
  for (const int weight : weights) total += weight;
  auto point = static_cast<int>(random.Below(static_cast<std::uint64_t>(total)));
  std::size_t i = 0;
  while (point >= weights[i]) point -= weights[i++];
  return names[i];
}

void AssignNumber(std::string& text, std::string_view prefix, std::uint64_t number) {
  text.assign(prefix);
  fmt::format_to(std::back_inserter(text), "{}", number);
}

}  // namespace

struct Generator::Body {
  explicit Body(const Options& given)
      : options(given),
        random(Random(given.seed ^ 0x5eed0fe7e4750000U).Next()),
        start_ms(FloorDiv(given.start_ms, kDayMs) * kDayMs) {
    if (options.zipf > 0) {
      zipf.emplace(options.customers, options.zipf);
      return;
    }
    population.emplace(options);
    population->Advance(0);
    for (int i = 0; i < options.days; ++i)
      total_mass += static_cast<double>(population->DayMass(i));
  }

  std::int64_t NextInstant();
  void DrawLoad(std::int64_t instant_ms, Record& record);
  void DrawEvent(std::int64_t instant_ms, Record& record);
  void DrawMoney(const Archetype& archetype, double level, Record& record);
  void MakeLate(std::int64_t from_ms, Record& record);
  bool Repeat(std::int64_t instant_ms, Record& record);
  void Remember(const Record& record);
  void WritePlan(const std::function<void(std::string_view)>& visit) const;
  void WriteCustomer(std::size_t index, std::string& line) const;

  std::int64_t DayMs(int day_number) const { return start_ms + day_number * kDayMs; }

  Options options;
  Random random;
  std::int64_t start_ms;
  std::optional<Zipf> zipf;
  std::optional<Population> population;
  double total_mass = 0;
  double mass_before = 0;  // of the days before today
  int day = 0;
  std::uint64_t next_event = 1;
  std::vector<Record> repeatable;
  Counts counts;
};

// The i-th instant is uniform in the i-th of as many equal parts of the expected events: in order,
// as many as asked, with no logarithm that could differ between machines.
std::int64_t Generator::Body::NextInstant() {
  const double part = (static_cast<double>(counts.records) + random.Uniform()) /
                      static_cast<double>(options.events);
  if (zipf.has_value()) {
    return start_ms + static_cast<std::int64_t>(part * static_cast<double>(options.days * kDayMs));
  }
  const double point = part * total_mass;
  while (day + 1 < options.days) {
    const double mass = static_cast<double>(population->DayMass(day));
    if (point < mass_before + mass) break;
    mass_before += mass;
    population->Advance(++day);
  }
  const double mass = static_cast<double>(population->DayMass(day));
  const double in_day = std::clamp((point - mass_before) / mass, 0.0, 1.0);
  const auto millis = static_cast<std::int64_t>(TimeOfDay(in_day) * static_cast<double>(kDayMs));
  return DayMs(day) + std::min(millis, kDayMs - 1);
}

void Generator::Body::DrawLoad(std::int64_t instant_ms, Record& record) {
  AssignNumber(record.event_id, "e-", next_event++);
  AssignNumber(record.customer_id, "c", zipf->Draw(random));
  record.emitted_ms = instant_ms;
  record.event_time_ms = instant_ms;
  record.amount_cents = 100 + static_cast<std::int64_t>(random.Below(9'900));
  record.category = kCategories[random.Below(kCategories.size())];
  record.channel = kChannels[random.Below(kChannels.size())];
  record.currency = kCurrency;
  record.padded = true;
}

void Generator::Body::DrawEvent(std::int64_t instant_ms, Record& record) {
  const std::size_t index = population->Draw(random, IsWeekend(instant_ms));
  const Customer& customer = population->customers()[index];
  const Archetype& archetype = Archetypes()[customer.archetype];
  AssignNumber(record.event_id, "e-", next_event++);
  AssignNumber(record.customer_id, "c", index + 1);
  record.emitted_ms = instant_ms;
  record.event_time_ms = instant_ms;
  record.category = DrawName(kCategories, archetype.categories, random);
  record.channel = DrawName(kChannels, archetype.channels, random);
  record.currency = kCurrency;
  record.amount_cents = 0;
  record.discount_cents = 0;
  record.quantity = 1;
  const double point = random.Uniform();
  record.kind = point < archetype.visits                       ? event::Kind::kVisit
                : point < archetype.visits + archetype.refunds ? event::Kind::kRefund
                                                               : event::Kind::kPurchase;
  if (record.kind != event::Kind::kVisit) DrawMoney(archetype, customer.spend_level, record);
  record.late = false;
  record.duplicate = false;
  record.flaw = Flaw::kNone;
  if (random.Chance(options.late_share)) MakeLate(DayMs(customer.from_day), record);
  if (random.Chance(options.bad_share)) record.flaw = static_cast<Flaw>(1 + random.Below(6));
  // Nobody looks at the amount of a visit.
  if (record.flaw == Flaw::kTextAmount) record.kind = event::Kind::kPurchase;
}

void Generator::Body::DrawMoney(const Archetype& archetype, double level, Record& record) {
  const double spread = std::exp(archetype.spend_sigma * random.Normal());
  const double amount = archetype.spend_median * level * spread;
  record.amount_cents = std::max(1LL, std::llround(amount * 100));
  if (record.kind == event::Kind::kRefund) return;
  if (archetype.quantity > 1) {
    record.quantity = 1 + static_cast<int>(random.Exponential(archetype.quantity - 0.5));
  }
  if (random.Chance(archetype.discounted)) {
    const double price = amount / (1 - archetype.discount);
    record.discount_cents = std::llround((price - amount) * 100);
  }
}

void Generator::Body::MakeLate(std::int64_t from_ms, Record& record) {
  const auto delay = static_cast<std::int64_t>(random.Exponential(kLateMeanMs));
  const std::int64_t late_ms = record.emitted_ms - std::min(kLateMinMs + delay, kLateMaxMs);
  if (late_ms < from_ms) return;  // it was no customer yet
  record.event_time_ms = late_ms;
  record.late = true;
}

bool Generator::Body::Repeat(std::int64_t instant_ms, Record& record) {
  if (!random.Chance(options.duplicate_share) || repeatable.empty()) return false;
  record = repeatable[random.Below(repeatable.size())];
  record.emitted_ms = instant_ms;
  record.late = false;
  record.duplicate = true;
  return true;
}

void Generator::Body::Remember(const Record& record) {
  if (repeatable.size() < kRepeatable) {
    repeatable.push_back(record);
  } else {
    repeatable[counts.records % kRepeatable] = record;
  }
}

void Generator::Body::WritePlan(const std::function<void(std::string_view)>& visit) const {
  const Schedule& schedule = population->schedule();
  std::array<std::uint64_t, 4> planted{};
  for (const Customer& customer : population->customers()) {
    ++planted[static_cast<std::size_t>(customer.planted)];
  }
  const auto count_of = [&](Planted what) {
    return static_cast<std::int64_t>(planted[static_cast<std::size_t>(what)]);
  };
  std::string line;
  JsonWriter(line)
      .BeginObject()
      .Key("truth")
      .String("plan")
      .Key("seed")
      .Raw(fmt::to_string(options.seed))
      .Key("customers")
      .Int(static_cast<std::int64_t>(options.customers))
      .Key("events")
      .Int(static_cast<std::int64_t>(options.events))
      .Key("from")
      .Instant(start_ms)
      .Key("until")
      .Instant(DayMs(options.days))
      .EndObject();
  visit(line);
  if (schedule.churn_day < 0) return;
  line.clear();
  JsonWriter(line)
      .BeginObject()
      .Key("truth")
      .String("churn_wave")
      .Key("at")
      .Instant(DayMs(schedule.churn_day))
      .Key("archetype")
      .String(Archetypes()[kLoyal].name)
      .Key("customers")
      .Int(count_of(Planted::kChurned))
      .EndObject();
  visit(line);
  line.clear();
  JsonWriter(line)
      .BeginObject()
      .Key("truth")
      .String("new_kind")
      .Key("at")
      .Instant(DayMs(schedule.new_kind_day))
      .Key("archetype")
      .String(Archetypes()[kSubscriber].name)
      .Key("customers")
      .Int(count_of(Planted::kNewKind))
      .EndObject();
  visit(line);
  line.clear();
  JsonWriter(line)
      .BeginObject()
      .Key("truth")
      .String("flappers")
      .Key("customers")
      .Int(count_of(Planted::kFlapper))
      .Key("every_days")
      .Int(schedule.flap_days)
      .Key("archetypes")
      .BeginArray()
      .String(Archetypes()[kFlapperKinds[0]].name)
      .String(Archetypes()[kFlapperKinds[1]].name)
      .EndArray()
      .EndObject();
  visit(line);
}

void Generator::Body::WriteCustomer(std::size_t index, std::string& line) const {
  static constexpr std::array<std::string_view, 4> kPlantedNames = {"", "churned", "new_kind",
                                                                    "flapper"};
  const Customer& customer = population->customers()[index];
  // A flapper is called by its first phase, whichever it is in.
  const ArchetypeIndex kind =
      customer.planted == Planted::kFlapper ? kFlapperKinds[0] : customer.archetype;
  JsonWriter writer(line);
  writer.BeginObject()
      .Key("truth")
      .String("customer")
      .Key("customer_id")
      .String(fmt::format("c{}", index + 1))
      .Key("archetype")
      .String(Archetypes()[kind].name)
      .Key("from")
      .Instant(DayMs(customer.from_day))
      .Key("until");
  customer.until_day < options.days ? writer.Instant(DayMs(customer.until_day)) : writer.Null();
  if (customer.planted != Planted::kNothing) {
    writer.Key("planted").String(kPlantedNames[static_cast<std::size_t>(customer.planted)]);
  }
  writer.EndObject();
}

Result<Generator> Generator::Create(const Options& options) {
  SEGMENTD_RETURN_IF_ERROR(Check(options));
  return Generator(std::make_unique<Body>(options));
}

Generator::Generator(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Generator::~Generator() = default;
Generator::Generator(Generator&&) noexcept = default;
Generator& Generator::operator=(Generator&&) noexcept = default;

bool Generator::Next(Record& record) {
  Body& body = *body_;
  if (body.counts.records == body.options.events) return false;
  const std::int64_t instant_ms = body.NextInstant();
  if (body.zipf.has_value()) {
    body.DrawLoad(instant_ms, record);
  } else if (!body.Repeat(instant_ms, record)) {
    body.DrawEvent(instant_ms, record);
    if (record.flaw == Flaw::kNone) body.Remember(record);
  }
  ++body.counts.records;
  body.counts.duplicates += record.duplicate;
  body.counts.late += record.late;
  body.counts.bad += record.flaw != Flaw::kNone;
  return true;
}

const Counts& Generator::counts() const { return body_->counts; }

void Generator::VisitTruth(const std::function<void(std::string_view line)>& visit) const {
  if (!body_->population.has_value()) return;
  body_->WritePlan(visit);
  std::string line;
  for (std::size_t i = 0; i < body_->options.customers; ++i) {
    line.clear();
    body_->WriteCustomer(i, line);
    visit(line);
  }
  line.clear();
  JsonWriter(line)
      .BeginObject()
      .Key("truth")
      .String("records")
      .Key("records")
      .Int(static_cast<std::int64_t>(counts().records))
      .Key("duplicates")
      .Int(static_cast<std::int64_t>(counts().duplicates))
      .Key("late")
      .Int(static_cast<std::int64_t>(counts().late))
      .Key("bad")
      .Int(static_cast<std::int64_t>(counts().bad))
      .EndObject();
  visit(line);
}

}  // namespace segmentd::generate
