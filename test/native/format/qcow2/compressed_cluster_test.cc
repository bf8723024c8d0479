#include <doctest/doctest.h>

#include "builders/deflated.h"
#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/qcow2/image.h"

// Compressed clusters of a qcow2: good ones, damaged ones and those at the end of the file.
namespace omiforge::test {

using qcow2::Qcow2Image;

namespace {

constexpr std::uint64_t kCluster = 65536;

Qcow2Image open(const Qcow2Builder& builder) { return Qcow2Image(file_with(builder.file())); }

Bytes read(Qcow2Image& image, std::uint64_t from, std::size_t length) {
  Bytes bytes(length, 0xee);
  image.read({from}, room(bytes));
  return bytes;
}

// The error of reading the one cluster of an image whose compressed bytes are these, at the end of the file.
Thrown damage_of(const Bytes& compressed) {
  Qcow2Builder builder(16, kCluster);
  builder.add_compressed(0, compressed);
  Qcow2Image image = open(builder);
  return thrown_by([&] { read(image, 0, 1); });
}

}  // namespace

TEST_CASE("compressed: clusters of every size, packed without gaps") {
  for (std::uint32_t bits = 9; bits <= 21; ++bits) {
    CAPTURE(bits);
    Random random(bits);
    Qcow2Builder builder(bits, std::uint64_t{5} << bits);
    const std::size_t cluster = builder.cluster_bytes();
    Bytes expected;
    for (std::uint64_t i = 0; i < 5; ++i) {
      // The last one is noise: its deflated form is larger than the cluster.
      const Bytes content = i == 4 ? noise(random, cluster) : mixed_content(random, cluster);
      builder.add_compressed(i, deflated(content, i == 4 ? 0 : 6));
      append(expected, content);
    }
    Qcow2Image image = open(builder);
    const Extent extent = image.next_extent({1}, image.size() - 1);
    CHECK(extent.kind == ExtentKind::kCompressed);
    CHECK_EQ(extent.length, image.size() - 1);
    CHECK_FALSE(extent.host.has_value());
    CHECK(read(image, 0, expected.size()) == expected);
    for (int round = 0; round < 50; ++round) {
      const std::size_t from = below(random, expected.size());
      const std::size_t length =
          below(random, std::min<std::size_t>(expected.size() - from, 3 * cluster) + 1);
      const auto begin = expected.begin() + static_cast<std::ptrdiff_t>(from);
      CHECK(read(image, from, length) == Bytes(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
  }
}

TEST_CASE("compressed: bytes behind the data in its last sectors do not matter") {
  Random random(2);
  const Bytes content = mixed_content(random, kCluster);
  const Bytes stream = deflated(content);
  for (const std::size_t more : {1, 100, 511, 512, 5000}) {
    Qcow2Builder builder(16, kCluster);
    Bytes stored = stream;
    append(stored, noise(random, more));
    builder.add_compressed(0, stored);
    Qcow2Image image = open(builder);
    CHECK(read(image, 0, kCluster) == content);
  }
}

TEST_CASE("compressed: a descriptor that counts sectors past the end of the file") {
  Random random(3);
  const Bytes content = mixed_content(random, kCluster);
  const Bytes stream = deflated(content);
  Qcow2Builder builder(16, kCluster);
  builder.set_entry(0, 0);
  const std::uint64_t host = builder.append_packed(stream);
  // The most a descriptor can say: far more than there is.
  builder.set_entry(0, compressed_entry(host, 2 * kCluster - host % 512, 16));
  Qcow2Image image = open(builder);
  CHECK(read(image, 0, kCluster) == content);
}

TEST_CASE("compressed: data cut by the end of the file") {
  Random random(4);
  const Bytes stream = deflated(noise(random, kCluster));
  for (const std::size_t stored : {std::size_t{1}, stream.size() / 2, stream.size() - 20}) {
    Qcow2Builder builder(16, kCluster);
    builder.set_entry(0, 0);
    const std::uint64_t host = builder.append_packed(first_bytes(stream, stored));
    builder.set_entry(0, compressed_entry(host, stream.size(), 16));
    Qcow2Image image = open(builder);
    CHECK_EQ(thrown_by([&] { read(image, 0, 1); }).code, "QCOW2_CORRUPT");
  }
}

TEST_CASE("compressed: data that begins at or past the end of the file") {
  Qcow2Builder builder(16, 2 * kCluster);
  builder.set_entry(0, 0);
  const std::uint64_t end = builder.end();
  builder.set_entry(0, compressed_entry(end, 100, 16));
  builder.set_entry(1, compressed_entry((std::uint64_t{1} << 54) - 1, 1, 16));
  Qcow2Image image = open(builder);
  CHECK_EQ(thrown_by([&] { read(image, 0, 1); }).code, "QCOW2_TRUNCATED");
  const Thrown error = thrown_by([&] { read(image, kCluster, 1); });
  CHECK_EQ(error.code, "QCOW2_TRUNCATED");
  CHECK(error.says("the data for guest offset 65536 is at byte 18014398509481983"));
}

TEST_CASE("compressed: bytes that are no deflate stream") {
  Random random(5);
  const Thrown error = damage_of(Bytes(1000, 0xff));
  CHECK_EQ(error.code, "QCOW2_CORRUPT");
  CHECK_EQ(error.message,
           "the compressed cluster at byte 262144 for guest offset 0 does not inflate to one cluster; the "
           "image is damaged");
  // With a zlib header, as no qcow2 has it.
  Bytes wrapped{0x78, 0x9c};
  append(wrapped, deflated(mixed_content(random, kCluster)));
  CHECK_EQ(damage_of(wrapped).code, "QCOW2_CORRUPT");
}

TEST_CASE("compressed: a stream that holds less than a cluster") {
  Random random(6);
  CHECK_EQ(damage_of(deflated({})).code, "QCOW2_CORRUPT");
  CHECK_EQ(damage_of(deflated(Bytes(1))).code, "QCOW2_CORRUPT");
  CHECK_EQ(damage_of(deflated(mixed_content(random, kCluster - 1))).code, "QCOW2_CORRUPT");
}

TEST_CASE("compressed: a stream that goes on behind the cluster") {
  // Other readers take the first cluster of it as well.
  Random random(7);
  const Bytes content = mixed_content(random, kCluster + 100);
  Qcow2Builder builder(16, kCluster);
  builder.add_compressed(0, deflated(content));
  Qcow2Image image = open(builder);
  CHECK(read(image, 0, kCluster) == first_bytes(content, kCluster));
}

TEST_CASE("compressed: after a damaged cluster the good ones still read, and it still fails") {
  Random random(8);
  const Bytes content = mixed_content(random, kCluster);
  Qcow2Builder builder(16, 2 * kCluster);
  builder.add_compressed(0, deflated(content));
  // Found to be damaged only after most of a cluster has come out of it.
  builder.add_compressed(1, deflated(noise(random, kCluster - 1)));
  Qcow2Image image = open(builder);
  for (int round = 0; round < 2; ++round) {
    CHECK(read(image, 0, kCluster) == content);
    CHECK_EQ(thrown_by([&] { read(image, kCluster, 1); }).code, "QCOW2_CORRUPT");
    CHECK_EQ(thrown_by([&] { read(image, kCluster - 1, 2); }).code, "QCOW2_CORRUPT");
  }
}

TEST_CASE("compressed: one bit flipped anywhere gives an error or a cluster, never a crash") {
  Random random(9);
  const Bytes content = mixed_content(random, 4096);
  const Bytes stream = deflated(content);
  int wrong = 0;
  for (std::size_t bit = 0; bit < stream.size() * 8; bit += 1 + below(random, 20)) {
    Bytes flipped = stream;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1 << (bit % 8)));
    Qcow2Builder builder(12, 4096);
    builder.add_compressed(0, flipped);
    Qcow2Image image = open(builder);
    const std::string code = code_thrown_by([&] { read(image, 0, 4096); });
    CHECK((code.empty() || code == "QCOW2_CORRUPT"));
    wrong += code.empty() ? 0 : 1;
  }
  CHECK_GT(wrong, 0);
}

}  // namespace omiforge::test
