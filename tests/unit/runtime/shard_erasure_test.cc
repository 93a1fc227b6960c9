// A customer that asked to be forgotten: what goes out, what stays, and what comes after.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "segmentd/pipeline/control.h"
#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

using pipeline::ControlResult;
using pipeline::Topic;
using support::FakeBroker;
using support::ShardWorld;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Partition kFirst{0};

class ShardErasureTest : public testing::Test {
 protected:
  ShardErasureTest() {
    world_.broker.TakeRequests();
    world_.options.app = "test";
    for (int day = 0; day < 4; ++day) world_.AddPurchase(kFirst, "c1", day);
    world_.AddPurchase(kFirst, "c2", 4);
    Run();
  }

  void Run() {
    const Status ended = world_.RunForPolls(60);
    ASSERT_TRUE(ended.has_value()) << ended.error().message;
    EXPECT_EQ(world_.Violations(), "");
  }

  template <typename What>
  ControlResult Ask(const std::string& request, const std::string& customer) {
    FakeBroker::Entry entry;
    entry.key = request;
    entry.value = pipeline::EncodeControl({request, What{customer}});
    world_.broker.Append("control", kFirst, std::move(entry));
    Run();
    const auto& log = world_.broker.log("control", kFirst);
    for (auto at = log.rbegin(); at != log.rend(); ++at) {
      if (!at->visible() || at->key != request) continue;
      const auto control = pipeline::DecodeControl(*at->value);
      const auto* outcome = std::get_if<pipeline::ControlOutcome>(&control->what);
      if (outcome == nullptr) break;
      EXPECT_EQ(at->value->find(customer), std::string::npos) << "an audit names nobody";
      return outcome->result;
    }
    ADD_FAILURE() << "request " << request << " was not answered";
    return ControlResult::kUnknown;
  }
  ControlResult Erase(const std::string& request, const std::string& customer) {
    return Ask<pipeline::Erase>(request, customer);
  }
  ControlResult Consent(const std::string& request, const std::string& customer) {
    return Ask<pipeline::Consent>(request, customer);
  }

  std::vector<std::string> Changes() { return world_.Output(Topic::kSegmentChanged, kFirst); }

  ShardWorld world_{1};
};

TEST_F(ShardErasureTest, EndsTheCustomerWithOneLastChangeAndTombstones) {
  const std::size_t before = Changes().size();
  EXPECT_EQ(Erase("r1", "c1"), ControlResult::kErased);
  ASSERT_EQ(Changes().size(), before + 1);
  EXPECT_THAT(
      Changes().back(),
      AllOf(HasSubstr(R"("change":"exited")"), HasSubstr(R"("reason":"erasure")"),
            HasSubstr(R"("cause":{"kind":"request","id":"r1"})"), HasSubstr(R"("current":null)"),
            Not(HasSubstr("explanation")), Not(HasSubstr("score")), Not(HasSubstr("value"))));
  EXPECT_THAT(world_.Output(Topic::kCustomerState, kFirst).back(),
              AllOf(testing::StartsWith("c1 = (null)"), HasSubstr("segmentd.ordinal=")));
  for (const auto& [id, image] : world_.stores.disk(kFirst).images) EXPECT_NE(id, "c1");
  world_.stores.Edit(kFirst, {});
  world_.broker.Compact("changelog", kFirst);
  for (const auto& entry : world_.broker.log("changelog", kFirst)) {
    if (!entry.visible() || !entry.value) continue;
    EXPECT_EQ(entry.key->find("c1"), std::string::npos);
  }
}

TEST_F(ShardErasureTest, LeavesLaterEventsAsideUntilConsentIsGivenAndThenGoesOnCounting) {
  EXPECT_EQ(Erase("r1", "c1"), ControlResult::kErased);
  const std::size_t erased = Changes().size();
  world_.AddPurchase(kFirst, "c1", 10);
  // Whether or not there is a store to remember it.
  world_.stores.Edit(kFirst, {});
  Run();
  EXPECT_EQ(Changes().size(), erased);
  EXPECT_EQ(world_.probe.last.counts.erased, 1U);
  EXPECT_TRUE(world_.Output(Topic::kDlq, kFirst).empty());

  EXPECT_EQ(Consent("r2", "c1"), ControlResult::kAdmitted);
  world_.AddPurchase(kFirst, "c1", 11);
  Run();
  ASSERT_EQ(Changes().size(), erased + 1);
  EXPECT_THAT(Changes().back(), HasSubstr(R"("change":"entered")"));
}

TEST_F(ShardErasureTest, AnswersWhateverItIsAsked) {
  EXPECT_EQ(Erase("r1", "nobody"), ControlResult::kUnknown);
  EXPECT_EQ(Consent("r2", "nobody"), ControlResult::kUnknown);
  EXPECT_EQ(Consent("r3", "c1"), ControlResult::kAlready);
  EXPECT_EQ(Erase("r4", "c1"), ControlResult::kErased);
  EXPECT_EQ(Erase("r5", "c1"), ControlResult::kAlready);
  EXPECT_EQ(world_.probe.last.counts.erased, 0U);
}

TEST_F(ShardErasureTest, DeadLettersARequestThatCannotBeRead) {
  FakeBroker::Entry entry;
  entry.key = "r1";
  entry.value = "\xff\xff";
  world_.broker.Append("control", kFirst, std::move(entry));
  Run();
  EXPECT_THAT(world_.Output(Topic::kDlq, kFirst),
              testing::ElementsAre(HasSubstr("segmentd.error.code=malformed")));
}

}  // namespace
}  // namespace segmentd::runtime
