#include "scaling.h"

#include <cmath>

#include "prototypes.h"
#include "segmentd/feature/feature_set.h"
#include "weights.h"

namespace segmentd::learn {
namespace {

constexpr float kCentreOff = 0.25F;
constexpr float kSpreadOff = 1.25F;

bool StillFits(const model::Scaler& kept, const model::Scaler& measured) {
  for (std::size_t i = 0; i < kept.rows.size(); ++i) {
    const model::ScalerRow& a = kept.rows[i];
    const model::ScalerRow& b = measured.rows[i];
    if (a.constant != b.constant) return false;
    if (a.constant) continue;
    if (std::abs(a.centre - b.centre) > kCentreOff * a.spread) return false;
    if (b.spread > kSpreadOff * a.spread || a.spread > kSpreadOff * b.spread) return false;
  }
  return true;
}

}  // namespace

Result<model::Scaler> ChooseScaler(const model::Bundle* champion, const Rows& rows,
                                   const Options& options) {
  if (champion != nullptr && champion->features == rows.schema.features) {
    model::Scaler measured = model::FitScaler(rows.values, champion->scaler.rows, options.spread);
    return !options.cold && StillFits(champion->scaler, measured) ? champion->scaler : measured;
  }
  SEGMENTD_ASSIGN_OR_RETURN(
      const feature::FeatureSet features,
      feature::FeatureSet::Compile(rows.schema.features, rows.schema.profile_numbers,
                                   rows.schema.profile_names));
  model::Scaler measured =
      model::FitScaler(rows.values, MakePrototypes(features, rows.values), options.spread);
  Weigh(rows.schema, rows.values, measured);
  return measured;
}

}  // namespace segmentd::learn
