#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/model_text.h"
#include "app/model_writer.h"
#include "app/options.h"
#include "app/published_models.h"
#include "segmentd/base/clock.h"

namespace segmentd::app {
namespace {

struct ModelArgs {
  std::string config;
  std::string version;
  std::string other;
  bool json = false;
};

// The model topic as it stands, and a way to write to it.
struct Place {
  kafka::Connection connection;
  std::string app;
  std::string topic;
  model::ModelTopic models;
};

Result<Place> Open(const ModelArgs& args) {
  SEGMENTD_ASSIGN_OR_RETURN(const config::Config config, LoadConfig(args.config));
  SEGMENTD_ASSIGN_OR_RETURN(kafka::Connection connection, ConnectionOf(config, nullptr));
  SEGMENTD_ASSIGN_OR_RETURN(model::ModelTopic models, ReadModels(connection, config));
  return Place{std::move(connection), config.app, ModelTopicOf(config), std::move(models)};
}

Status Write(const Place& place, const std::vector<model::TopicRecord>& records) {
  SEGMENTD_ASSIGN_OR_RETURN(const auto writer,
                            ModelWriter::OpenPlain(place.connection, place.topic));
  return writer->Write(records);
}

Result<model::Bundle> BundleOf(const Place& place, const std::string& version) {
  SEGMENTD_ASSIGN_OR_RETURN(const std::string encoded, place.models.Assemble(version));
  return model::DecodeBundle(encoded);
}

model::TopicRecord Activation(const Place& place, const std::string& version) {
  const auto& active = place.models.active();
  model::Pointer pointer{version, active ? active->version : "", SystemClock().WallMs(),
                         "operator"};
  return model::PackPointer(place.app, model::PointerKind::kActive, pointer);
}

// A model that was trained elsewhere numbers its segments for itself: beside one that is active,
// its ids would stand for other customers than they did.
Result<std::vector<model::TopicRecord>> FromFile(const Place& place, const std::string& path,
                                                 std::string& version) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  SEGMENTD_ASSIGN_OR_RETURN(const model::Bundle bundle, model::DecodeBundle(bytes));
  if (place.models.active()) {
    const auto active = BundleOf(place, place.models.active()->version);
    if (active.ok() && bundle.sequence <= active->sequence) {
      return Fail(Code::kConfig,
                  "{} was not made from the active model {}: its segments have the same ids and "
                  "are others. Only a first model can come from a file",
                  path, place.models.active()->version);
    }
  }
  version = model::BundleVersion(bytes);
  return model::PackBundle(place.app, bytes, SystemClock().WallMs());
}

Status Promote(const ModelArgs& args) {
  SEGMENTD_ASSIGN_OR_RETURN(const Place place, Open(args));
  std::string version = args.version;
  std::vector<model::TopicRecord> records;
  if (!place.models.manifests().contains(version) && std::filesystem::exists(version)) {
    SEGMENTD_ASSIGN_OR_RETURN(records, FromFile(place, args.version, version));
  } else {
    SEGMENTD_RETURN_IF_ERROR(place.models.Assemble(version));
  }
  if (place.models.pin()) {
    Say(fmt::format("model {} is pinned and scores until `segmentd model pin --off`",
                    place.models.pin()->version));
  }
  records.push_back(Activation(place, version));
  SEGMENTD_RETURN_IF_ERROR(Write(place, records));
  Print(version + "\n");
  return Ok();
}

Status Rollback(const ModelArgs& args) {
  SEGMENTD_ASSIGN_OR_RETURN(const Place place, Open(args));
  if (!place.models.active() || place.models.active()->previous.empty()) {
    return Fail(Code::kNotFound, "there is no model before the active one");
  }
  const std::string& version = place.models.active()->previous;
  SEGMENTD_RETURN_IF_ERROR(place.models.Assemble(version));
  SEGMENTD_RETURN_IF_ERROR(Write(place, {Activation(place, version)}));
  Print(version + "\n");
  return Ok();
}

Status Pin(const ModelArgs& args, bool off) {
  SEGMENTD_ASSIGN_OR_RETURN(const Place place, Open(args));
  if (off) return Write(place, {model::DropPin(place.app)});
  SEGMENTD_RETURN_IF_ERROR(place.models.Assemble(args.version));
  const model::Pointer pointer{args.version, "", SystemClock().WallMs(), "operator"};
  return Write(place, {model::PackPointer(place.app, model::PointerKind::kPin, pointer)});
}

Status List(const ModelArgs& args) {
  SEGMENTD_ASSIGN_OR_RETURN(const Place place, Open(args));
  Print(args.json ? ModelListJson(place.models) : ModelListText(place.models));
  return Ok();
}

Status Show(const ModelArgs& args) {
  SEGMENTD_ASSIGN_OR_RETURN(const Place place, Open(args));
  SEGMENTD_ASSIGN_OR_RETURN(const model::Bundle bundle, BundleOf(place, args.version));
  Print(args.json ? ModelJson(args.version, bundle) : ModelText(args.version, bundle));
  return Ok();
}

Status Diff(const ModelArgs& args) {
  SEGMENTD_ASSIGN_OR_RETURN(const Place place, Open(args));
  SEGMENTD_ASSIGN_OR_RETURN(const model::Bundle from, BundleOf(place, args.version));
  SEGMENTD_ASSIGN_OR_RETURN(const model::Bundle to, BundleOf(place, args.other));
  Print(args.json ? ModelDiffJson(from, to) : ModelDiffText(from, to));
  return Ok();
}

}  // namespace

Runner AddModel(CLI::App& command) {
  const auto args = std::make_shared<ModelArgs>();
  const auto off = std::make_shared<bool>(false);
  command.require_subcommand(1);
  const auto add = [&](const char* name, const char* meaning, bool prints) {
    CLI::App* sub = command.add_subcommand(name, meaning);
    AddConfigOption(*sub, args->config);
    if (prints) sub->add_flag("--json", args->json, "for a program");
    return sub;
  };
  const CLI::App* list = add("list", "the models on the topic, and which of them scores", true);
  CLI::App* show = add("show", "a model's segments and what it was made of", true);
  show->add_option("VERSION", args->version, "the model")->required();
  CLI::App* diff = add("diff", "what a second model has otherwise than a first", true);
  diff->add_option("FROM", args->version, "a model")->required();
  diff->add_option("TO", args->other, "another")->required();
  CLI::App* promote = add("promote", "let a model score, by its version or from a file", false);
  promote->add_option("MODEL", args->version, "its version, or a file of `segmentd train`")
      ->required();
  const CLI::App* rollback = add("rollback", "let the model before the active one score", false);
  CLI::App* pin = add("pin", "let a model score whatever is promoted meanwhile", false);
  CLI::Option* which = pin->add_option("VERSION", args->version, "the model");
  pin->add_flag("--off", *off, "the reverse")->excludes(which);
  return [=] {
    if (pin->parsed() && !*off && args->version.empty()) {
      return Complain({Code::kConfig, "give the VERSION to pin, or --off"});
    }
    const Status done = list->parsed()       ? List(*args)
                        : show->parsed()     ? Show(*args)
                        : diff->parsed()     ? Diff(*args)
                        : promote->parsed()  ? Promote(*args)
                        : rollback->parsed() ? Rollback(*args)
                                             : Pin(*args, *off);
    return done.ok() ? kExitOk : Complain(done.error());
  };
}

}  // namespace segmentd::app
