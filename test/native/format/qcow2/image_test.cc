#include "format/qcow2/image.h"

#include <doctest/doctest.h>

#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {

using qcow2::Qcow2Image;

namespace {

constexpr std::uint64_t kCluster = 65536;
constexpr std::uint64_t kPerTable = 8192 * kCluster;

Qcow2Image open(const Bytes& file) { return Qcow2Image(file_with(file)); }

Bytes read(Qcow2Image& image, std::uint64_t from, std::size_t length) {
  Bytes bytes(length, 0xee);
  image.read({from}, room(bytes));
  return bytes;
}

void check_extent(const Extent& extent, std::uint64_t start, std::uint64_t length, ExtentKind kind) {
  CHECK_EQ(extent.start.value, start);
  CHECK_EQ(extent.length, length);
  CHECK(extent.kind == kind);
  CHECK_EQ(extent.host.has_value(), kind == ExtentKind::kData);
}

}  // namespace

TEST_CASE("image: plain data, with its place in the file") {
  Random random(1);
  const Bytes content = noise(random, 2 * kCluster);
  Qcow2Builder builder(16, 4 * kCluster);
  builder.add_data(1, first_bytes(content, kCluster));
  builder.add_data(2, Bytes(content.begin() + kCluster, content.end()));
  Qcow2Image image = open(builder.file());
  CHECK_EQ(image.size(), 4 * kCluster);
  check_extent(image.next_extent({0}, 4 * kCluster), 0, kCluster, ExtentKind::kUnallocated);
  const Extent data = image.next_extent({kCluster + 7}, 3 * kCluster - 7);
  check_extent(data, kCluster + 7, 2 * kCluster - 7, ExtentKind::kData);
  // Header, refcount table, L1 table, L2 table, data.
  CHECK_EQ(data.host->value, 4 * kCluster + 7);
  check_extent(image.next_extent({3 * kCluster}, 10), 3 * kCluster, 10, ExtentKind::kUnallocated);
  CHECK(read(image, kCluster, 2 * kCluster) == content);
  CHECK_EQ(read(image, kCluster - 1, 2), Bytes{0, content[0]});
  CHECK_EQ(read(image, 3 * kCluster - 1, 2), Bytes{content.back(), 0});
}

TEST_CASE("image: clusters that do not follow each other in the file are extents of their own") {
  Qcow2Builder builder(16, 3 * kCluster);
  builder.add_data(2, Bytes(kCluster, 2));
  builder.add_data(1, Bytes(kCluster, 1));
  builder.add_data(0, Bytes(kCluster, 0xa0));
  Qcow2Image image = open(builder.file());
  for (std::uint64_t cluster = 0; cluster < 3; ++cluster) {
    check_extent(image.next_extent({cluster * kCluster}, (3 - cluster) * kCluster), cluster * kCluster,
                 kCluster, ExtentKind::kData);
  }
  CHECK_EQ(read(image, kCluster - 1, kCluster + 2).front(), 0xa0);
  CHECK_EQ(read(image, kCluster - 1, kCluster + 2).back(), 2);
}

TEST_CASE("image: zero clusters, with and without a cluster set aside") {
  Qcow2Builder builder(16, 4 * kCluster);
  builder.set_entry(0, 1);
  const std::uint64_t host = builder.append_aligned(Bytes(kCluster, 'x'));
  builder.set_entry(1, host | kCopied | 1);
  // Set aside where no file is: nobody goes there.
  builder.set_entry(2, (std::uint64_t{1} << 50) | kCopied | 1);
  Qcow2Image image = open(builder.file());
  check_extent(image.next_extent({0}, 4 * kCluster), 0, kCluster, ExtentKind::kZero);
  // What is set aside is told, as it is for data, and parts of it that do not follow each other stay apart.
  const Extent aside = image.next_extent({kCluster + 512}, 3 * kCluster - 512);
  CHECK_EQ(aside.length, kCluster - 512);
  CHECK(aside.kind == ExtentKind::kZero);
  CHECK_EQ(aside.host->value, host + 512);
  CHECK_EQ(image.next_extent({2 * kCluster}, 2 * kCluster).host->value, std::uint64_t{1} << 50);
  check_extent(image.next_extent({3 * kCluster}, kCluster), 3 * kCluster, kCluster, ExtentKind::kUnallocated);
  CHECK(read(image, 0, 4 * kCluster) == Bytes(4 * kCluster));
}

