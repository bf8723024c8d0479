#include <doctest/doctest.h>

#include "builders/bytes.h"
#include "builders/thrown.h"
#include "format/qcow2/header.h"
#include "format/qcow2/layout.h"

// How large the tables of a Layout are, how large a disk may be, and calls in the wrong order.
namespace omiforge::test {

using qcow2::Layout;

namespace {

constexpr std::uint64_t kCluster = Layout::kClusterBytes;
constexpr std::uint64_t kRegion = Layout::kRegionBytes;
constexpr std::uint64_t kPerBlock = kCluster / 2;
constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;
// As many clusters, tables included, as 8 MiB of refcount table count; a region is 8193 clusters.
constexpr std::uint64_t kLargest = std::uint64_t{4193663} * kRegion;

// The table has to count the largest file that can come out, and no more than one block beyond it.
void check_refcount_table(std::uint64_t size) {
  CAPTURE(size);
  const Layout layout(size);
  const std::uint64_t entries = layout.front_matter_parts()[1].length / 8;
  const std::uint64_t most_clusters =
      layout.front_matter_bytes() / kCluster + divide_up(size, kCluster) + divide_up(size, kRegion);
  std::uint64_t blocks = divide_up(most_clusters, kPerBlock);
  while (blocks * kPerBlock < most_clusters + blocks) ++blocks;
  REQUIRE_GE(entries, blocks);
  REQUIRE_LE(entries, blocks + 1);
  // All of the front matter is spoken for: header, refcount table, L1 table.
  const std::uint64_t l1_bytes = std::max<std::uint64_t>(1, divide_up(size, kRegion) * 8);
  REQUIRE_EQ(layout.front_matter_bytes() / kCluster,
             1 + divide_up(entries * 8, kCluster) + divide_up(l1_bytes, kCluster));
}

std::uint64_t refcount_table_clusters(std::uint64_t size) {
  return divide_up(Layout(size).front_matter_parts()[1].length, kCluster);
}

void add_full_regions(Layout& layout, std::uint64_t size) {
  const Bytes all_set(static_cast<std::size_t>(Layout::kRegionClusters / 8), 0xff);
  Bytes table(kCluster);
  const std::uint64_t end = divide_up(size, kCluster);
  for (std::uint64_t first = 0; first < end; first += Layout::kRegionClusters) {
    layout.add_clusters(first, std::min(Layout::kRegionClusters, end - first), view(all_set));
    REQUIRE(layout.close_region(room(table)));
  }
}

const Bytes kOneBit{1};

}  // namespace

TEST_CASE("layout limits: the refcount table is large enough wherever it gets an entry more") {
  // A block counts 2 GiB.
  for (std::uint64_t k = 1; k <= 40; ++k) {
    for (std::uint64_t down = 0; down < 40; ++down) {
      check_refcount_table((k << 31) + (20 - down) * kCluster);
      check_refcount_table((k << 31) - down * 8 * kCluster);
    }
  }
  Random random(1);
  for (int round = 0; round < 300; ++round) check_refcount_table(below(random, kTiB << below(random, 8)));
}

TEST_CASE("layout limits: the refcount table is large enough wherever it gets a cluster more") {
  // It then counts one cluster more itself. That happens shortly before every 16 TiB: the first size at which
  // it does is searched for.
  for (std::uint64_t k = 1; k <= 5; ++k) {
    std::uint64_t without = k * 16 * kTiB - kTiB;
    std::uint64_t with = k * 16 * kTiB;
    while (with - without > kCluster) {
      const std::uint64_t middle = (without / kCluster + with / kCluster) / 2 * kCluster;
      (refcount_table_clusters(middle) > k ? with : without) = middle;
    }
    CHECK_EQ(refcount_table_clusters(with), k + 1);
    CHECK_EQ(refcount_table_clusters(without), k);
    for (std::uint64_t up = 0; up < 20; ++up) check_refcount_table(with + (up - 10) * kCluster);
  }
}

TEST_CASE("layout limits: a disk full of data is counted in full, at sizes around 2 GiB and 4 GiB") {
  for (const std::uint64_t around : {std::uint64_t{2} << 30, std::uint64_t{4} << 30}) {
    // Front matter and L2 tables and blocks take the place of some clusters.
    for (std::uint64_t down = 0; down <= 16; ++down) {
      const std::uint64_t size = around - down * kCluster;
      CAPTURE(size);
      Layout layout(size);
      add_full_regions(layout, size);
      const std::uint64_t content = divide_up(size, kCluster) + divide_up(size, kRegion);
      const std::uint64_t blocks = layout.finish() / kCluster;
      const std::uint64_t used = layout.front_matter_bytes() / kCluster + content + blocks;
      CHECK_LE(used, blocks * kPerBlock);
      CHECK_GT(used + kPerBlock, blocks * kPerBlock);

      Bytes refcounts(static_cast<std::size_t>(blocks * kCluster), 0xee);
      layout.fill_refcount_blocks(room(refcounts));
      CHECK_EQ(load_be16(refcounts.data()), 1);
      CHECK_EQ(load_be16(refcounts.data() + (used - 1) * 2), 1);
      if (used < blocks * kPerBlock) CHECK_EQ(load_be16(refcounts.data() + used * 2), 0);

      const Layout::Part part = layout.front_matter_parts()[1];
      Bytes table(static_cast<std::size_t>(part.length), 0xee);
      layout.fill_front_matter(1, room(table));
      REQUIRE_GE(table.size(), blocks * 8);
      for (std::uint64_t i = 0; i < table.size() / 8; ++i) {
        const std::uint64_t at = i < blocks ? (used - blocks + i) * kCluster : 0;
        CHECK_EQ(load_be64(table.data() + i * 8), at);
      }
    }
  }
}

TEST_CASE("layout limits: the header of the largest disk is one that readers accept") {
  for (const std::uint64_t size : {16 * kTiB, 1024 * kTiB, kLargest - 512, kLargest}) {
    CAPTURE(size);
    check_refcount_table(size);
    Layout layout(size);
    layout.finish();
    Bytes head(static_cast<std::size_t>(layout.front_matter_parts()[0].length), 0xee);
    layout.fill_front_matter(0, room(head));
    const qcow2::Header header = qcow2::parse_header(view(head));
    CHECK_EQ(header.size, size);
    CHECK_EQ(header.l1_entries, divide_up(size, kRegion));
    CHECK_EQ(header.refcount_table.value, layout.front_matter_parts()[1].offset);
    CHECK_EQ(header.l1_table.value, layout.front_matter_parts()[2].offset);
  }
}

TEST_CASE("layout limits: a disk that is too large") {
  for (const std::uint64_t size : {kLargest + 512, 2048 * kTiB, ~std::uint64_t{0}}) {
    CAPTURE(size);
    const Thrown error = thrown_by([&] { Layout layout(size); });
    CHECK_EQ(error.code, "IMAGE_TOO_LARGE");
    CHECK_EQ(error.message, "a disk of " + std::to_string(size) +
                                " bytes does not fit a qcow2 with 64 KiB clusters; at most " +
                                std::to_string(kLargest) + " bytes do");
  }
}

TEST_CASE("layout order: within a region clusters come in ascending order, each once") {
  Layout layout(4 * kRegion);
  layout.add_clusters(10, 1, view(kOneBit));
  for (const std::uint64_t again : {std::uint64_t{10}, std::uint64_t{9}, std::uint64_t{0}}) {
    CHECK_EQ(thrown_by([&] { layout.add_clusters(again, 1, view(kOneBit)); }).code, "INTERNAL");
  }
  CHECK_EQ(code_thrown_by([&] { layout.add_clusters(11, 1, view(kOneBit)); }), "");
}

TEST_CASE("layout order: a region is closed before the next one begins, and not gone back to") {
  Layout layout(4 * kRegion);
  Bytes table(kCluster);
  layout.add_clusters(Layout::kRegionClusters, 1, view(kOneBit));
  CHECK_EQ(thrown_by([&] { layout.add_clusters(2 * Layout::kRegionClusters, 1, view(kOneBit)); }).message,
           "clusters were added to a qcow2 layout out of order");
  CHECK_EQ(thrown_by([&] { layout.add_clusters(0, 1, view(kOneBit)); }).code, "INTERNAL");
  REQUIRE(layout.close_region(room(table)));
  CHECK_EQ(thrown_by([&] { layout.add_clusters(Layout::kRegionClusters + 5, 1, view(kOneBit)); }).code,
           "INTERNAL");
  CHECK_EQ(code_thrown_by([&] { layout.add_clusters(3 * Layout::kRegionClusters, 1, view(kOneBit)); }), "");
}

TEST_CASE("layout order: one call stays within one region and within the disk") {
  Layout layout(kRegion + 3 * kCluster - 512);
  const Bytes bits(2, 0);
  CHECK_EQ(thrown_by([&] { layout.add_clusters(Layout::kRegionClusters - 1, 2, view(bits)); }).code,
           "INTERNAL");
  for (const std::uint64_t first : {Layout::kRegionClusters, Layout::kRegionClusters + 3,
                                    2 * Layout::kRegionClusters, std::uint64_t{1} << 52}) {
    CAPTURE(first);
    CHECK_EQ(thrown_by([&] { layout.add_clusters(first, 4, view(bits)); }).code, "INTERNAL");
  }
  CHECK_EQ(code_thrown_by([&] { layout.add_clusters(Layout::kRegionClusters, 3, view(bits)); }), "");
}

TEST_CASE("layout order: a bit for every cluster") {
  Layout layout(kRegion);
  CHECK_EQ(thrown_by([&] { layout.add_clusters(0, 9, view(kOneBit)); }).code, "INTERNAL");
  CHECK_EQ(code_thrown_by([&] { layout.add_clusters(0, 8, view(kOneBit)); }), "");
  // No clusters are no harm.
  CHECK_EQ(code_thrown_by([&] { layout.add_clusters(0, 0, {}); }), "");
}

TEST_CASE(
    "layout order: finish comes once, after the last region was closed, and nothing is added after it") {
  Layout layout(2 * kRegion);
  Bytes table(kCluster);
  layout.add_clusters(0, 1, view(kOneBit));
  CHECK_EQ(thrown_by([&] { layout.finish(); }).code, "INTERNAL");
  REQUIRE(layout.close_region(room(table)));
  CHECK_EQ(layout.finish(), kCluster);
  CHECK_EQ(thrown_by([&] { layout.finish(); }).code, "INTERNAL");
  CHECK_EQ(thrown_by([&] { layout.add_clusters(Layout::kRegionClusters, 1, view(kOneBit)); }).code,
           "INTERNAL");
}

}  // namespace omiforge::test
