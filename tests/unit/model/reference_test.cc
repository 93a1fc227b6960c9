// The figures that scikit-learn 1.9 gives on public data sets (20 starts).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "segmentd/model/embedding.h"
#include "segmentd/model/kmeans.h"
#include "support/data_table.h"
#include "support/shops.h"

namespace segmentd::model {
namespace {

TEST(ReferenceTest, SegmentsMallCustomersAsScikitLearnDoes) {
  const DataTable table = ReadData("Mall_Customers.csv", 2);
  if (table.absent()) GTEST_SKIP() << kDataAbsent;
  const Matrix points = table.values.bottomRows(2).cast<float>();
  const KMeansFit fit = FitKMeans(points, {.clusters = 5, .starts = 10});
  EXPECT_NEAR(fit.inertia, 44448.45544793369, 0.01);
  EXPECT_NEAR(Silhouette(points, fit.labels), 0.553931997444648, 1e-9);
  EXPECT_NEAR(DaviesBouldin(points, fit.labels), 0.5725628995597083, 1e-9);
  EXPECT_NEAR(CalinskiHarabasz(points, fit.labels), 247.35899338037282, 1e-9);
}

TEST(ReferenceTest, FindsThePrincipalComponentsOfMallCustomers) {
  const DataTable table = ReadData("Mall_Customers.csv", 2);
  if (table.absent()) GTEST_SKIP() << kDataAbsent;
  const Pca pca = FitPca(Standardised(table.values), 3);
  EXPECT_NEAR(pca.explained[0], 0.4426616720824505, 1e-6);
  EXPECT_NEAR(pca.explained[1], 0.3330837846152244, 1e-6);
  EXPECT_NEAR(pca.explained[2], 0.22425454330232514, 1e-6);
  const Eigen::Vector3f first(0.7063823466700048F, -0.04802397586318696F, -0.7061994605317038F);
  EXPECT_TRUE(pca.embedding.skip.row(0).transpose().isApprox(first, 1e-4F)) << pca.embedding.skip;
}

TEST(ReferenceTest, SegmentsCreditCardHoldersAsTightlyAsScikitLearn) {
  DataTable table = ReadData("CC_GENERAL.csv", 1);
  if (table.absent()) GTEST_SKIP() << kDataAbsent;
  ASSERT_EQ(table.values.rows(), 17);
  ASSERT_EQ(table.values.cols(), 8950);
  ImputeMedian(table.values);
  const Matrix points = Standardised(table.values.array().log1p());
  const KMeansFit fit = FitKMeans(points, {.clusters = 6, .iterations_max = 100});
  EXPECT_LE(fit.inertia, 1.005 * 70262.9765741376);
  EXPECT_GE(fit.inertia, 0.995 * 70262.9765741376);
  const Pca pca = FitPca(points, 3);
  EXPECT_NEAR(pca.explained[0], 0.3445534272798305, 1e-6);
  EXPECT_NEAR(pca.explained[1], 0.22005375592514873, 1e-6);
}

TEST(ReferenceTest, SegmentsCreditCardHoldersOnPlainColumnsAsScikitLearnDoes) {
  DataTable table = ReadData("CC_GENERAL.csv", 1);
  if (table.absent()) GTEST_SKIP() << kDataAbsent;
  ImputeMedian(table.values);
  const Matrix points = Standardised(table.values);
  const KMeansFit fit = FitKMeans(points, {.clusters = 3, .iterations_max = 100});
  EXPECT_LE(fit.inertia, 1.005 * 111'974);
  EXPECT_GE(fit.inertia, 0.999 * 111'974);
  EXPECT_NEAR(Silhouette(points, fit.labels), 0.2506, 0.002);
}

// Money and counts as logarithms, all standardised and cut
// at 4.
TEST(ReferenceTest, SegmentsCreditCardHoldersOnCutLogarithmsAsScikitLearnDoes) {
  const DataTable table = ReadCreditCards();
  if (table.absent()) GTEST_SKIP() << kDataAbsent;
  const Matrix points = Standardised(table.values).cwiseMax(-4.0F).cwiseMin(4.0F);
  const KMeansFit fit = FitKMeans(points, {.clusters = 6, .starts = 4, .iterations_max = 100});
  EXPECT_LE(fit.inertia, 1.005 * 70'974.77);
  EXPECT_NEAR(DaviesBouldin(points, fit.labels), 1.462, 0.01);
  EXPECT_NEAR(CalinskiHarabasz(points, fit.labels), 2'026, 10);
  EXPECT_NEAR(Silhouette(points, fit.labels), 0.218, 0.002);
  EXPECT_NEAR(SimplifiedSilhouette(points, fit.centroids), 0.338, 0.003);
  std::vector<int> sizes(6);
  for (const int label : fit.labels) ++sizes[static_cast<std::size_t>(label)];
  EXPECT_NEAR(*std::min_element(sizes.begin(), sizes.end()) / 8950.0, 0.113, 0.003);
}

// Recency, invoices and spend of a wholesaler's customers, as logarithms.
TEST(ReferenceTest, SegmentsAWholesalersCustomersAsScikitLearnDoes) {
  struct Customer {
    std::int64_t last_day = 0;
    std::set<std::string> invoices;
    double spend = 0;
  };
  std::map<std::string, Customer> customers;
  std::int64_t last_day = 0;
  risk::ForEachRetailLine([&](const std::string& id, const std::string& time, double spend) {
    Customer& customer = customers[id];
    customer.last_day = std::max(customer.last_day, risk::DayOf(time));
    customer.invoices.insert(time);
    customer.spend += spend;
    last_day = std::max(last_day, customer.last_day);
  });
  if (customers.empty()) GTEST_SKIP() << kDataAbsent;
  std::erase_if(customers, [](const auto& entry) { return entry.second.spend <= 0; });
  ASSERT_EQ(customers.size(), 4'338U);
  Eigen::MatrixXd values(3, 4'338);
  Eigen::Index column = 0;
  for (const auto& [id, customer] : customers) {
    values.col(column++) << static_cast<double>(last_day + 1 - customer.last_day),
        static_cast<double>(customer.invoices.size()), customer.spend;
  }
  const Matrix points = Standardised(values.array().log1p());
  const double expected[] = {0.434, 0.339, 0.338, 0.317, 0.312};
  for (int k = 2; k <= 6; ++k) {
    const KMeansFit fit = FitKMeans(points, {.clusters = k, .starts = 4, .iterations_max = 100});
    EXPECT_NEAR(Silhouette(points, fit.labels), expected[k - 2], 0.004) << k;
  }
}

}  // namespace
}  // namespace segmentd::model
