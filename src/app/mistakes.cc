#include "app/mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/memory_plan.h"
#include "app/options.h"
#include "segmentd/base/text.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::app {
namespace {

using Mistakes = std::vector<config::Mistake>;

void CheckClient(const config::Config& config, Mistakes& found) {
  for (const auto& setting : config.kafka.client) {
    const Status checked = kafka::CheckSettings({setting});
    if (!checked.ok()) found.push_back({"kafka.client." + setting.first, checked.error().message});
  }
}

void CheckFields(event::Format format, std::string_view path, Mistakes& found) {
  for (const auto& field : std::exchange(format.fields, {})) {
    format.fields = {field};
    const auto decoder = event::Decoder::Create(format);
    if (decoder.ok()) continue;
    found.push_back({fmt::format("{}.{}", path, field.first), decoder.error().message});
  }
}

// Names of shares and of attributes' values come with a model: those are taken as they are.
void CheckExcluded(const feature::Plan& plan, Mistakes& found) {
  feature::Plan all;
  all.profile_numbers = plan.profile_numbers;
  const std::vector<std::string> names = feature::FeatureNames(all, {});
  std::vector<std::string> starts = {"category_share_", "channel_share_"};
  for (const std::string& name : plan.profile_names) starts.push_back(name + "_");
  for (const std::string_view pattern : plan.exclude) {
    const bool start = pattern.ends_with('*');
    const std::string_view stem = pattern.substr(0, pattern.size() - (start ? 1 : 0));
    const bool known = std::ranges::any_of(names, [&](std::string_view name) {
      return start ? name.starts_with(stem) : name == stem;
    });
    const bool may_come = std::ranges::any_of(starts, [&](std::string_view open) {
      return stem.starts_with(open) || (start && open.starts_with(stem));
    });
    if (known || may_come) continue;
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto nearest = NearestName(stem, views);
    found.push_back({"features.exclude",
                     fmt::format("there is no feature `{}`{}", pattern,
                                 nearest ? fmt::format("; did you mean `{}`?", *nearest) : "")});
  }
}

void CheckMemory(const config::Config& config, Mistakes& found) {
  const std::int64_t least = LeastMemory(config.shards, config.input.rekey);
  if (config.state.memory_bytes >= least) return;
  found.push_back({"state.memory", fmt::format("{} shards need {} MiB at least; give more, or have "
                                               "fewer shards",
                                               config.shards, least >> 20)});
}

}  // namespace

Mistakes FindMistakes(const config::Config& config) {
  Mistakes found;
  CheckClient(config, found);
  CheckFields(TransactionsFormatOf(config), "input.transactions.fields", found);
  CheckFields(ProfilesFormatOf(config), "input.profiles.fields", found);
  CheckExcluded(config.features, found);
  CheckMemory(config, found);
  return found;
}

}  // namespace segmentd::app