TEST_CASE("image: the zero flag is damage in version 2") {
  Qcow2Builder builder(16, 2 * kCluster, 2);
  builder.add_data(0, Bytes(kCluster, 'x'));
  builder.set_entry(1, 1);
  Qcow2Image image = open(builder.file());
  CHECK(read(image, 0, kCluster) == Bytes(kCluster, 'x'));
  const Thrown error = thrown_by([&] { read(image, kCluster, 1); });
  CHECK_EQ(error.code, "QCOW2_CORRUPT");
  CHECK_EQ(
      error.message,
      "the zero flag is set for guest offset 65536, which version 2 does not have; see 'omiforge check'");
}

TEST_CASE("image: ranges without an L2 table are one extent, across tables") {
  Qcow2Builder builder(16, 5 * kPerTable + 512);
  builder.add_data(3 * 8192 + 1, Bytes(kCluster, 'x'));
  Qcow2Image image = open(builder.file());
  check_extent(image.next_extent({5}, image.size() - 5), 5, 3 * kPerTable - 5, ExtentKind::kUnallocated);
  check_extent(image.next_extent({5}, 100), 5, 100, ExtentKind::kUnallocated);
  check_extent(image.next_extent({4 * kPerTable - 1}, kPerTable), 4 * kPerTable - 1, 1,
               ExtentKind::kUnallocated);
  check_extent(image.next_extent({4 * kPerTable}, kPerTable + 512), 4 * kPerTable, kPerTable + 512,
               ExtentKind::kUnallocated);
}

TEST_CASE("image: ranges with and without an L2 table in turn") {
  for (std::uint64_t tables = 0; tables < 64; ++tables) {
    CAPTURE(tables);
    Qcow2Builder builder(9, 6 * 64 * 512);
    for (std::uint64_t table = 0; table < 6; ++table) {
      // The table's first cluster is data, all others are unallocated.
      if ((tables >> table & 1) != 0) builder.add_data(table * 64, Bytes(512, 'x'));
    }
    Qcow2Image image = open(builder.file());
    for (std::uint64_t at = 0; at < image.size();) {
      const Extent extent = image.next_extent({at}, image.size() - at);
      const std::uint64_t last = (at + extent.length - 1) / 512;
      CHECK_EQ(extent.kind == ExtentKind::kData, at / 512 % 64 == 0 && (tables >> at / 512 / 64 & 1) != 0);
      for (std::uint64_t cluster = at / 512 + 1; cluster <= last; ++cluster) {
        CHECK((cluster % 64 != 0 || (tables >> cluster / 64 & 1) == 0));
      }
      at += extent.length;
    }
  }
}

TEST_CASE("image: the L2 table of one region is not taken for another's") {
  Qcow2Builder builder(9, 3 * 64 * 512);
  for (std::uint64_t table = 0; table < 3; ++table) {
    builder.add_data(table * 64, Bytes(512, static_cast<std::uint8_t>(table + 1)));
  }
  Qcow2Image image = open(builder.file());
  for (const std::uint64_t table : {0, 2, 1, 1, 0}) {
    CHECK_EQ(read(image, table * 64 * 512, 512), Bytes(512, static_cast<std::uint8_t>(table + 1)));
  }
}

TEST_CASE("image: a disk of no bytes") {
  const Qcow2Builder builder(16, 0);
  Qcow2Image image = open(builder.file());
  CHECK_EQ(image.size(), 0);
  image.read({0}, {});
}

TEST_CASE("image: a size that is no multiple of the cluster size") {
  Qcow2Builder builder(16, kCluster + 512);
  builder.add_data(1, Bytes(kCluster, 'x'));
  Qcow2Image image = open(builder.file());
  check_extent(image.next_extent({kCluster}, 512), kCluster, 512, ExtentKind::kData);
  CHECK_EQ(read(image, kCluster, 512), Bytes(512, 'x'));
}

