#include "support/bundles.h"

#include "segmentd/base/assert.h"

namespace segmentd::support {
namespace {

model::Segment OrdersSegment(std::uint32_t id, const std::string& name, int activity,
                             float orders) {
  model::Segment segment;
  segment.id = SegmentId{id};
  segment.names = {{1, name}};
  segment.activity = activity;
  segment.centroid = model::Vector::Zero(3);
  segment.centroid(0) = orders;
  segment.mean = segment.centroid;
  segment.typical = {static_cast<double>(orders), 20.0, 0.0};
  segment.radius = 1;
  segment.share = 1.0 / 3;
  return segment;
}

}  // namespace

model::Bundle OrdersBundle() {
  model::Bundle bundle;
  bundle.features = {"orders_30d", "aov", "refunds_30d"};
  bundle.scaler.rows.resize(3);
  for (model::ScalerRow& row : bundle.scaler.rows) row.spread = 4;  // clipped at 16 orders
  for (model::ScalerRow& row : bundle.scaler.rows) row.weight = 4;
  bundle.scaler.rows[1].weight = 0;
  bundle.embedding = model::IdentityEmbedding(3);
  bundle.segments = {OrdersSegment(1, "New", 4, 1), OrdersSegment(2, "Loyal", 4, 4),
                     OrdersSegment(3, "Champions", 4, 12)};
  bundle.next_segment_id = 4;
  return bundle;
}

std::shared_ptr<const pipeline::Model> LoadModel(const model::Bundle& bundle) {
  auto model = pipeline::Model::Load(model::EncodeBundle(bundle));
  SEGMENTD_ASSERT(model.ok(), "a test's bundle loads");
  return *model;
}

}  // namespace segmentd::support
