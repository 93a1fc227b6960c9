#include "app/version.h"

#include "segmentd/base/json_writer.h"

namespace segmentd::app {

std::string_view Version() { return SEGMENTD_VERSION; }
std::string_view Revision() { return SEGMENTD_REVISION; }
std::string_view Compiler() { return SEGMENTD_COMPILER; }

std::string VersionJson() {
  std::string text;
  JsonWriter(text)
      .BeginObject()
      .Key("version")
      .String(Version())
      .Key("revision")
      .String(Revision())
      .Key("compiler")
      .String(Compiler())
      .EndObject();
  return text;
}

}  // namespace segmentd::app
