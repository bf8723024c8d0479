#include "image/segment.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "builders/listed_image.h"
#include "builders/temporary_folder.h"

namespace omiforge::test {
namespace {

constexpr std::size_t kBlock = 4096;

bool bit_at(const Bytes& bits, std::size_t at) { return (bits[at / 8] >> (at % 8) & 1) != 0; }

// A segment of clusters of which those in `data` are not all zeros: only one byte of them is not.
Bytes sparse_segment(Random& random, const std::vector<bool>& data, std::size_t cluster_bytes) {
  Bytes segment(data.size() * cluster_bytes);
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i]) segment[i * cluster_bytes + below(random, cluster_bytes)] = 1;
  }
  return segment;
}

std::optional<std::uint64_t> difference(Image& a, Image& b, std::uint64_t from, std::uint64_t length) {
  Bytes scratch_a(length);
  Bytes scratch_b(length);
  const std::optional<GuestOffset> found =
      find_difference(a, b, {from}, length, room(scratch_a), room(scratch_b));
  return found ? std::optional(found->value) : std::nullopt;
}

std::optional<std::uint64_t> non_zero(Image& image, std::uint64_t from, std::uint64_t length) {
  Bytes scratch(length);
  const std::optional<GuestOffset> found = find_non_zero(image, {from}, length, room(scratch));
  return found ? std::optional(found->value) : std::nullopt;
}

// Random extents of at most 40 bytes; a data extent may be all zeros.
ListedImage random_image(Random& random, const Bytes& content) {
  ListedImage image;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t length = std::min<std::size_t>(content.size() - at, 1 + below(random, 40));
    const auto begin = content.begin() + static_cast<std::ptrdiff_t>(at);
    const Bytes part(begin, begin + static_cast<std::ptrdiff_t>(length));
    const bool may_be_hole = is_zero(view(part)) && below(random, 3) != 0;
    const bool coin = below(random, 2) == 0;
    image.add(may_be_hole ? (coin ? ExtentKind::kZero : ExtentKind::kUnallocated)
                          : (coin ? ExtentKind::kData : ExtentKind::kCompressed),
              part);
    at += length;
  }
  return image;
}

// An image of `clusters` clusters, of which each is either stored or not; what is stored may be zeros.
ListedImage clustered_image(Random& random, std::size_t clusters, std::size_t cluster_bytes) {
  ListedImage image;
  for (std::size_t i = 0; i < clusters; ++i) {
    Bytes content(cluster_bytes);
    const std::uint64_t kind = below(random, 5);
    if (kind < 2) content[below(random, cluster_bytes)] = 1;
    if (kind == 2) content[cluster_bytes - 1] = 1;
    image.add(kind == 4 ? ExtentKind::kUnallocated : ExtentKind::kData, content);
  }
  return image;
}

}  // namespace

TEST_CASE("scan_clusters and copy_clusters: what pack_clusters finds and moves together, cut anywhere") {
  const TemporaryFolder folder;
  Random random(11);
  constexpr std::size_t kCluster = 8192;
  for (int round = 0; round < 60; ++round) {
    const std::size_t clusters = 1 + below(random, 20);
    ListedImage image = clustered_image(random, clusters, kCluster);
    // The disk may end within the last cluster.
    const std::size_t length = clusters * kCluster - below(random, kCluster);
    Bytes packed = first_bytes(image.content(), length);
    packed.resize(clusters * kCluster);
    Bytes expected_bits(3, 0xff);
    packed.resize(pack_clusters(room(packed), kCluster, room(expected_bits)));

    Bytes bits(3, 0xff);
    Bytes scratch(kCluster * (1 + below(random, 4)) + below(random, 100));
    REQUIRE(scan_clusters(image, {0}, length, kCluster, room(bits), room(scratch)));
    CHECK_EQ(bits, expected_bits);

    const std::string path = folder.add("target", {});
    const std::uint64_t offset = below(random, 10000);
    copy_clusters(image, {0}, length, kCluster, view(bits), offset, File::open_write(path), room(scratch));
    Bytes expected(packed.empty() ? 0 : offset);
    append(expected, packed);
    CHECK(content_of(path) == expected);
  }
}

