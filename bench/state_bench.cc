// What keeping a customer costs per event: the cache in front, the store behind it.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "segmentd/base/assert.h"
#include "segmentd/base/random.h"
#include "segmentd/rocks/stores.h"
#include "segmentd/runtime/record_cache.h"
#include "support/temp_dir.h"

namespace segmentd {
namespace {

constexpr std::size_t kImageBytes = 200;
constexpr std::int64_t kCustomers = 100'000;

// Ids of one length, so that their order is that of their numbers.
std::vector<std::string> Ids() {
  std::vector<std::string> ids;
  for (std::int64_t i = 0; i < kCustomers; ++i) ids.push_back(fmt::format("customer-{:08}", i));
  return ids;
}

void CacheFindAndPut(benchmark::State& state) {
  const std::vector<std::string> ids = Ids();
  const std::string image(kImageBytes, 'x');
  runtime::RecordCache cache(256 << 20);
  for (const std::string& id : ids) cache.Put(id, image);
  cache.Committed();
  Random random(1);
  for (auto _ : state) {
    const std::string& id = ids[random.Below(kCustomers)];
    benchmark::DoNotOptimize(cache.Find(id));
    cache.Put(id, image);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CacheFindAndPut);

void StoreWrite(benchmark::State& state) {
  const support::TempDir dir;
  const SystemClock clock;
  auto stores = rocks::OpenStores({.dir = dir.path()}, clock);
  SEGMENTD_ASSERT(stores.ok(), "a fresh directory can be opened");
  auto store = (*stores)->Open(Partition{0});
  SEGMENTD_ASSERT(store.ok(), "a fresh store can be opened");
  const std::vector<std::string> ids = Ids();
  const std::string image(kImageBytes, 'x');
  std::vector<ports::StoreWrite::Item> items;
  for (const std::string& id : ids) items.push_back({id, image});
  for (auto _ : state) {
    const Status written = (*store)->Write({items, {}});
    SEGMENTD_ASSERT(written.ok(), "the store can be written");
  }
  state.SetItemsProcessed(state.iterations() * kCustomers);
}
BENCHMARK(StoreWrite);

}  // namespace
}  // namespace segmentd
