#include <doctest/doctest.h>

#include <map>

#include "builders/assembled_qcow2.h"
#include "builders/deflated.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "builders/zstd_frame.h"
#include "format/qcow2/check.h"
#include "format/qcow2/entries.h"
#include "format/qcow2/image.h"
#include "format/qcow2/layout.h"

// The files that come out of a Layout with compressed clusters, as a reader and a checker see them.
namespace omiforge::test {

using codec::CompressionType;
using qcow2::Layout;
using qcow2::Qcow2Image;

namespace {

constexpr std::uint64_t kCluster = Layout::kClusterBytes;
constexpr std::uint64_t kRegion = Layout::kRegionBytes;
constexpr std::uint64_t kRegionClusters = Layout::kRegionClusters;

// Guest clusters: what they hold, and what they take of the file.
struct Disk {
  std::uint64_t size = 0;
  std::map<std::uint64_t, Bytes> contents;
  std::map<std::uint64_t, Bytes> stored;

  void add_compressed(std::uint64_t cluster, const Bytes& content) {
    contents[cluster] = content;
    stored[cluster] = deflated(content);
    REQUIRE_LT(stored[cluster].size(), kCluster);
  }
  void add_plain(std::uint64_t cluster, const Bytes& content) {
    contents[cluster] = content;
    stored[cluster] = content;
  }
};

// One cluster that deflates: to some 100 bytes, to about a half, or to nearly all of it.
Bytes compressible(Random& random) {
  const std::uint64_t kind = below(random, 3);
  if (kind == 0) return Bytes(kCluster, static_cast<std::uint8_t>(1 + below(random, 255)));
  if (kind == 1) return mixed_content(random, kCluster);
  Bytes bytes = noise(random, kCluster);
  std::fill_n(bytes.begin(), 300 + below(random, 300), std::uint8_t{7});
  return bytes;
}

Disk random_disk(Random& random, std::uint64_t size, int count) {
  Disk disk{size, {}, {}};
  for (int i = 0; i < count; ++i) {
    const std::uint64_t cluster = below(random, divide_up(size, kCluster));
    if (below(random, 4) == 0) {
      disk.add_plain(cluster, noise(random, kCluster));
    } else {
      disk.add_compressed(cluster, compressible(random));
    }
  }
  return disk;
}

Bytes assemble(const Disk& disk, std::uint64_t per_call = 64) {
  Layout layout(disk.size, CompressionType::kZlib);
  return assemble_compressed_qcow2(layout, disk.size, disk.stored, per_call);
}

std::string faults_of(const Bytes& file) {
  qcow2::Checker checker(file_with(file));
  while (!checker.step().is_done) {
  }
  std::string findings;
  for (const std::string& finding : checker.report().findings) findings += finding + '\n';
  return findings;
}

void check_file(const Bytes& file, const Disk& disk) {
  CHECK_EQ(file.size() % kCluster, 0);
  CHECK_EQ(faults_of(file), "");
  Qcow2Image image(file_with(file));
  CHECK_EQ(image.size(), disk.size);
  std::uint64_t next = 0;
  const auto check_zeros = [&](std::uint64_t end) {
    while (next * kCluster < end) {
      const Extent extent = image.next_extent({next * kCluster}, end - next * kCluster);
      REQUIRE(extent.kind == ExtentKind::kUnallocated);
      next += divide_up(extent.length, kCluster);
    }
  };
  for (const auto& [cluster, content] : disk.contents) {
    check_zeros(cluster * kCluster);
    const std::uint64_t length = std::min(kCluster, disk.size - cluster * kCluster);
    Bytes bytes(static_cast<std::size_t>(length), 0xee);
    image.read({cluster * kCluster}, room(bytes));
    REQUIRE(bytes == first_bytes(content, bytes.size()));
    const bool is_plain = disk.stored.at(cluster).size() == kCluster;
    const Extent extent = image.next_extent({cluster * kCluster}, length);
    CHECK(extent.kind == (is_plain ? ExtentKind::kData : ExtentKind::kCompressed));
    next = cluster + 1;
  }
  check_zeros(disk.size);
}

// The refcount of a host cluster, in a file of less than 2 GiB.
int refcount_of(const Bytes& file, std::uint64_t cluster) {
  const std::uint64_t block = load_be64(file.data() + kCluster);
  return load_be16(file.data() + block + cluster * 2);
}

}  // namespace

TEST_CASE("compressed layout: a disk without data is the same as one without compressed clusters") {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{512}, 3 * kRegion}) {
    Layout plain(size);
    CHECK(assemble({size, {}, {}}, kRegionClusters) == assemble_qcow2(plain, size, {}, kRegionClusters));
  }
}