TEST_CASE("scan_clusters: a compressed cluster ends it, and nothing is read to find out") {
  ListedImage image;
  image.add(ExtentKind::kData, Bytes(512, 1));
  image.add(ExtentKind::kCompressed, Bytes(512, 1));
  Bytes bits(1);
  Bytes scratch(512);
  CHECK_FALSE(scan_clusters(image, {0}, 1024, 512, room(bits), room(scratch)));
  CHECK_EQ(image.stored_reads(), 0);
  CHECK(scan_clusters(image, {0}, 512, 512, room(bits), room(scratch)));
}

TEST_CASE("copy_range: the bytes of an image at their places, whatever the length of a part") {
  const TemporaryFolder folder;
  Random random(12);
  for (int round = 0; round < 40; ++round) {
    const Bytes content = sparse_segment(random, {true, false, true, true, false, false, true}, kBlock);
    ListedImage image = random_image(random, content);
    const std::uint64_t from = below(random, 3) * kBlock;
    const std::uint64_t length = content.size() - from - below(random, kBlock);
    const std::string path = folder.add("target", Bytes(content.size()));
    Bytes scratch(kBlock * (1 + below(random, 8)));
    const std::uint64_t written = copy_range(image, {from}, length, File::open_write(path), room(scratch));
    Bytes expected(content.size());
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(from), length,
                expected.begin() + static_cast<std::ptrdiff_t>(from));
    CHECK(content_of(path) == expected);
    CHECK_LE(written, 4 * kBlock);
  }
}

TEST_CASE("pack_clusters: every pattern of eight clusters") {
  Random random(1);
  for (unsigned pattern = 0; pattern < 256; ++pattern) {
    std::vector<bool> data(8);
    for (unsigned i = 0; i < 8; ++i) data[i] = (pattern >> i & 1) != 0;
    const Bytes before = sparse_segment(random, data, 512);
    Bytes expected;
    for (std::size_t i = 0; i < 8; ++i) {
      const auto begin = before.begin() + static_cast<std::ptrdiff_t>(i * 512);
      if (data[i]) expected.insert(expected.end(), begin, begin + 512);
    }
    Bytes segment = before;
    Bytes bits(1, 0xff);
    const std::size_t packed = pack_clusters(room(segment), 512, room(bits));
    CHECK_EQ(bits[0], pattern);
    CHECK_EQ(packed, expected.size());
    CHECK(first_bytes(segment, packed) == expected);
  }
}

TEST_CASE("pack_clusters: any number of clusters, bits of the last byte too") {
  Random random(2);
  for (std::size_t clusters = 0; clusters <= 40; ++clusters) {
    std::vector<bool> data(clusters);
    for (std::size_t i = 0; i < clusters; ++i) data[i] = below(random, 2) == 0;
    Bytes segment = sparse_segment(random, data, 1024);
    Bytes bits(6, 0xff);
    const std::size_t packed = pack_clusters(room(segment), 1024, room(bits));
    CHECK_EQ(packed, static_cast<std::size_t>(std::count(data.begin(), data.end(), true)) * 1024);
    for (std::size_t i = 0; i < 48; ++i) CHECK_EQ(bit_at(bits, i), i < clusters && data[i]);
  }
}

TEST_CASE("pack_clusters: a segment full of data stays as it is") {
  Random random(3);
  const Bytes before = noise(random, 16 * 4096);
  Bytes segment = before;
  Bytes bits(2);
  CHECK_EQ(pack_clusters(room(segment), 4096, room(bits)), segment.size());
  CHECK(segment == before);
  CHECK_EQ(bits, Bytes{0xff, 0xff});
}

TEST_CASE("place_bytes: blocks of zeros are not written") {
  const TemporaryFolder folder;
  Random random(4);
  for (int round = 0; round < 100; ++round) {
    const std::size_t blocks = below(random, 20);
    std::vector<bool> data(blocks);
    for (std::size_t i = 0; i < blocks; ++i) data[i] = below(random, 2) == 0;
    Bytes segment = sparse_segment(random, data, kBlock);
    // The last block may be a part of one.
    const std::size_t tail = below(random, kBlock);
    segment.resize(segment.size() + tail, static_cast<std::uint8_t>(round % 2));

    // What was in the file before shows what was left out.
    constexpr std::uint64_t kOffset = 3 * kBlock;
    Bytes expected(kOffset + segment.size() + kBlock, 0xaa);
    const std::string path = folder.add("target", expected);
    std::uint64_t written = 0;
    for (std::size_t at = 0; at < segment.size(); at += kBlock) {
      const ByteView block = view(segment).slice(at, std::min(kBlock, segment.size() - at));
      if (is_zero(block)) continue;
      written += block.size;
      std::copy_n(block.data, block.size, expected.begin() + static_cast<std::ptrdiff_t>(kOffset + at));
    }
    CHECK_EQ(place_bytes(view(segment), kOffset, File::open_write(path)), written);
    CHECK(content_of(path) == expected);
  }
}

