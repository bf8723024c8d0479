#include "format/qcow2/placer.h"

#include <doctest/doctest.h>

#include "builders/deflated.h"
#include "builders/qcow2_builder.h"

namespace omiforge::test {

using qcow2::Placer;

namespace {

constexpr std::uint64_t kCluster = 65536;

// All at once, or in blocks of so many bytes.
struct Told {
  std::vector<PlacedRun> here;
  std::vector<PlacedRun> behind;
  std::uint64_t clusters = 0;
};

Told told_of(const Bytes& file, std::size_t block_bytes) {
  Placer placer;
  Told told;
  for (std::size_t at = 0; at < file.size(); at += block_bytes) {
    const Placer::Found found = placer.take(view(file).slice(at, std::min(block_bytes, file.size() - at)));
    told.here.insert(told.here.end(), found.here.begin(), found.here.end());
    told.behind.insert(told.behind.end(), found.behind.begin(), found.behind.end());
  }
  told.clusters = placer.placed().digest().count();
  return told;
}

Told told_of(const Bytes& file) { return told_of(file, file.size()); }

void check_run(const PlacedRun& run, std::uint64_t host, std::uint64_t length, std::uint64_t guest) {
  CHECK_EQ(run.host.value, host);
  CHECK_EQ(run.length, length);
  CHECK_EQ(run.guest.value, guest);
}

void check_nothing_told(const Bytes& file) {
  for (const std::size_t block : {std::size_t{kCluster}, file.size()}) {
    const Told told = told_of(file, block);
    CHECK(told.here.empty());
    CHECK(told.behind.empty());
    CHECK_EQ(told.clusters, 0);
  }
}

Bytes cluster_of(std::uint8_t value) { return Bytes(kCluster, value); }

Qcow2Builder with_one_cluster() {
  Qcow2Builder builder(16, 4 * kCluster);
  builder.add_data(1, cluster_of(1));
  return builder;
}

}  // namespace

TEST_CASE("placer: clusters that follow their table are told as they come, in runs") {
  Qcow2Builder builder(16, 8 * kCluster);
  builder.add_data(5, cluster_of(1));
  builder.add_data(6, cluster_of(2));
  builder.add_data(1, cluster_of(3));
  // Header, refcount table, L1 table, L2 table, data.
  const Told whole = told_of(builder.file());
  REQUIRE_EQ(whole.here.size(), 2);
  check_run(whole.here[0], 4 * kCluster, 2 * kCluster, 5 * kCluster);
  check_run(whole.here[1], 6 * kCluster, kCluster, kCluster);
  CHECK(whole.behind.empty());
  CHECK_EQ(whole.clusters, 3);
  const Told pieces = told_of(builder.file(), kCluster);
  REQUIRE_EQ(pieces.here.size(), 3);
  check_run(pieces.here[1], 5 * kCluster, kCluster, 6 * kCluster);
}

TEST_CASE("placer: a table that comes late tells of the clusters before it") {
  Qcow2Builder builder(16, 8 * kCluster);
  const std::uint64_t first = builder.append_aligned(cluster_of(1));
  builder.append_aligned(cluster_of(2));
  builder.set_entry(2, first | kCopied);
  builder.set_entry(3, (first + kCluster) | kCopied);
  builder.add_data(0, cluster_of(3));
  const Told told = told_of(builder.file(), kCluster);
  REQUIRE_EQ(told.behind.size(), 1);
  check_run(told.behind[0], first, 2 * kCluster, 2 * kCluster);
  REQUIRE_EQ(told.here.size(), 1);
  CHECK_EQ(told.here[0].guest.value, 0);
  CHECK_EQ(told.clusters, 3);
  // Within one block, all of it is looked at at once.
  const Told whole = told_of(builder.file());
  CHECK(whole.behind.empty());
  CHECK_EQ(whole.clusters, 3);
}

TEST_CASE("placer: a table that came before the L1 table is not known") {
  Qcow2Builder builder = with_one_cluster();
  const Bytes file = builder.file();
  const Bytes l1(file.begin() + 2 * kCluster, file.begin() + 2 * kCluster + 8);
  builder.header.l1_table_offset = builder.append_aligned(l1);
  CHECK_EQ(told_of(builder.file(), kCluster).clusters, 0);
  CHECK_EQ(told_of(builder.file()).clusters, 1);
}

TEST_CASE("placer: what ends within a cluster, file or disk, is told as far as it goes") {
  Qcow2Builder builder(16, 2 * kCluster - 1024);
  builder.add_data(1, cluster_of(1));
  const Told disk = told_of(builder.file());
  REQUIRE_EQ(disk.here.size(), 1);
  check_run(disk.here[0], 4 * kCluster, kCluster - 1024, kCluster);
  const Told file = told_of(first_bytes(builder.file(), 4 * kCluster + 100));
  REQUIRE_EQ(file.here.size(), 1);
  check_run(file.here[0], 4 * kCluster, 100, kCluster);
}

TEST_CASE("placer: of a cluster with subclusters those that hold data are told") {
  Qcow2Builder builder(16, 4 * kCluster, 3, kExtendedL2);
  builder.set_entry(1, 0);
  const std::uint64_t host = builder.append_aligned(cluster_of(1));
  builder.set_entry(1, host | kCopied, std::uint64_t{1} << 32 | 0x8000000e);
  const Told told = told_of(builder.file());
  REQUIRE_EQ(told.here.size(), 2);
  check_run(told.here[0], host + 2048, 3 * 2048, kCluster + 2048);
  check_run(told.here[1], host + 31 * 2048, 2048, kCluster + 31 * 2048);
  CHECK_EQ(told.clusters, 1);
}

TEST_CASE("placer: subclusters behind the end of the disk are not looked at") {
  Qcow2Builder builder(16, kCluster + 2048, 3, kExtendedL2);
  builder.set_entry(1, 0);
  const std::uint64_t host = builder.append_aligned(cluster_of(1));
  builder.set_entry(1, host | kCopied, 0xfffffffe);
  check_nothing_told(builder.file());
  builder.set_entry(1, host | kCopied, 0xffffffff);
  const Told told = told_of(builder.file());
  REQUIRE_EQ(told.here.size(), 1);
  check_run(told.here[0], host, 2048, kCluster);
}

TEST_CASE("placer: what may be in use twice, or is not plain data, is left alone") {
  Qcow2Builder builder(16, 8 * kCluster);
  builder.set_entry(0, builder.append_aligned(cluster_of(1)));  // no copied flag
  builder.set_entry(1, builder.append_aligned(cluster_of(2)) | kCopied | 1);
  builder.add_compressed(2, deflated(cluster_of(3)));
  const std::uint64_t twice = builder.append_aligned(cluster_of(4));
  builder.set_entry(3, twice | kCopied);
  builder.set_entry(4, twice | kCopied);
  builder.set_entry(5, (builder.append_aligned(cluster_of(5)) + 512) | kCopied);
  check_nothing_told(first_bytes(builder.file(), builder.end()));
}

TEST_CASE("placer: a cluster behind the block that is named twice is told once") {
  Qcow2Builder builder(16, 8 * kCluster);
  const std::uint64_t twice = builder.append_aligned(cluster_of(4));
  builder.set_entry(3, twice | kCopied);
  builder.set_entry(4, twice | kCopied);
  CHECK_EQ(told_of(builder.file(), kCluster).clusters, 1);
}

TEST_CASE("placer: metadata is never told, whoever names it") {
  Qcow2Builder builder(16, 16 * kCluster);
  builder.set_entry(0, 0);
  // The header, the refcount table, the L1 table and the L2 table.
  for (std::uint64_t cluster = 0; cluster < 4; ++cluster) {
    builder.set_entry(cluster, cluster * kCluster | kCopied);
  }
  check_nothing_told(builder.file());
}

TEST_CASE("placer: a table that is not one L1 entry's alone is not read") {
  Qcow2Builder builder(16, 3 * 8192 * kCluster);
  builder.add_data(0, cluster_of(1));
  const std::uint64_t table = 3 * kCluster;
  SUBCASE("no copied flag") { builder.set_l1(0, table); }
  SUBCASE("two entries") { builder.set_l1(2, table | kCopied); }
  SUBCASE("not at a cluster") { builder.set_l1(0, (table + 512) | kCopied); }
  check_nothing_told(builder.file());
}

TEST_CASE("placer: entries past the end of the disk are not looked at") {
  Qcow2Builder builder(16, 2 * kCluster);
  builder.set_entry(0, 0);
  builder.set_entry(2, builder.append_aligned(cluster_of(1)) | kCopied);
  check_nothing_told(builder.file());
}

TEST_CASE("placer: an image that is refused, or odd, is left alone") {
  Qcow2Builder builder = with_one_cluster();
  REQUIRE_EQ(told_of(builder.file()).clusters, 1);
  SUBCASE("no qcow2") { builder.header.magic = 0; }
  SUBCASE("a header that is not allowed") { builder.header.l1_size = 0; }
  SUBCASE("marked corrupt") { builder.header.incompatible_features = 2; }
  SUBCASE("a data file") { builder.header.incompatible_features = 4; }
  SUBCASE("an unknown feature") { builder.header.incompatible_features = 32; }
  SUBCASE("encrypted") { builder.header.crypt_method = 1; }
  SUBCASE("a backing file") {
    builder.header.backing_file_offset = 104;
    builder.header.backing_file_size = 4;
  }
  Bytes file = builder.file();
  if (builder.header.backing_file_size != 0) file[104] = 'a';
  check_nothing_told(file);
}

TEST_CASE("placer: clusters smaller than the zeros that are left out are left alone") {
  for (const std::uint32_t bits : {11U, 12U}) {
    CAPTURE(bits);
    Qcow2Builder builder(bits, 65536);
    builder.add_data(1, Bytes(std::size_t{1} << bits, 1));
    CHECK_EQ(told_of(builder.file()).clusters, bits == 12 ? 1 : 0);
  }
}

TEST_CASE("placer: after a block that is not whole clusters nothing is told") {
  const Bytes file = with_one_cluster().file();
  Placer placer;
  placer.take(view(file).slice(0, 4 * kCluster - 512));
  CHECK(placer.take(view(file).slice(4 * kCluster - 512, kCluster + 512)).here.empty());
  Placer other;
  other.take(view(file).slice(0, 512));
  CHECK(other.take(view(file).slice(512, file.size() - 512)).here.empty());
}

TEST_CASE("placer: what there is no room to remember is left alone") {
  for (const std::uint64_t tables : {127U, 128U}) {
    CAPTURE(tables);
    Qcow2Builder builder(16, (tables + 1) * 8192 * kCluster);
    // Clusters far behind, none next to another: 2^20 runs are remembered.
    Bytes entries(kCluster);
    for (std::uint64_t i = 0; i < 8192; ++i) {
      store_be64(entries.data() + i * 8, ((1000000 + 2 * i) * kCluster) | kCopied);
    }
    for (std::uint64_t i = 0; i < tables; ++i) builder.set_l1(i, builder.append_aligned(entries) | kCopied);
    builder.add_data(tables * 8192, cluster_of(1));
    CHECK_EQ(told_of(builder.file()).clusters, tables == 127 ? 1 : 0);
  }
}

}  // namespace omiforge::test
