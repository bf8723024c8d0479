#include <doctest/doctest.h>

#include <algorithm>

#include "builders/deflated.h"
#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/qcow2/image.h"

// Images with extended L2 entries.
namespace omiforge::test {

using qcow2::Qcow2Image;

namespace {

constexpr std::uint64_t kSubclusters = 32;

Bytes read(Qcow2Image& image, std::uint64_t from, std::size_t length) {
  Bytes bytes(length, 0xee);
  image.read({from}, room(bytes));
  return bytes;
}

// The error of reading a disk of one cluster with that entry.
Thrown damage_of(std::uint64_t entry, std::uint64_t bitmap) {
  Qcow2Builder builder(16, 65536, 3, kExtendedL2);
  builder.set_entry(0, entry, bitmap);
  builder.append_aligned(Bytes(65536));
  Qcow2Image image(file_with(builder.file()));
  return thrown_by([&] { read(image, 0, 1); });
}

// Puts random clusters into `builder` and returns what they read as.
Bytes add_random_clusters(Qcow2Builder& builder, std::uint64_t clusters, Random& random) {
  const std::size_t cluster = builder.cluster_bytes();
  const std::size_t part = cluster / kSubclusters;
  Bytes expected;
  for (std::uint64_t i = 0; i < clusters; ++i) {
    Bytes content = mixed_content(random, cluster);
    const std::uint64_t kind = below(random, 4);
    if (kind == 0) {
      builder.add_compressed(i, deflated(content));
    } else if (kind == 1) {
      std::fill(content.begin(), content.end(), std::uint8_t{0});
      builder.set_entry(i, 0, random() << 32);
    } else {
      const auto zero = static_cast<std::uint32_t>(random());
      const auto allocated = static_cast<std::uint32_t>(random()) & ~zero;
      builder.set_entry(i, 0);
      builder.set_entry(i, builder.append_aligned(content) | kCopied, std::uint64_t{zero} << 32 | allocated);
      for (std::size_t sub = 0; sub < kSubclusters; ++sub) {
        if ((allocated >> sub & 1) != 0) continue;
        std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(sub * part), part, std::uint8_t{0});
      }
    }
    append(expected, content);
  }
  return expected;
}

}  // namespace

TEST_CASE("subclusters: random images of every cluster size read as their subclusters say") {
  for (std::uint32_t bits = 14; bits <= 21; ++bits) {
    CAPTURE(bits);
    Random random(bits);
    // More than one L2 table, where that is small.
    const std::uint64_t clusters = bits == 14 ? 1030 : 6;
    Qcow2Builder builder(bits, clusters << bits, 3, kExtendedL2);
    const Bytes expected = add_random_clusters(builder, clusters, random);
    Qcow2Image image(file_with(builder.file()));
    REQUIRE(read(image, 0, expected.size()) == expected);
    for (std::uint64_t at = 0; at < image.size();) {
      const Extent extent = image.next_extent({at}, image.size() - at);
      REQUIRE_EQ(extent.start.value, at);
      // Zeros have a place where a cluster is set aside for them.
      if (extent.kind != ExtentKind::kZero) {
        REQUIRE_EQ(extent.host.has_value(), extent.kind == ExtentKind::kData);
      }
      at += extent.length;
    }
    for (int round = 0; round < 100; ++round) {
      const std::size_t from = below(random, expected.size());
      const std::size_t most = std::min<std::size_t>(expected.size() - from, 3 * builder.cluster_bytes());
      const std::size_t length = below(random, most + 1);
      const auto begin = expected.begin() + static_cast<std::ptrdiff_t>(from);
      REQUIRE(read(image, from, length) == Bytes(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
  }
}

TEST_CASE("subclusters: an extent ends where a subcluster of another kind begins") {
  Qcow2Builder builder(16, 2 * 65536, 3, kExtendedL2);
  builder.set_entry(0, 0);
  const std::uint64_t host = builder.append_aligned(Bytes(65536, 0x11));
  builder.set_entry(0, host | kCopied, 0x00000003fffffff0);
  Qcow2Image image(file_with(builder.file()));
  const Extent zeros = image.next_extent({100}, 65536);
  CHECK(zeros.kind == ExtentKind::kZero);
  CHECK_EQ(zeros.length, 2 * 2048 - 100);
  const Extent hole = image.next_extent({4096}, 65536);
  CHECK(hole.kind == ExtentKind::kUnallocated);
  CHECK_EQ(hole.length, 2 * 2048);
  const Extent data = image.next_extent({4 * 2048 + 5}, 100000);
  CHECK(data.kind == ExtentKind::kData);
  CHECK_EQ(data.length, 28 * 2048 - 5);
  CHECK_EQ(data.host->value, host + 4 * 2048 + 5);
}

TEST_CASE("subclusters: data joins across clusters that follow each other in the file") {
  Qcow2Builder builder(14, 3 << 14, 3, kExtendedL2);
  builder.set_entry(0, 0);
  const std::uint64_t host = builder.append_aligned(Bytes(3 << 14, 0x11));
  for (std::uint64_t i = 0; i < 3; ++i) builder.set_entry(i, host + (i << 14), 0xffffffff);
  Qcow2Image image(file_with(builder.file()));
  CHECK_EQ(image.next_extent({0}, 3 << 14).length, 3 << 14);
}

TEST_CASE("subclusters: invalid entries are damage") {
  const std::uint64_t host = 4 * 65536;
  CHECK_EQ(damage_of(host, 0x0000000100000001).code, "QCOW2_CORRUPT");
  CHECK_EQ(damage_of(host, 0x0000000100000001).message,
           "a subcluster is said to be both allocated and zero for guest offset 0; see 'omiforge check'");
  CHECK_EQ(damage_of(0, 1).code, "QCOW2_CORRUPT");
  CHECK_EQ(damage_of(host | 1, 1).code, "QCOW2_CORRUPT");
  CHECK_EQ(damage_of(host + 2048, 1).code, "QCOW2_CORRUPT");
  // Subcluster 0 zero, or not allocated, in a cluster at such a place.
  CHECK_EQ(damage_of(host + 2048, std::uint64_t{1} << 32).code, "QCOW2_CORRUPT");
  CHECK_EQ(damage_of(host + 2048, 2).code, "QCOW2_CORRUPT");
  CHECK_EQ(damage_of(host << 8, 1).code, "QCOW2_TRUNCATED");
}

TEST_CASE("subclusters: the last cluster of the file may be cut") {
  Qcow2Builder builder(16, 65536, 3, kExtendedL2);
  builder.set_entry(0, 0);
  builder.set_entry(0, builder.append_aligned(Bytes(5000, 0x11)), 0xffffffff);
  Qcow2Image image(file_with(builder.file()));
  Bytes expected(65536);
  std::fill_n(expected.begin(), 5000, std::uint8_t{0x11});
  CHECK(read(image, 0, 65536) == expected);
}

TEST_CASE("subclusters: clusters too small for them are refused") {
  Qcow2Builder builder(13, 8192, 3, kExtendedL2);
  const Thrown error = thrown_by([&] { Qcow2Image image(file_with(builder.file())); });
  CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
  CHECK_EQ(error.message, "header field cluster_bits is 13; allowed is 14 to 21 with extended L2 entries");
}

}  // namespace omiforge::test