TEST_CASE("place_bytes: nothing and zeros leave the file alone") {
  const TemporaryFolder folder;
  const std::string path = folder.add("target", {});
  CHECK_EQ(place_bytes({}, 0, File::open_write(path)), 0);
  CHECK_EQ(place_bytes(view(Bytes(3 * kBlock + 1)), 0, File::open_write(path)), 0);
  CHECK_EQ(content_of(path).size(), 0);
}

TEST_CASE("find_difference: every place of a single differing byte, however the extents lie") {
  Random random(5);
  Bytes content = mixed_content(random, 300);
  std::fill(content.begin() + 60, content.begin() + 200, std::uint8_t{0});
  for (std::size_t at = 0; at < content.size(); ++at) {
    CAPTURE(at);
    Bytes changed = content;
    changed[at] = static_cast<std::uint8_t>(changed[at] ^ 0x10);
    ListedImage a = random_image(random, content);
    ListedImage same = random_image(random, content);
    ListedImage b = random_image(random, changed);
    CHECK_FALSE(difference(a, same, 0, content.size()).has_value());
    CHECK(difference(a, b, 0, content.size()) == at);
    CHECK(difference(b, a, 0, content.size()) == at);
    // Only the range that was asked for counts.
    if (at > 0) CHECK_FALSE(difference(a, b, 0, at).has_value());
    CHECK(difference(a, b, at, content.size() - at) == at);
    CHECK_FALSE(difference(a, b, at + 1, content.size() - at - 1).has_value());
  }
}

TEST_CASE("find_difference: the first of several") {
  Random random(6);
  for (int round = 0; round < 300; ++round) {
    const Bytes content = mixed_content(random, 500);
    Bytes changed = content;
    std::size_t first = content.size();
    for (std::uint64_t change = 1 + below(random, 5); change > 0; --change) {
      const std::size_t at = below(random, content.size());
      changed[at] = static_cast<std::uint8_t>(~content[at]);
      first = std::min(first, at);
    }
    ListedImage a = random_image(random, content);
    ListedImage b = random_image(random, changed);
    CHECK(difference(a, b, 0, content.size()) == first);
  }
}

TEST_CASE("find_difference: what reads as zeros on both sides is not read, stored zeros equal a hole") {
  ListedImage a;
  a.add(ExtentKind::kZero, Bytes(100));
  a.add(ExtentKind::kUnallocated, Bytes(100));
  ListedImage b;
  b.add(ExtentKind::kUnallocated, Bytes(150));
  b.add(ExtentKind::kZero, Bytes(50));
  CHECK_FALSE(difference(a, b, 0, 200).has_value());
  CHECK_EQ(a.stored_reads() + b.stored_reads(), 0);

  ListedImage stored;
  stored.add(ExtentKind::kData, Bytes(200));
  CHECK_FALSE(difference(a, stored, 0, 200).has_value());
  CHECK_FALSE(difference(stored, a, 0, 200).has_value());
  CHECK_GT(stored.stored_reads(), 0);
}

TEST_CASE("find_non_zero: every place of a single byte, in data alone") {
  Random random(7);
  for (std::size_t at = 0; at < 200; ++at) {
    CAPTURE(at);
    Bytes content(200);
    content[at] = 0x80;
    ListedImage image = random_image(random, content);
    CHECK(non_zero(image, 0, 200) == at);
    if (at > 0) CHECK_FALSE(non_zero(image, 0, at).has_value());
    CHECK_FALSE(non_zero(image, at + 1, 199 - at).has_value());
  }
}

TEST_CASE("find_non_zero: holes are not read") {
  ListedImage image;
  image.add(ExtentKind::kZero, Bytes(100));
  image.add(ExtentKind::kUnallocated, Bytes(100));
  CHECK_FALSE(non_zero(image, 0, 200).has_value());
  CHECK_EQ(image.stored_reads(), 0);
}

}  // namespace omiforge::test
