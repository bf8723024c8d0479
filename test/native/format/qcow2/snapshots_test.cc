#include "format/qcow2/snapshots.h"

#include <doctest/doctest.h>

#include "builders/qcow2_builder.h"
#include "builders/snapshot_entry.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/qcow2/header_file.h"
#include "format/qcow2/image.h"

// The snapshot table: what it says, what it may not say, and reading another state than the active one.
namespace omiforge::test {

using qcow2::Qcow2Image;
using qcow2::Snapshot;

namespace {

constexpr std::uint64_t kCluster = 65536;
constexpr std::uint64_t kDisk = 4 * kCluster;
constexpr std::uint64_t kNoCount = ~std::uint64_t{0};

// A disk of four clusters whose active state holds 0x22, and a table with these entries at its end.
Bytes image_with(const std::vector<SnapshotFields>& entries, std::uint32_t version = 3) {
  Qcow2Builder builder(16, kDisk, version);
  builder.add_data(0, Bytes(kCluster, 0x22));
  Bytes table;
  for (const SnapshotFields& fields : entries) append(table, snapshot_entry(fields));
  builder.header.nb_snapshots = static_cast<std::uint32_t>(entries.size());
  builder.header.snapshots_offset = builder.append_aligned(table);
  return builder.file();
}

std::vector<Snapshot> snapshots_in(const Bytes& file) { return Qcow2Image(file_with(file)).snapshots(); }

Thrown damage_of(const SnapshotFields& fields) {
  return thrown_by([&] {
    const File file = file_with(image_with({SnapshotFields(), fields}));
    const qcow2::Header header = qcow2::read_header(file);
    for (const Snapshot& snapshot : qcow2::read_snapshots(file, header)) {
      qcow2::check_snapshot_l1(file, header, snapshot);
    }
  });
}

Qcow2Image open(const Bytes& file, const std::string& snapshot) {
  return Qcow2Image(file_with(file), {snapshot, false});
}

}  // namespace

TEST_CASE("snapshots: none") { CHECK(snapshots_in(image_with({})).empty()); }

TEST_CASE("snapshots: every field of an entry, with as much extra data as there is") {
  SnapshotFields fields;
  fields.id = bytes_of("17");
  fields.name = bytes_of("before the upgrade");
  fields.vm_clock_nanoseconds = 0x0123456789abcdef;
  fields.vm_state_size = 77;
  std::vector<SnapshotFields> entries;
  const Bytes extra = snapshot_extra(0x1122334455, 2 * kCluster, 99);
  for (const std::size_t length : {0, 7, 8, 15, 16, 23, 24}) {
    fields.extra = first_bytes(extra, length);
    entries.push_back(fields);
  }
  fields.extra = snapshot_extra(0, kDisk, kNoCount);
  fields.extra.resize(1024);
  entries.push_back(fields);
  const std::vector<Snapshot> snapshots = snapshots_in(image_with(entries));
  REQUIRE_EQ(snapshots.size(), 8);
  for (const Snapshot& snapshot : snapshots) {
    CHECK_EQ(snapshot.id, "17");
    CHECK_EQ(snapshot.name, "before the upgrade");
    CHECK_EQ(snapshot.date_seconds, 1700000000);
    CHECK_EQ(snapshot.date_nanoseconds, 5);
    CHECK_EQ(snapshot.vm_clock_nanoseconds, 0x0123456789abcdef);
  }
  const std::uint64_t vm_state[] = {77,           77,           0x1122334455, 0x1122334455,
                                    0x1122334455, 0x1122334455, 0x1122334455, 0};
  for (std::size_t i = 0; i < 8; ++i) {
    CAPTURE(i);
    CHECK_EQ(snapshots[i].vm_state_bytes, vm_state[i]);
    CHECK_EQ(snapshots[i].disk_bytes, i >= 4 && i < 7 ? 2 * kCluster : kDisk);
    CHECK_EQ(snapshots[i].instruction_count.value_or(0), i == 6 ? 99 : 0);
  }
}

TEST_CASE("snapshots: empty texts, and the longest ones") {
  SnapshotFields fields;
  fields.id = {};
  fields.name = {};
  SnapshotFields longest;
  longest.id = Bytes(65535, 'i');
  longest.name = Bytes(65535, 'n');
  const std::vector<Snapshot> snapshots = snapshots_in(image_with({fields, longest, fields}));
  REQUIRE_EQ(snapshots.size(), 3);
  CHECK_EQ(snapshots[1].id, std::string(65535, 'i'));
  CHECK_EQ(snapshots[1].name, std::string(65535, 'n'));
  CHECK_EQ(snapshots[2].name, "");
}

TEST_CASE("snapshots: a table that is cut") {
  SnapshotFields longest;
  longest.name = Bytes(65535, 'n');
  const Bytes file = image_with({SnapshotFields(), longest});
  const std::size_t last_cluster = file.size() / kCluster * kCluster;
  for (const std::size_t size : {last_cluster, last_cluster - 1}) {
    const Thrown error = thrown_by([&] { snapshots_in(first_bytes(file, size)); });
    CHECK_EQ(error.code, "QCOW2_TRUNCATED");
    CHECK(error.says("snapshot table entry 1 ends at byte"));
  }
  CHECK(thrown_by([&] {
          snapshots_in(first_bytes(file, last_cluster - kCluster));
        }).says("snapshot table entry 0 ends at byte"));
  // The last cluster need not be there in full.
  CHECK_EQ(snapshots_in(first_bytes(file, last_cluster + 1)).size(), 2);
}

TEST_CASE("snapshots: a table that is placed past the end of the file, as far as it goes") {
  for (const std::uint64_t at : {std::uint64_t{1} << 40, std::uint64_t{0x7fffffffffff0000}}) {
    Qcow2Builder builder(16, kDisk);
    builder.header.nb_snapshots = 1;
    builder.header.snapshots_offset = at;
    CHECK_EQ(thrown_by([&] { snapshots_in(builder.file()); }).code, "QCOW2_TRUNCATED");
  }
}

TEST_CASE("snapshots: more than allowed") {
  Qcow2Builder builder(16, kDisk);
  builder.header.nb_snapshots = 65537;
  const Thrown error = thrown_by([&] { snapshots_in(builder.file()); });
  CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
  CHECK_EQ(error.message, "header field nb_snapshots is 65537; allowed is at most 65536");
}

TEST_CASE("snapshots: the table as a whole is bounded") {
  SnapshotFields longest;
  longest.name = Bytes(65535, 'n');
  // 1024 such entries are a little more than 64 MiB.
  const std::vector<SnapshotFields> entries(1024, longest);
  const Thrown error = thrown_by([&] { snapshots_in(image_with(entries)); });
  CHECK_EQ(error.code, "QCOW2_CORRUPT");
  CHECK(error.says("goes beyond the 64 MiB that a snapshot table may have"));
}

TEST_CASE("snapshots: lengths that lie") {
  SnapshotFields fields;
  fields.claimed_name_bytes = 65535;
  CHECK_EQ(damage_of(fields).code, "QCOW2_TRUNCATED");
  fields = {};
  for (const std::int64_t claim : {1025LL, 0x7fffffffLL, 0xffffffffLL}) {
    fields.claimed_extra_bytes = claim;
    const Thrown error = damage_of(fields);
    CHECK_EQ(error.code, "QCOW2_CORRUPT");
    CHECK_EQ(error.message, "snapshot table entry 1 has " + std::to_string(claim) +
                                " bytes of extra data; at most 1024 are allowed; see 'omiforge check'");
  }
}

TEST_CASE("snapshots: L1 tables that lie") {
  SnapshotFields fields;
  fields.l1_table_offset = kCluster + 512;
  CHECK(
      damage_of(fields).says("snapshot table entry 1 names an L1 table at byte 66048, which is no multiple"));
  CHECK_EQ(damage_of(fields).code, "QCOW2_CORRUPT");
  fields.l1_table_offset = std::uint64_t{1} << 40;
  CHECK_EQ(damage_of(fields).code, "QCOW2_TRUNCATED");
  fields.l1_table_offset = ~(kCluster - 1);
  CHECK_EQ(damage_of(fields).code, "QCOW2_TRUNCATED");
  fields.l1_table_offset = 0;
  fields.l1_size = 4194305;
  CHECK_EQ(damage_of(fields).code, "QCOW2_CORRUPT");
  fields.l1_size = 4194304;
  CHECK_EQ(damage_of(fields).code, "QCOW2_TRUNCATED");
  fields.l1_size = 1;
  fields.extra = snapshot_extra(0, ~std::uint64_t{0}, 0);
  CHECK_EQ(damage_of(fields).code, "QCOW2_CORRUPT");
  CHECK(damage_of(fields).says("names an L1 table of 1 entries; a disk of 18446744073709551104 bytes needs"));
}

TEST_CASE("snapshots: the L1 table and the disk size are those of the snapshot") {
  Qcow2Builder builder(16, kDisk);
  builder.add_data(0, Bytes(kCluster, 0x22));
  Bytes l2(kCluster);
  store_be64(l2.data() + 8, builder.append_aligned(Bytes(kCluster, 0x11)) | kCopied);
  Bytes l1(8);
  store_be64(l1.data(), builder.append_aligned(l2));
  SnapshotFields fields;
  fields.l1_table_offset = builder.append_aligned(l1);
  fields.extra = snapshot_extra(0, 2 * kCluster, kNoCount);
  SnapshotFields without_table;
  without_table.id = bytes_of("2");
  without_table.name = bytes_of("1");
  without_table.l1_size = 0;
  Bytes table = snapshot_entry(without_table);
  append(table, snapshot_entry(fields));
  builder.header.nb_snapshots = 2;
  builder.header.snapshots_offset = builder.append_aligned(table);
  const Bytes file = builder.file();

  Bytes expected(2 * kCluster);
  std::fill(expected.begin() + kCluster, expected.end(), std::uint8_t{0x11});
  // An id wins over the name of an earlier one.
  for (const char* snapshot : {"1", "before"}) {
    Qcow2Image image = open(file, snapshot);
    REQUIRE_EQ(image.size(), 2 * kCluster);
    Bytes bytes(2 * kCluster, 0xee);
    image.read({0}, room(bytes));
    CHECK(bytes == expected);
  }
  // Where the entry does not tell the size, it is the active one, and what the table lacks is not allocated.
  Qcow2Image image = open(file, "2");
  REQUIRE_EQ(image.size(), kDisk);
  CHECK(image.next_extent({0}, kDisk).kind == ExtentKind::kUnallocated);
  CHECK_EQ(image.next_extent({0}, kDisk).length, kDisk);
}

TEST_CASE("snapshots: one that is not there") {
  SnapshotFields fields;
  const Thrown error = thrown_by([&] { open(image_with({fields}), "after"); });
  CHECK_EQ(error.code, "ARGUMENT_INVALID");
  CHECK_EQ(error.message, "has no snapshot with the id or the name 'after'; it has 1 ('before')");
  CHECK(thrown_by([&] { open(image_with({}), ""); }).says("it has none"));
  CHECK(thrown_by([&] { open(image_with(std::vector<SnapshotFields>(11)), "x"); }).says(" and more"));
}

TEST_CASE("snapshots: random damage gives a list or an error of the format") {
  Random random(8);
  SnapshotFields fields;
  fields.extra = snapshot_extra(0, kDisk, 3);
  const Bytes file = image_with({fields, fields, fields});
  int listed = 0;
  for (int round = 0; round < 1000; ++round) {
    Bytes damaged = file;
    for (std::uint64_t change = 1 + below(random, 3); change > 0; --change) {
      const std::size_t from_end = 1 + static_cast<std::size_t>(below(random, 216));
      damaged[damaged.size() - from_end] = static_cast<std::uint8_t>(random());
    }
    const std::string code = code_thrown_by([&] { snapshots_in(damaged); });
    CAPTURE(code);
    REQUIRE((code.empty() || code.rfind("QCOW2_", 0) == 0));
    if (code.empty()) ++listed;
  }
  CHECK_GT(listed, 100);
  CHECK_LT(listed, 990);
}

TEST_CASE("snapshots: an image that is marked corrupt is read when asked to") {
  Qcow2Builder builder(16, kDisk, 3, 2);
  builder.add_data(0, Bytes(kCluster, 0x22));
  Qcow2Image image(file_with(builder.file()), {std::nullopt, true});
  CHECK_FALSE(image.refusal().has_value());
  Bytes byte(1);
  image.read({0}, room(byte));
  CHECK_EQ(byte[0], 0x22);
  Qcow2Image refused(file_with(builder.file()));
  CHECK_EQ(thrown_by([&] { refused.read({0}, room(byte)); }).code, "QCOW2_CORRUPT");
}

}  // namespace omiforge::test