TEST_CASE("image: L1 entries past the end of the disk are not looked at") {
  Qcow2Builder builder(9, 2 * 64 * 512);
  builder.header.size = 64 * 512;
  builder.set_l1(1, 0x0123456789abcdef);
  Qcow2Image image = open(builder.file());
  check_extent(image.next_extent({0}, 64 * 512), 0, 64 * 512, ExtentKind::kUnallocated);
}

TEST_CASE("image: reserved bits of L1 entries and bit 63 do not matter") {
  Qcow2Builder builder(16, kPerTable);
  builder.add_data(0, Bytes(kCluster, 'x'));
  const std::uint64_t table = 3 * kCluster;
  for (const std::uint64_t flags : {std::uint64_t{0}, kCopied, std::uint64_t{0xff000000000001ff}}) {
    builder.set_l1(0, table | flags);
    Qcow2Image image = open(builder.file());
    CHECK(read(image, 0, kCluster) == Bytes(kCluster, 'x'));
  }
}

TEST_CASE("image: an L2 table at no multiple of the cluster size") {
  for (const std::uint64_t off : {std::uint64_t{512}, kCluster / 2}) {
    Qcow2Builder builder(16, 2 * kPerTable);
    builder.append_aligned(Bytes(4 * kCluster));
    builder.set_l1(1, 3 * kCluster + off);
    Qcow2Image image = open(builder.file());
    CHECK_EQ(read(image, 0, 10), Bytes(10));
    const Thrown error = thrown_by([&] { read(image, kPerTable, 1); });
    CHECK_EQ(error.code, "QCOW2_CORRUPT");
    CHECK_EQ(error.message, "L1 entry 1 names an L2 table at byte " + std::to_string(3 * kCluster + off) +
                                ", which is no multiple of the cluster size; see 'omiforge check'");
  }
}

TEST_CASE("image: an L2 table past the end of the file; the last cluster need not be there in full") {
  Qcow2Builder builder(16, kPerTable);
  builder.append_aligned(Bytes(2 * kCluster - 1));
  builder.set_l1(0, 4 * kCluster);
  Qcow2Image whole = open(builder.file());
  CHECK_EQ(read(whole, 0, 10), Bytes(10));
  for (const std::uint64_t at :
       {std::uint64_t{0x007fffffffff0000}, 5 * kCluster, std::uint64_t{0x00ffffffffff0000}}) {
    builder.set_l1(0, at | kCopied);
    Qcow2Image image = open(builder.file());
    const Thrown error = thrown_by([&] { read(image, 0, 1); });
    CHECK_EQ(error.code, "QCOW2_TRUNCATED");
    CHECK_EQ(error.message, "L1 entry 0 names an L2 table at byte " + std::to_string(at) +
                                ", past the end of the file at byte 327679; the file was cut short");
  }
}

TEST_CASE("image: a data cluster at no multiple of the cluster size") {
  Qcow2Builder builder(16, kPerTable);
  const std::uint64_t host = builder.append_aligned(Bytes(2 * kCluster));
  builder.set_entry(3, (host + 512) | kCopied);
  Qcow2Image image = open(builder.file());
  const Thrown error = thrown_by([&] { read(image, 3 * kCluster, 1); });
  CHECK_EQ(error.code, "QCOW2_CORRUPT");
  CHECK_EQ(error.message, "the data cluster for guest offset 196608 is at byte " +
                              std::to_string(host + 512) +
                              ", which is no multiple of the cluster size; see 'omiforge check'");
  // Neither may be one that is set aside for zeros.
  builder.set_entry(3, (host + 512) | kCopied | 1);
  Qcow2Image zeros = open(builder.file());
  CHECK_EQ(thrown_by([&] { read(zeros, 3 * kCluster, 1); }).code, "QCOW2_CORRUPT");
}

