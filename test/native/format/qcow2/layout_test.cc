#include "format/qcow2/layout.h"

#include <doctest/doctest.h>

#include <map>

#include "builders/assembled_qcow2.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/qcow2/image.h"

// The files that come out of a Layout, as a reader and a checker see them.
namespace omiforge::test {

using qcow2::Header;
using qcow2::Layout;
using qcow2::Qcow2Image;

namespace {

constexpr std::uint64_t kCluster = Layout::kClusterBytes;
constexpr std::uint64_t kRegion = Layout::kRegionBytes;

using Clusters = std::map<std::uint64_t, Bytes>;

Bytes assemble(std::uint64_t virtual_size, const Clusters& clusters, std::uint64_t per_call = 64) {
  Layout layout(virtual_size);
  return assemble_qcow2(layout, virtual_size, clusters, per_call);
}

Clusters random_clusters(Random& random, std::uint64_t virtual_size, int count) {
  Clusters clusters;
  for (int i = 0; i < count; ++i) {
    clusters[below(random, divide_up(virtual_size, kCluster))] = noise(random, kCluster);
  }
  return clusters;
}

// How often each cluster of the file is used, found by following the tables.
std::vector<int> count_uses(const Bytes& file, const Header& header) {
  REQUIRE_EQ(file.size() % kCluster, 0);
  std::vector<int> uses(file.size() / kCluster);
  const auto use = [&](std::uint64_t offset, std::uint64_t length) {
    REQUIRE_EQ(offset % kCluster, 0);
    REQUIRE(range_fits(offset, length, file.size()));
    for (std::uint64_t i = 0; i < divide_up(length, kCluster); ++i) ++uses[offset / kCluster + i];
  };
  use(0, kCluster);
  const std::uint64_t table_bytes = header.refcount_table_clusters * kCluster;
  use(header.refcount_table.value, table_bytes);
  for (std::uint64_t i = 0; i < table_bytes / 8; ++i) {
    const std::uint64_t block = load_be64(file.data() + header.refcount_table.value + i * 8);
    if (block != 0) use(block, kCluster);
  }
  // An L1 table of no entries still has its cluster.
  use(header.l1_table.value, std::max<std::uint64_t>(1, header.l1_entries * std::uint64_t{8}));
  for (std::uint64_t i = 0; i < header.l1_entries; ++i) {
    const std::uint64_t l1_entry = load_be64(file.data() + header.l1_table.value + i * 8);
    if (l1_entry == 0) continue;
    REQUIRE_EQ(l1_entry >> 63, 1);
    const std::uint64_t table = l1_entry & ~(std::uint64_t{1} << 63);
    use(table, kCluster);
    for (std::uint64_t k = 0; k < kCluster / 8; ++k) {
      const std::uint64_t entry = load_be64(file.data() + table + k * 8);
      if (entry == 0) continue;
      REQUIRE_EQ(entry >> 63, 1);
      use(entry & ~(std::uint64_t{1} << 63), kCluster);
    }
  }
  return uses;
}

// The refcount of a cluster, as the specification says to find it.
std::uint16_t refcount_of(const Bytes& file, const Header& header, std::uint64_t cluster) {
  const std::uint64_t per_block = kCluster / 2;
  const std::uint64_t index = cluster / per_block;
  if (index >= header.refcount_table_clusters * kCluster / 8) return 0;
  const std::uint64_t block = load_be64(file.data() + header.refcount_table.value + index * 8);
  return block == 0 ? std::uint16_t{0} : load_be16(file.data() + block + cluster % per_block * 2);
}

void check_file(const Bytes& file, std::uint64_t virtual_size, const Clusters& clusters) {
  Qcow2Image image(file_with(file));
  const Header& header = image.header();
  CHECK_FALSE(image.refusal().has_value());
  CHECK_EQ(image.size(), virtual_size);
  CHECK_EQ(header.version, 3);
  CHECK_EQ(header.incompatible, 0);
  CHECK_EQ(header.refcount_order, 4);
  CHECK(count_uses(file, header) == std::vector<int>(file.size() / kCluster, 1));
  // Each block counts 32768 clusters: those past the end of the file are not used.
  const std::uint64_t counted = divide_up(file.size() / kCluster, 32768) * 32768;
  for (std::uint64_t i = 0; i < counted; ++i) {
    REQUIRE_EQ(refcount_of(file, header, i), i < file.size() / kCluster ? 1 : 0);
  }

  std::uint64_t stored = 0;
  for (std::uint64_t at = 0; at < virtual_size;) {
    const Extent extent = image.next_extent({at}, virtual_size - at);
    if (extent.kind == ExtentKind::kData) stored += extent.length;
    at += extent.length;
  }
  std::uint64_t expected_stored = 0;
  for (const auto& [guest_cluster, content] : clusters) {
    const std::uint64_t length = std::min(kCluster, virtual_size - guest_cluster * kCluster);
    expected_stored += length;
    Bytes bytes(static_cast<std::size_t>(length), 0xee);
    image.read({guest_cluster * kCluster}, room(bytes));
    REQUIRE(bytes == first_bytes(content, bytes.size()));
  }
  // So all the rest reads as zeros.
  CHECK_EQ(stored, expected_stored);
}

}  // namespace

TEST_CASE("layout: a disk without data is the front matter and its refcounts") {
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{512}, kCluster, 3 * kRegion, kRegion << 10}) {
    CAPTURE(size);
    const Bytes file = assemble(size, {}, Layout::kRegionClusters);
    CHECK_EQ(file.size(), Layout(size).front_matter_bytes() + kCluster);
    check_file(file, size, {});
  }
}

