#pragma once

#include <string>

#include "segmentd/model/bundle.h"
#include "segmentd/model/distribution.h"

namespace segmentd::app {

// What `segmentd model` prints: for a person, and for a program.

std::string ModelListText(const model::ModelTopic& models);
std::string ModelListJson(const model::ModelTopic& models);

std::string ModelText(const std::string& version, const model::Bundle& bundle);
std::string ModelJson(const std::string& version, const model::Bundle& bundle);

// What became of each segment, and in which segment of `to` the typical customer of each of `from`
// would be.
std::string ModelDiffText(const model::Bundle& from, const model::Bundle& to);
std::string ModelDiffJson(const model::Bundle& from, const model::Bundle& to);

}  // namespace segmentd::app
