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

// alpha: weeks; the smaller, the sooner a silence is too long.
risk::Parameters Impatient(double alpha) {
  risk::Parameters risk;
  risk.kind = risk::Kind::kMbgNbd;
  risk.r = risk.a = 1;
  risk.alpha = alpha;
  risk.b = 3;
  risk.spend_mean = 20;
  return risk;
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

model::Bundle SecondOrdersBundle() {
  model::Bundle bundle = OrdersBundle();
  bundle.sequence = 2;
  bundle.risk = Impatient(0.5);
  bundle.segments = {OrdersSegment(1, "New", 4, 2), OrdersSegment(3, "Champions", 4, 10),
                     OrdersSegment(4, "Regulars", 3, 5)};
  bundle.next_segment_id = 5;
  return bundle;
}

model::Bundle ThirdOrdersBundle() {
  model::Bundle bundle = SecondOrdersBundle();
  bundle.sequence = 3;
  bundle.risk = Impatient(3);
  bundle.segments = {OrdersSegment(3, "Champions", 4, 6), OrdersSegment(4, "Regulars", 3, 3),
                     OrdersSegment(5, "Rare", 2, 0)};
  bundle.next_segment_id = 6;
  return bundle;
}

std::shared_ptr<const pipeline::Model> LoadModel(const model::Bundle& bundle) {
  auto model = pipeline::Model::Load(model::EncodeBundle(bundle));
  SEGMENTD_ASSERT(model.ok(), "a test's bundle loads");
  return *model;
}

}  // namespace segmentd::support