TEST_CASE("layout: random disks read back, and every cluster is used and counted once") {
  Random random(1);
  for (int round = 0; round < 12; ++round) {
    CAPTURE(round);
    const std::uint64_t size = (1 + below(random, 5 * kRegion / 512)) * 512;
    const Clusters clusters = random_clusters(random, size, static_cast<int>(below(random, 40)));
    check_file(assemble(size, clusters, 1 + below(random, 100)), size, clusters);
  }
}

TEST_CASE("layout: the first and last cluster of regions, and regions without data") {
  Random random(2);
  const std::uint64_t size = 6 * kRegion - kCluster + 512;
  Clusters clusters;
  for (const std::uint64_t at :
       {std::uint64_t{0}, Layout::kRegionClusters - 1, Layout::kRegionClusters,
        3 * Layout::kRegionClusters - 1, 5 * Layout::kRegionClusters, size / kCluster}) {
    clusters[at] = noise(random, kCluster);
  }
  check_file(assemble(size, clusters, Layout::kRegionClusters), size, clusters);
}

TEST_CASE("layout: the result does not depend on how many clusters are added at once") {
  Random random(3);
  const std::uint64_t size = 2 * kRegion + 5 * kCluster;
  const Clusters clusters = random_clusters(random, size, 30);
  const Bytes file = assemble(size, clusters, 1);
  for (const std::uint64_t per_call : {7, 8, 64, 8192}) CHECK(assemble(size, clusters, per_call) == file);
}

TEST_CASE("layout: data goes right behind the front matter, each L2 table right behind its region's data") {
  Layout layout(2 * kRegion);
  const std::uint64_t front = layout.front_matter_bytes();
  const Bytes bits{0b101};
  Bytes table(kCluster, 0xee);
  layout.add_clusters(0, 3, view(bits));
  CHECK(layout.close_region(room(table)));
  CHECK_EQ(load_be64(table.data()), front | std::uint64_t{1} << 63);
  CHECK_EQ(load_be64(table.data() + 8), 0);
  CHECK_EQ(load_be64(table.data() + 16), (front + kCluster) | std::uint64_t{1} << 63);
  CHECK(is_zero(view(table).slice(24, kCluster - 24)));
  CHECK_FALSE(layout.close_region(room(table)));

  layout.add_clusters(Layout::kRegionClusters, 3, view(bits));
  CHECK(layout.close_region(room(table)));
  CHECK_EQ(load_be64(table.data()), (front + 3 * kCluster) | std::uint64_t{1} << 63);
  CHECK_EQ(layout.finish(), kCluster);
  Bytes l1(16, 0xee);
  layout.fill_front_matter(2, room(l1));
  CHECK_EQ(load_be64(l1.data()), (front + 2 * kCluster) | std::uint64_t{1} << 63);
  CHECK_EQ(load_be64(l1.data() + 8), (front + 5 * kCluster) | std::uint64_t{1} << 63);
}

TEST_CASE("layout: the parts of the front matter do not overlap, and lie within it") {
  for (const std::uint64_t size :
       {std::uint64_t{0}, kCluster, kRegion * 8192, kRegion * 8193, kRegion << 20}) {
    CAPTURE(size);
    const Layout layout(size);
    std::uint64_t at = 0;
    for (const Layout::Part& part : layout.front_matter_parts()) {
      CHECK_GE(part.offset, at);
      at = part.offset + part.length;
    }
    CHECK_LE(at, layout.front_matter_bytes());
    // One cluster for the header, and no more for the tables than they need.
    CHECK_EQ(layout.front_matter_bytes() % kCluster, 0);
    CHECK_LE(layout.front_matter_bytes() - at, kCluster);
  }
}

}  // namespace omiforge::test
