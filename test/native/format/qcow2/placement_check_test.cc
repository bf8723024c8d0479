#include "format/qcow2/placement_check.h"

#include <doctest/doctest.h>

#include "builders/deflated.h"
#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {

using qcow2::PlacedClusters;
using qcow2::PlacementCheck;

namespace {

constexpr std::uint64_t kCluster = 65536;
// Header, refcount table, L1 table, L2 table, data.
constexpr std::uint64_t kFirstData = 4;

Thrown fault_of(const Qcow2Builder& builder, const PlacedClusters& placed) {
  return thrown_by([&] {
    PlacementCheck check(file_with(builder.file()), placed);
    while (!check.step()) {
    }
  });
}

void check_passes(const Qcow2Builder& builder, const PlacedClusters& placed) {
  PlacementCheck check(file_with(builder.file()), placed);
  while (!check.step()) {
  }
}

Qcow2Builder two_clusters() {
  Qcow2Builder builder(16, 8 * kCluster);
  builder.add_data(2, Bytes(kCluster, 1));
  builder.add_data(5, Bytes(kCluster, 2));
  return builder;
}

}  // namespace

TEST_CASE("placement check: all, some or none of the clusters were placed where the tables have them") {
  const Qcow2Builder builder = two_clusters();
  PlacedClusters placed;
  check_passes(builder, placed);
  placed.add(kFirstData + 1, 5);
  check_passes(builder, placed);
  placed.add(kFirstData, 2);
  check_passes(builder, placed);
}

TEST_CASE("placement check: a cluster that was placed elsewhere, or that the tables do not have") {
  PlacedClusters placed;
  SUBCASE("another guest cluster") { placed.add(kFirstData, 5); }
  SUBCASE("another host cluster") { placed.add(kFirstData + 2, 2); }
  SUBCASE("the two of them the wrong way round") {
    placed.add(kFirstData, 5);
    placed.add(kFirstData + 1, 2);
  }
  const Thrown fault = fault_of(two_clusters(), placed);
  CHECK_EQ(fault.code, "QCOW2_CORRUPT");
  CHECK(fault.says("omiforge check"));
}

TEST_CASE("placement check: a placed cluster has one more use") {
  Qcow2Builder builder = two_clusters();
  PlacedClusters placed;
  placed.add(kFirstData, 2);
  SUBCASE("plain data") { builder.set_entry(7, kFirstData * kCluster); }
  SUBCASE("compressed data") { builder.set_entry(7, compressed_entry(kFirstData * kCluster + 700, 100, 16)); }
  SUBCASE("compressed data that goes on into it") {
    builder.set_entry(7, compressed_entry(kFirstData * kCluster - 100, 200, 16));
  }
  CHECK_EQ(fault_of(builder, placed).code, "QCOW2_CORRUPT");
}

TEST_CASE("placement check: compressed data beside placed clusters is none of them") {
  Qcow2Builder builder = two_clusters();
  builder.add_compressed(7, deflated(Bytes(kCluster, 3)));
  PlacedClusters placed;
  placed.add(kFirstData, 2);
  placed.add(kFirstData + 1, 5);
  check_passes(builder, placed);
}

TEST_CASE("placement check: a cluster counts once, whichever of its subclusters hold data") {
  Qcow2Builder builder(16, 4 * kCluster, 3, kExtendedL2);
  builder.set_entry(1, 0);
  const std::uint64_t host = builder.append_aligned(Bytes(kCluster, 1));
  builder.set_entry(1, host | kCopied, std::uint64_t{1} << 33 | 0x80000101);
  PlacedClusters placed;
  placed.add(host / kCluster, 1);
  check_passes(builder, placed);
}

TEST_CASE("placement check: subclusters behind the end of the disk are not looked at") {
  Qcow2Builder builder(16, kCluster + 2048, 3, kExtendedL2);
  // Past the end of the file.
  builder.set_entry(1, 4096 * kCluster | kCopied, 2);
  check_passes(builder, {});
}

TEST_CASE("placement check: what is wrong with a table is said as by any reader") {
  Qcow2Builder builder = two_clusters();
  builder.set_entry(7, 4096 * kCluster | kCopied);
  CHECK_EQ(fault_of(builder, {}).code, "QCOW2_TRUNCATED");
}

TEST_CASE("placement check: a step is bounded, and empty tables cost next to nothing") {
  Qcow2Builder builder(16, 600 * 8192 * kCluster);
  builder.add_data(599 * 8192, Bytes(kCluster, 1));
  PlacedClusters placed;
  placed.add(builder.end() / kCluster - 1, 599 * 8192);
  PlacementCheck sparse(file_with(builder.file()), placed);
  CHECK(sparse.step());
  for (std::uint64_t table = 0; table < 40; ++table) builder.set_entry(table * 8192, 1);
  PlacementCheck full(file_with(builder.file()), placed);
  CHECK_FALSE(full.step());
  CHECK(full.step());
}

}  // namespace omiforge::test
