#include "format/qcow2/cluster_counts.h"

#include <doctest/doctest.h>

#include <limits>
#include <utility>
#include <vector>

namespace omiforge::test {

using qcow2::ClusterCounts;
using Counted = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

namespace {

Counted counted(const ClusterCounts& counts, std::uint64_t first, std::uint64_t end) {
  Counted list;
  counts.for_each_counted(
      first, end, [&](std::uint64_t cluster, std::uint64_t times) { list.emplace_back(cluster, times); });
  return list;
}

}  // namespace

TEST_CASE("cluster counts: exact at every width, up to the largest number") {
  ClusterCounts counts;
  CHECK_EQ(counts.count(7), 0);
  counts.add(7, 255);
  counts.add(8, 1);
  CHECK_EQ(counts.count(7), 255);
  counts.add(7, 1);
  CHECK_EQ(counts.count(7), 256);
  CHECK_EQ(counts.count(8), 1);
  counts.add(7, std::numeric_limits<std::uint64_t>::max() - 10);
  CHECK_EQ(counts.count(7), std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("cluster counts: far apart, in order, within the range that is asked for") {
  ClusterCounts counts;
  constexpr std::uint64_t kFar = std::uint64_t{1} << 40;
  counts.add(kFar, 3);
  counts.add(2, 1);
  counts.add(16384, 2);
  CHECK_EQ(counted(counts, 0, kFar + 1), Counted{{2, 1}, {16384, 2}, {kFar, 3}});
  CHECK_EQ(counted(counts, 2, 16384), Counted{{2, 1}});
  CHECK_EQ(counted(counts, 3, kFar), Counted{{16384, 2}});
  CHECK_EQ(counted(counts, 3, 3), Counted{});
}

TEST_CASE("cluster counts: refcounts of one are noted apart from counts") {
  ClusterCounts counts;
  CHECK_FALSE(counts.has_refcount_one(100));
  counts.mark_refcount_one(100);
  counts.add(101, 1);
  CHECK(counts.has_refcount_one(100));
  CHECK_FALSE(counts.has_refcount_one(101));
  CHECK_EQ(counts.count(100), 0);
}

}  // namespace omiforge::test