TEST_CASE("compressed layout: random disks read back and are counted right") {
  Random random(1);
  for (int round = 0; round < 12; ++round) {
    CAPTURE(round);
    const std::uint64_t size = (1 + below(random, 4 * kRegion / 512)) * 512;
    const Disk disk = random_disk(random, size, static_cast<int>(below(random, 60)));
    check_file(assemble(disk, 1 + below(random, 100)), disk);
  }
}

TEST_CASE("compressed layout: dense disks, whose clusters share host clusters") {
  Random random(2);
  for (int round = 0; round < 4; ++round) {
    const Disk disk = random_disk(random, 200 * kCluster - 512, 600);
    check_file(assemble(disk, 1 + below(random, 100)), disk);
  }
}

TEST_CASE("compressed layout: the first and last cluster of regions, and regions without data") {
  Random random(3);
  Disk disk{6 * kRegion - kCluster + 512, {}, {}};
  for (const std::uint64_t at : {std::uint64_t{0}, kRegionClusters - 1, 5 * kRegionClusters}) {
    disk.add_compressed(at, compressible(random));
  }
  for (const std::uint64_t at : {kRegionClusters, 3 * kRegionClusters - 1}) {
    disk.add_plain(at, noise(random, kCluster));
  }
  disk.add_compressed(disk.size / kCluster, compressible(random));
  check_file(assemble(disk, kRegionClusters), disk);
}

TEST_CASE("compressed layout: compressed clusters stand without gaps, plain ones wait behind them") {
  Random random(4);
  Disk disk{8 * kCluster, {}, {}};
  disk.add_plain(0, noise(random, kCluster));
  for (std::uint64_t i = 1; i < 4; ++i) disk.add_compressed(i, Bytes(kCluster, std::uint8_t(i)));
  disk.add_plain(4, noise(random, kCluster));
  disk.add_compressed(5, Bytes(kCluster, 5));
  const Bytes file = assemble(disk, 3);
  check_file(file, disk);
  // Header, two tables; the compressed ones; two plain ones, the L2 table and the refcounts.
  CHECK_EQ(file.size(), 8 * kCluster);
  Bytes packed;
  for (const std::uint64_t i : {1, 2, 3, 5}) append(packed, disk.stored.at(i));
  const auto begin = file.begin() + 3 * kCluster;
  CHECK(Bytes(begin, begin + static_cast<std::ptrdiff_t>(packed.size())) == packed);
  CHECK_EQ(refcount_of(file, 3), 4);
  for (const std::uint64_t i : {0, 1, 2, 4, 5, 6, 7}) CHECK_EQ(refcount_of(file, i), 1);
  CHECK_EQ(refcount_of(file, 8), 0);
}

TEST_CASE("compressed layout: a cluster that reaches into the next host cluster counts in both") {
  Random random(5);
  Disk disk{4 * kCluster, {}, {}};
  for (std::uint64_t i = 0; i < 3; ++i) {
    Bytes content = noise(random, kCluster);
    std::fill_n(content.begin(), 1000, std::uint8_t{1});
    disk.add_compressed(i, content);
  }
  const Bytes file = assemble(disk);
  check_file(file, disk);
  CHECK_EQ(refcount_of(file, 3), 2);
  CHECK_EQ(refcount_of(file, 4), 2);
  CHECK_EQ(refcount_of(file, 5), 1);
}

TEST_CASE("compressed layout: the smallest streams share a host cluster by the hundreds") {
  Disk disk{kRegion, {}, {}};
  for (std::uint64_t i = 0; i < 3000; ++i) disk.add_compressed(i, Bytes(kCluster, std::uint8_t(1 + i % 255)));
  const Bytes file = assemble(disk);
  check_file(file, disk);
  CHECK_GT(refcount_of(file, 3), 500);
}

