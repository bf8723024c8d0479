#include "format/qcow2/check.h"

#include <doctest/doctest.h>

#include "builders/deflated.h"
#include "builders/qcow2_builder.h"
#include "builders/refcounted_qcow2.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/qcow2/image.h"

namespace omiforge::test {

using qcow2::Checker;
using qcow2::CheckReport;
using qcow2::Qcow2Image;

namespace {

constexpr std::uint64_t kCluster = 512;

// The image with one refcount block, in which every cluster of the file has a refcount of one.
Bytes with_refcounts(Qcow2Builder& builder) {
  const std::uint64_t block = builder.append_aligned(Bytes(kCluster));
  Bytes file = builder.file();
  store_be64(file.data() + builder.header.refcount_table_offset, block);
  for (std::uint64_t cluster = 0; cluster <= block / kCluster; ++cluster) {
    store_be16(file.data() + block + cluster * 2, 1);
  }
  return file;
}

void set_refcount(Bytes& file, std::uint64_t cluster, std::uint16_t refcount) {
  store_be16(file.data() + load_be64(file.data() + kCluster) + cluster * 2, refcount);
}

CheckReport check(const Bytes& file) {
  Checker checker(file_with(file));
  while (!checker.step().is_done) continue;
  return checker.report();
}

void check_faults(const Bytes& file, std::uint64_t corruptions, std::uint64_t leaks,
                  std::uint64_t check_errors = 0) {
  const CheckReport report = check(file);
  std::string findings;
  for (const std::string& finding : report.findings) findings += finding + '\n';
  INFO(findings);
  CHECK_EQ(report.corruptions, corruptions);
  CHECK_EQ(report.leaks, leaks);
  CHECK_EQ(report.check_errors, check_errors);
}

// Header, refcount table, L1 table, L2 table, data of guest clusters 0, 1 and 3, and a refcount block.
Qcow2Builder three_clusters() {
  Qcow2Builder builder(9, 64 * kCluster);
  builder.add_data(0, Bytes(kCluster, 1));
  builder.add_data(1, Bytes(kCluster, 2));
  builder.add_data(3, Bytes(kCluster, 3));
  return builder;
}

constexpr std::uint64_t kL1 = 2 * kCluster;
constexpr std::uint64_t kL2 = 3 * kCluster;
constexpr std::uint64_t kData = 4;  // the cluster of the first data

}  // namespace

TEST_CASE("check: a clean image, with what it holds") {
  Qcow2Builder builder = three_clusters();
  const Bytes content = deflated(Bytes(kCluster, 9));
  builder.append_aligned({});
  builder.add_compressed(5, content);
  const CheckReport report = check(with_refcounts(builder));
  CHECK_EQ(report.corruptions + report.leaks + report.check_errors, 0);
  CHECK(report.findings.empty());
  CHECK_EQ(report.total_clusters, 64);
  CHECK_EQ(report.allocated_clusters, 4);
  CHECK_EQ(report.compressed_clusters, 1);
  CHECK_EQ(report.fragmented_clusters, 1);
  CHECK_EQ(report.image_end, 9 * kCluster);
}

TEST_CASE("check: refcounts of every width that are right") {
  for (std::uint32_t order = 0; order <= 6; ++order) {
    CAPTURE(order);
    Qcow2Builder builder = three_clusters();
    builder.header.refcount_order = order;
    check_faults(refcounted(builder), 0, 0);
    if (order == 0) continue;
    builder.set_entry(1, kData * kCluster);
    Bytes file = refcounted(builder);
    check_faults(file, 0, 1);
  }
}

TEST_CASE("check: progress counts bitmap tables too, and ends where it said it would") {
  Qcow2Builder builder(9, 64 * kCluster);
  Bytes entry(24);
  store_be64(entry.data(), builder.append_aligned(Bytes(128 * kCluster)));
  store_be32(entry.data() + 8, 128 * kCluster / 8);
  // One in use may be larger than its disk.
  store_be32(entry.data() + 12, 1);
  entry[16] = 1;
  entry[17] = 9;
  Bytes extension(24);
  store_be32(extension.data(), 1);
  store_be64(extension.data() + 8, entry.size());
  store_be64(extension.data() + 16, builder.append_aligned(entry));
  builder.add_extension(0x23852875, extension);
  builder.header.autoclear_features = 1;
  Checker checker(file_with(refcounted(builder)));
  Checker::Progress progress;
  while (!progress.is_done) progress = checker.step();
  CHECK(checker.report().findings.empty());
  CHECK_LE(progress.done_bytes, progress.total_bytes);
}

TEST_CASE("check: a bitmap has as many clusters as its disk needs") {
  Qcow2Builder builder(9, 64 * kCluster);
  Bytes entry(24);
  store_be64(entry.data(), builder.append_aligned(Bytes(kCluster)));
  entry[16] = 1;
  entry[17] = 9;
  Bytes extension(24);
  store_be32(extension.data(), 1);
  store_be64(extension.data() + 8, entry.size());
  const std::uint64_t directory = builder.append_aligned(entry);
  store_be64(extension.data() + 16, directory);
  builder.add_extension(0x23852875, extension);
  builder.header.autoclear_features = 1;
  Bytes file = refcounted(builder);
  for (const std::uint32_t entries : {0u, 1u, 2u}) {
    store_be32(file.data() + directory + 8, entries);
    CHECK_EQ(code_thrown_by([&] { check(file); }), entries == 1 ? "" : "QCOW2_CORRUPT");
    CHECK_EQ(code_thrown_by([&] { Qcow2Image(file_with(file)); }), entries == 1 ? "" : "QCOW2_CORRUPT");
  }
  CHECK_EQ(Qcow2Image(file_with(file), {std::nullopt, true, {}}).size(), 64 * kCluster);
}

TEST_CASE("check: an image without a refcount table") {
  Qcow2Builder builder = three_clusters();
  builder.header.refcount_table_clusters = 0;
  // Header, L1 table, L2 table and three of data have references and no refcount, so that the four copied
  // flags are wrong too.
  check_faults(builder.file(), 6 + 4, 0);
}

TEST_CASE("check: refcounts too low, too high, and missing") {
  Qcow2Builder builder = three_clusters();
  const Bytes clean = with_refcounts(builder);
  Bytes file = clean;
  set_refcount(file, kData, 0);
  // The copied flag contradicts it too.
  check_faults(file, 2, 0);
  file = clean;
  set_refcount(file, kData, 3);
  check_faults(file, 1, 1);
  file = clean;
  set_refcount(file, 100, 1);
  check_faults(file, 0, 0);  // no cluster of the file
  file = clean;
  store_be64(file.data() + kCluster, 0);
  // Seven clusters without a refcount, and four copied flags; nothing refers to the block any more.
  check_faults(file, 7 + 4, 0);
}

TEST_CASE("check: a refcount block that cannot be anywhere leaves its clusters unknown") {
  Qcow2Builder builder = three_clusters();
  Bytes file = with_refcounts(builder);
  store_be64(file.data() + kCluster, 0xffffffff00000000);
  check_faults(file, 1, 0, 8);
  store_be64(file.data() + kCluster, 7 * kCluster + 8);
  // Reserved bits are ignored for reading it, but it does not count as referred to.
  check_faults(file, 1, 1);
}

TEST_CASE("check: an entry of the refcount table that the end of the file cuts is looked at") {
  Qcow2Builder builder = three_clusters();
  Bytes file = with_refcounts(builder);
  const std::uint64_t table = file.size();
  Bytes entries(16);
  store_be64(entries.data(), load_be64(file.data() + kCluster));
  store_be64(entries.data() + 8, 100 * kCluster);
  set_refcount(file, table / kCluster, 1);
  set_refcount(file, 1, 0);
  store_be64(file.data() + 48, table);
  append(file, entries);
  // The table may be cut in the last cluster; what is left of its second entry leads past the end of the
  // file.
  file.resize(table + 15);
  check_faults(file, 1, 0);
  file.resize(table + 8);
  check_faults(file, 0, 0);
}

TEST_CASE("check: copied flags and reserved bits") {
  Qcow2Builder builder = three_clusters();
  const Bytes clean = with_refcounts(builder);
  for (const std::uint64_t at : {kL1, kL2, kL2 + 8}) {
    Bytes file = clean;
    store_be64(file.data() + at, load_be64(file.data() + at) & ~kCopied);
    check_faults(file, 1, 0);
    file = clean;
    store_be64(file.data() + at, load_be64(file.data() + at) | 4);
    check_faults(file, 1, 0);
  }
}

TEST_CASE("check: clusters that are shared, unaligned or past the end") {
  Qcow2Builder builder = three_clusters();
  const Bytes clean = with_refcounts(builder);
  Bytes file = clean;
  store_be64(file.data() + kL2 + 8, kData * kCluster | kCopied);
  check_faults(file, 1, 1);  // one with two references, one with none
  file = clean;
  store_be64(file.data() + kL2 + 8, 8 * kCluster | kCopied);
  // Past the end, where no refcount is, so the flag is wrong too.
  check_faults(file, 2, 1);
  file = clean;
  store_be64(file.data() + kL1, 100 * kCluster | kCopied);
  check_faults(file, 2, 4);
}

TEST_CASE("check: an L2 table is read once and counts for each entry that names it") {
  Qcow2Builder builder(9, 64 * 64 * kCluster);
  builder.add_data(0, Bytes(kCluster, 1));
  builder.add_data(1, Bytes(kCluster, 2));
  const std::uint64_t table = load_be64(builder.file().data() + kL1) & ~kCopied;
  for (std::uint64_t i = 0; i < 64; ++i) builder.set_l1(i, table);
  for (std::uint64_t i = 0; i < 2; ++i) builder.set_entry(i, (table + (1 + i) * kCluster));
  Bytes file = with_refcounts(builder);
  for (std::uint64_t cluster = 3; cluster < 6; ++cluster) set_refcount(file, cluster, 64);
  const CheckReport report = check(file);
  CHECK_EQ(report.corruptions + report.leaks, 0);
  CHECK_EQ(report.allocated_clusters, 128);
  CHECK_EQ(report.fragmented_clusters, 0);
}

TEST_CASE("check: thousands of snapshots with one L1 table cost as much as one") {
  constexpr std::uint32_t kSnapshots = 65536;
  Qcow2Builder builder(9, 64 * 64 * kCluster);
  builder.add_data(0, Bytes(kCluster, 1));
  Bytes table(kSnapshots * 56);
  for (std::uint64_t i = 0; i < kSnapshots; ++i) {
    store_be64(table.data() + i * 56, kL1);
    store_be32(table.data() + i * 56 + 8, 64);
    store_be32(table.data() + i * 56 + 36, 16);
  }
  builder.header.snapshots_offset = builder.append_aligned(table);
  builder.header.nb_snapshots = kSnapshots;
  const CheckReport report = check(builder.file());
  // Without refcounts, each cluster in use is one fault: header, refcount table, L1 table, L2 table, data and
  // the snapshots. Two copied flags are wrong. L1 table, L2 table and data have 65537 references each, two
  // more than 16 bits can hold.
  CHECK_EQ(report.corruptions, 5 + kSnapshots * 56 / kCluster + 2 + 3 * 2);
  CHECK_EQ(report.allocated_clusters, 1);
  builder.header.nb_snapshots = kSnapshots + 1;
  CHECK(thrown_by([&] { check(builder.file()); }).says("nb_snapshots is 65537"));
}

TEST_CASE("check: references past what the refcounts can hold") {
  Qcow2Builder builder = three_clusters();
  builder.header.refcount_order = 0;
  builder.set_entry(1, kData * kCluster | kCopied);
  Bytes file = with_refcounts(builder);
  const std::uint64_t block = load_be64(file.data() + kCluster);
  for (std::uint64_t i = 0; i < kCluster; ++i) file[block + i] = 0;
  file[block] = 0xff;
  // The shared cluster is at its most, and the one that lost its reference leaks.
  check_faults(file, 1, 1);
}

TEST_CASE("check: whatever the bytes are, it ends with a report or an error") {
  Random random(11);
  Qcow2Builder builder = three_clusters();
  Bytes table(56);
  store_be64(table.data(), kL1);
  store_be32(table.data() + 8, 1);
  store_be32(table.data() + 36, 16);
  builder.header.snapshots_offset = builder.append_aligned(table);
  builder.header.nb_snapshots = 1;
  const Bytes clean = with_refcounts(builder);
  for (int round = 0; round < 1000; ++round) {
    Bytes file = first_bytes(clean, clean.size() - below(random, 4) / 3 * below(random, clean.size()));
    for (std::uint64_t i = below(random, 4); i > 0 && !file.empty(); --i) {
      file[below(random, file.size())] = static_cast<std::uint8_t>(random());
    }
    try {
      check(file);
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
}

}  // namespace omiforge::test
