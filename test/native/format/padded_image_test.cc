#include "format/padded_image.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "builders/deflated.h"
#include "builders/listed_image.h"
#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/open.h"
#include "format/qcow2/image.h"
#include "format/raw.h"
#include "image/segment.h"

namespace omiforge::test {
namespace {

constexpr std::uint64_t kCluster = 1 << 16;

std::unique_ptr<ListedImage> listed(Random& random) {
  constexpr ExtentKind kKinds[] = {ExtentKind::kData, ExtentKind::kCompressed, ExtentKind::kZero,
                                   ExtentKind::kUnallocated};
  auto image = std::make_unique<ListedImage>();
  for (std::uint64_t more = below(random, 6); more > 0; --more) {
    const ExtentKind kind = kKinds[below(random, 4)];
    const bool stored = kind == ExtentKind::kData || kind == ExtentKind::kCompressed;
    const auto length = static_cast<std::size_t>(1 + below(random, 50));
    image->add(kind, stored ? noise(random, length) : Bytes(length));
  }
  return image;
}

Bytes read_all(Image& image, std::uint64_t from, std::size_t length) {
  Bytes bytes(length, 0xee);
  image.read({from}, room(bytes));
  return bytes;
}

ReadOptions padded_to(std::uint64_t size) {
  ReadOptions options;
  options.padded_size = size;
  return options;
}

// Three clusters: plain, compressed, nothing.
Qcow2Builder small_disk(Random& random, std::uint64_t size = 3 * kCluster) {
  Qcow2Builder builder(16, size);
  builder.add_data(0, noise(random, kCluster));
  builder.add_compressed(1, deflated(Bytes(kCluster, 'c')));
  return builder;
}

}  // namespace

TEST_CASE("padded: it reads as the image and zeros behind it, in any parts") {
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    auto inner = listed(random);
    Bytes expected = inner->content();
    expected.resize(expected.size() + static_cast<std::size_t>(1 + below(random, 100)));
    PaddedImage image(std::move(inner), expected.size());
    REQUIRE_EQ(image.size(), expected.size());
    REQUIRE_EQ(read_all(image, 0, expected.size()), expected);
    for (int part = 0; part < 5; ++part) {
      const auto from = static_cast<std::size_t>(below(random, expected.size()));
      const auto length = static_cast<std::size_t>(below(random, expected.size() - from + 1));
      const auto begin = expected.begin() + static_cast<std::ptrdiff_t>(from);
      REQUIRE_EQ(read_all(image, from, length), Bytes(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
  }
}

TEST_CASE("padded: extents cover the disk, and behind the image there is one that is unallocated") {
  Random random(2);
  for (int round = 0; round < 300; ++round) {
    auto inner = listed(random);
    const Bytes content = inner->content();
    const std::uint64_t size = content.size() + 1 + below(random, 100);
    PaddedImage image(std::move(inner), size);
    std::uint64_t at = 0;
    while (at < size) {
      const Extent extent = image.next_extent({at}, size - at);
      REQUIRE_EQ(extent.start.value, at);
      REQUIRE_GT(extent.length, 0);
      if (at >= content.size()) {
        REQUIRE(extent.kind == ExtentKind::kUnallocated);
        REQUIRE_FALSE(extent.host.has_value());
        REQUIRE_EQ(at, content.size());
        REQUIRE_EQ(extent.length, size - at);
      } else {
        REQUIRE_LE(at + extent.length, content.size());
      }
      at += extent.length;
    }
    REQUIRE_EQ(at, size);
    REQUIRE_EQ(image.next_extent({size - 1}, 1).length, 1);
  }
}

TEST_CASE("padded: it tells what the image tells of files") {
  Random random(3);
  auto inner = listed(random);
  const Image* image = inner.get();
  const PaddedImage padded(std::move(inner), 1000);
  CHECK_EQ(padded.stored_bytes(), image->stored_bytes());
  CHECK(padded.external_files().empty());
  CHECK_EQ(&padded.inner(), image);
}

TEST_CASE("padded: a compressed cluster is taken from the image where all of it is there") {
  Random random(4);
  const TemporaryFolder folder;
  constexpr auto kZlib = codec::CompressionType::kZlib;
  const std::string whole = folder.add("whole", small_disk(random).file());
  const auto image = open_image(whole, Format::kQcow2, padded_to(1 << 30));
  const auto cluster = image->compressed_cluster({kCluster}, kCluster, kZlib);
  REQUIRE(cluster.has_value());
  CHECK(Bytes(cluster->content.data, cluster->content.data + cluster->content.size) == Bytes(kCluster, 'c'));
  for (const std::uint64_t at :
       {std::uint64_t{0}, 2 * kCluster, 3 * kCluster, (std::uint64_t{1} << 30) - kCluster}) {
    CHECK_FALSE(image->compressed_cluster({at}, kCluster, kZlib).has_value());
  }
  // The disk of the image ends within the cluster: what the stream holds behind that is no part of it.
  const std::string cut = folder.add("cut", small_disk(random, 2 * kCluster - 512).file());
  const auto longer = open_image(cut, Format::kQcow2, padded_to(2 * kCluster));
  CHECK_FALSE(longer->compressed_cluster({kCluster}, kCluster, kZlib).has_value());
  Bytes expected(kCluster, 'c');
  std::fill(expected.end() - 512, expected.end(), std::uint8_t{0});
  CHECK(read_all(*longer, kCluster, kCluster) == expected);
}

TEST_CASE("padded: opening a raw file or a qcow2 as a longer disk") {
  Random random(5);
  const TemporaryFolder folder;
  Bytes content = noise(random, 1000);
  const std::string raw = folder.add("raw", content);
  content.resize(5000);
  const auto disk = open_image(raw, Format::kRaw, padded_to(5000));
  CHECK_EQ(disk->size(), 5000);
  CHECK_EQ(disk->stored_bytes(), 1000);
  CHECK(read_all(*disk, 0, 5000) == content);
  CHECK(&described_image(*disk) != disk.get());
  CHECK_EQ(described_image(*disk).size(), 1000);

  const std::string qcow2 = folder.add("qcow2", small_disk(random).file());
  const auto image = open_image(qcow2, Format::kQcow2, padded_to(std::uint64_t{1} << 50));
  CHECK_EQ(image->size(), std::uint64_t{1} << 50);
  const auto* described = dynamic_cast<const qcow2::Qcow2Image*>(&described_image(*image));
  REQUIRE(described != nullptr);
  CHECK_EQ(described->size(), 3 * kCluster);
  CHECK(is_zero(view(read_all(*image, 2 * kCluster, 5 * kCluster))));
}

TEST_CASE("padded: a disk of its own size is opened as it is, and none is cut") {
  const TemporaryFolder folder;
  const std::string path = folder.add("raw", Bytes(1000, 'x'));
  const auto image = open_image(path, Format::kRaw, padded_to(1000));
  CHECK_EQ(image->size(), 1000);
  CHECK_EQ(&described_image(*image), image.get());
  for (const std::uint64_t size : {0, 1, 999}) {
    const Thrown error = thrown_by([&] { open_image(path, Format::kRaw, padded_to(size)); });
    CHECK_EQ(error.code, "ARGUMENT_INVALID");
    CHECK_EQ(error.message, "is a disk of 1000 bytes, which is not cut to " + std::to_string(size) +
                                "; choose a size of at least that");
  }
}

TEST_CASE("padded: a segment across the end of the image is copied with what is stored alone") {
  Random random(6);
  const TemporaryFolder folder;
  const Bytes content = noise(random, 10000);
  const auto image = open_image(folder.add("raw", content), Format::kRaw, padded_to(1 << 20));
  const std::string path = folder.add("target", {});
  Bytes scratch(1 << 16);
  CHECK_EQ(copy_range(*image, {0}, 1 << 20, File::open_write(path), room(scratch)), 12288);
  Bytes expected = content;
  expected.resize(12288);
  RawImage written(File::open_read(path));
  CHECK(read_all(written, 0, 12288) == expected);
}

}  // namespace omiforge::test