TEST_CASE("image: a data cluster that the end of the file cuts reads as zeros behind it") {
  for (const std::size_t stored : {std::size_t{1}, std::size_t{511}, std::size_t{512}, kCluster - 1}) {
    Qcow2Builder builder(16, 2 * kCluster);
    builder.add_data(0, Bytes(kCluster, 'a'));
    builder.add_data(1, Bytes(stored, 'b'));
    Qcow2Image image = open(builder.file());
    check_extent(image.next_extent({0}, 2 * kCluster), 0, 2 * kCluster, ExtentKind::kData);
    Bytes expected(kCluster, 'a');
    expected.resize(kCluster + stored, 'b');
    expected.resize(2 * kCluster);
    CHECK(read(image, 0, 2 * kCluster) == expected);
    // Ranges right before, across and behind the cut.
    CHECK_EQ(read(image, kCluster + stored - 1, 2 - stored / (kCluster - 1)),
             stored == kCluster - 1 ? Bytes{'b'} : Bytes{'b', 0});
    CHECK_EQ(read(image, 2 * kCluster - 1, 1), Bytes{0});
  }
}

TEST_CASE("image: a data cluster that begins at or past the end of the file") {
  for (const std::uint64_t past : {std::uint64_t{0}, kCluster, std::uint64_t{1} << 55}) {
    Qcow2Builder builder(16, 4 * kCluster);
    builder.add_data(0, Bytes(kCluster, 'a'));
    const std::uint64_t end = builder.end();
    builder.set_entry(1, (end + past) | kCopied);
    Qcow2Image image = open(builder.file());
    CHECK(read(image, 0, kCluster) == Bytes(kCluster, 'a'));
    const Thrown error = thrown_by([&] { read(image, kCluster, 1); });
    CHECK_EQ(error.code, "QCOW2_TRUNCATED");
    CHECK_EQ(error.message, "the data for guest offset 65536 is at byte " + std::to_string(end + past) +
                                ", past the end of the file at byte " + std::to_string(end) +
                                "; the file was cut short");
  }
}

TEST_CASE("image: a refused image opens, and answers every question about its bytes with the refusal") {
  Qcow2Builder builder(16, kPerTable);
  builder.header.incompatible_features = 2;
  builder.add_data(0, Bytes(kCluster, 'a'));
  Qcow2Image image = open(builder.file());
  CHECK_EQ(image.size(), kPerTable);
  CHECK(image.header().is_corrupt());
  REQUIRE(image.refusal().has_value());
  CHECK_EQ(thrown_by([&] { image.next_extent({0}, 1); }).code, "QCOW2_CORRUPT");
  CHECK_EQ(thrown_by([&] { read(image, 0, 1); }).code, "QCOW2_CORRUPT");
}

TEST_CASE("image: damage and refusals name the file") {
  const TemporaryFolder folder;
  Qcow2Builder builder(16, kPerTable);
  builder.set_l1(0, kCluster + 512);
  const std::string damaged = folder.add("damaged", builder.file());
  Qcow2Image damaged_image(File::open_read(damaged));
  CHECK_EQ(thrown_by([&] { read(damaged_image, 0, 1); }).path, damaged);
  builder.header.crypt_method = 1;
  const std::string refused = folder.add("refused", builder.file());
  Qcow2Image refused_image(File::open_read(refused));
  CHECK_EQ(thrown_by([&] { read(refused_image, 0, 1); }).path, refused);
}

TEST_CASE("image: a file too short for its header, its first cluster or its L1 table") {
  Qcow2Builder builder(16, kPerTable);
  const Bytes file = builder.file();
  for (const std::size_t size : {std::size_t{0}, std::size_t{71}, std::size_t{103}}) {
    CHECK_EQ(thrown_by([&] { open(first_bytes(file, size)); }).code, "QCOW2_BAD_HEADER");
  }
  for (const std::size_t size : {std::size_t{104}, std::size_t{512}, std::size_t{kCluster}}) {
    CHECK_EQ(thrown_by([&] { open(first_bytes(file, size)); }).code, "QCOW2_TRUNCATED");
  }
  CHECK_EQ(open(file).size(), kPerTable);
  CHECK_EQ(open(first_bytes(file, file.size() - 1)).size(), kPerTable);
}

}  // namespace omiforge::test