TEST_CASE("compressed layout: plain clusters are due for a place after 16 MiB of them") {
  Layout layout(kRegion, CompressionType::kZlib);
  const std::vector<std::uint32_t> plain(255, std::uint32_t{kCluster});
  const std::vector<std::uint32_t> mixed = {0, 100, std::uint32_t{kCluster}};
  CHECK_FALSE(layout.add_compressed(0, 255, plain.data()));
  CHECK(layout.add_compressed(255, 3, mixed.data()));
  CHECK_EQ(layout.place_plain(), kCluster - 100);
  CHECK_EQ(layout.place_plain(), 0);
  CHECK_FALSE(layout.add_compressed(258, 255, plain.data()));
}

#ifdef OMIFORGE_HAS_ZSTD
TEST_CASE("compressed layout: an image of zstd clusters says so") {
  Random random(6);
  const Bytes content = mixed_content(random, kCluster);
  Layout layout(kCluster, CompressionType::kZstd);
  const Bytes file = assemble_compressed_qcow2(layout, kCluster, {{0, zstd_frame(content)}}, 1);
  CHECK_EQ(faults_of(file), "");
  Qcow2Image image(file_with(file));
  CHECK_EQ(image.header().incompatible, 8);
  CHECK_EQ(image.header().compression_type, 1);
  CHECK_EQ(load_be32(file.data() + 100), 112);
  Bytes bytes(kCluster);
  image.read({0}, room(bytes));
  CHECK(bytes == content);
}
#endif

TEST_CASE("compressed layout: an image of zlib clusters needs no feature") {
  const Bytes file = assemble({kCluster, {}, {}});
  CHECK_EQ(load_be64(file.data() + 72), 0);
  CHECK_EQ(load_be32(file.data() + 100), 104);
}

TEST_CASE("compressed layout: calls out of order are refused") {
  const std::uint32_t plain = kCluster;
  const std::uint32_t packed = 100;
  const std::uint32_t too_long = kCluster + 1;
  Bytes table(kCluster);
  const auto code_of = [](auto call) {
    return code_thrown_by([&] {
      Layout layout(2 * kRegion, CompressionType::kZlib);
      call(layout);
    });
  };
  const Bytes one_bit{1};
  CHECK_EQ(code_of([&](Layout& layout) { layout.add_clusters(0, 1, view(one_bit)); }), "INTERNAL");
  CHECK_EQ(code_of([&](Layout& layout) { layout.add_compressed(0, 1, &too_long); }), "INTERNAL");
  CHECK_EQ(code_of([&](Layout& layout) { layout.add_compressed(2 * kRegionClusters, 1, &packed); }),
           "INTERNAL");
  for (const std::uint32_t* bytes : {&plain, &packed}) {
    CHECK_EQ(code_of([&](Layout& layout) {
               layout.add_compressed(0, 1, bytes);
               layout.add_compressed(kRegionClusters, 1, bytes);
             }),
             "INTERNAL");
    CHECK_EQ(code_of([&](Layout& layout) {
               layout.add_compressed(0, 1, bytes);
               layout.close_region(room(table));
             }),
             "INTERNAL");
  }
  Layout without(kRegion);
  CHECK_EQ(code_thrown_by([&] { without.add_compressed(0, 1, &packed); }), "INTERNAL");
}

TEST_CASE("compressed layout: an L2 entry says of a compressed cluster what is read out of it") {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::uint32_t bits = 9 + static_cast<std::uint32_t>(below(random, 13));
    const HostOffset at{below(random, std::uint64_t{1} << 49)};
    const std::uint64_t bytes = 1 + below(random, (std::uint64_t{1} << bits) - 1);
    const std::uint64_t entry = qcow2::make_compressed_entry(at, bytes, bits);
    const qcow2::ClusterMapping mapping = qcow2::decode_l2_entry(entry, bits);
    CHECK(mapping.kind == qcow2::ClusterKind::kCompressed);
    CHECK_EQ(mapping.host.value, at.value);
    CHECK_GE(mapping.compressed_bytes, bytes);
    CHECK_LT(mapping.compressed_bytes, bytes + 512);
    CHECK_EQ((at.value + mapping.compressed_bytes) % 512, 0);
    CHECK_EQ(entry >> 62, 1);
  }
}

}  // namespace omiforge::test
