#include "image/compressed_segment.h"

#include <doctest/doctest.h>

#include "builders/deflated.h"
#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "builders/zstd_frame.h"
#include "format/chain_image.h"
#include "format/qcow2/image.h"
#include "format/raw.h"

namespace omiforge::test {

using codec::ClusterSetting;
using qcow2::Qcow2Image;

namespace {

constexpr std::size_t kCluster = 65536;
const ClusterSetting kZlib = codec::DeflateSetting{codec::Engine::kZlib, 1};

// What compress_clusters has made of all of an image.
struct Segment {
  Bytes packed;
  Bytes plain;
  std::vector<std::uint32_t> stored_bytes;
};

Segment compress(Image& image, Recompress recompress, const ClusterSetting& setting = kZlib) {
  const std::size_t clusters = static_cast<std::size_t>(divide_up(image.size(), kCluster));
  Segment segment{Bytes(clusters * kCluster), Bytes(clusters * kCluster),
                  std::vector<std::uint32_t>(clusters, 12345)};
  const ClusterRoom rooms{room(segment.packed), room(segment.plain), segment.stored_bytes.data()};
  const PackedClusters done =
      compress_clusters(image, {{0}, image.size(), kCluster}, setting, recompress, rooms);
  segment.packed.resize(done.packed_bytes);
  segment.plain.resize(done.plain_bytes);
  return segment;
}

RawImage raw(const Bytes& content) { return RawImage(file_with(content)); }

// A deflate stream of one block that is not marked as the last one, as some writers leave it.
Bytes without_end(const Bytes& content) {
  Bytes stream = deflated(content);
  stream[0] = static_cast<std::uint8_t>(stream[0] & ~1);
  return stream;
}

}  // namespace

TEST_CASE("compressed segment: zeros, what gets smaller, what does not, and the end of the disk") {
  Random random(1);
  const Bytes half = mixed_content(random, kCluster);
  const Bytes dense = noise(random, kCluster);
  Bytes disk = half;
  append(disk, Bytes(kCluster));
  append(disk, dense);
  append(disk, Bytes(1000, 7));
  RawImage image = raw(disk);
  const Segment segment = compress(image, Recompress::kWhereNeeded);
  CHECK_EQ(segment.stored_bytes[1], 0);
  CHECK_EQ(segment.stored_bytes[2], kCluster);
  CHECK(segment.plain == dense);
  const std::size_t first = segment.stored_bytes[0];
  CHECK_EQ(segment.packed.size(), first + segment.stored_bytes[3]);
  CHECK(inflated(first_bytes(segment.packed, first)) == half);
  Bytes last(1000, 7);
  last.resize(kCluster);
  CHECK(inflated(Bytes(segment.packed.begin() + static_cast<std::ptrdiff_t>(first), segment.packed.end())) ==
        last);
}

TEST_CASE("compressed segment: clusters of the same kind are taken as they are") {
  Random random(2);
  Qcow2Builder builder(16, 4 * kCluster);
  Bytes expected;
  for (const std::uint64_t i : {0, 1, 3}) {
    const Bytes stream = deflated(mixed_content(random, kCluster), 9);
    builder.add_compressed(i, stream);
    append(expected, stream);
  }
  builder.add_compressed(2, deflated(Bytes(kCluster)));
  Qcow2Image image(file_with(builder.file()));
  const Segment taken = compress(image, Recompress::kWhereNeeded);
  CHECK(taken.packed == expected);
  CHECK_EQ(taken.stored_bytes[2], 0);
  CHECK(compress(image, Recompress::kAlways).packed != expected);
}

TEST_CASE("compressed segment: clusters behind a chain are taken as well, where one image has all of them") {
  Random random(3);
  Qcow2Builder builder(16, 2 * kCluster);
  const Bytes stream = deflated(mixed_content(random, kCluster), 9);
  builder.add_compressed(0, stream);
  builder.add_compressed(1, deflated(mixed_content(random, kCluster), 9));
  Qcow2Builder overlay(9, 2 * kCluster);
  const Bytes sector = noise(random, 512);
  overlay.add_data(kCluster / 512 + 3, sector);
  std::vector<std::unique_ptr<Image>> images;
  images.push_back(std::make_unique<Qcow2Image>(file_with(overlay.file())));
  images.push_back(std::make_unique<Qcow2Image>(file_with(builder.file())));
  ChainImage chain(std::move(images), {});
  const Segment segment = compress(chain, Recompress::kWhereNeeded);
  CHECK_EQ(segment.stored_bytes[0], stream.size());
  CHECK(first_bytes(segment.packed, stream.size()) == stream);
  const Bytes second = inflated(
      Bytes(segment.packed.begin() + static_cast<std::ptrdiff_t>(stream.size()), segment.packed.end()));
  CHECK(Bytes(second.begin() + 3 * 512, second.begin() + 4 * 512) == sector);
}

TEST_CASE("compressed segment: clusters of another size are compressed anew") {
  Random random(4);
  for (const std::uint32_t bits : {12u, 17u}) {
    const std::size_t size = std::size_t{1} << bits;
    Qcow2Builder builder(bits, 2 * 131072);
    const Bytes content = mixed_content(random, 131072);
    for (std::size_t at = 0; at < content.size(); at += size) {
      const auto begin = content.begin() + static_cast<std::ptrdiff_t>(at);
      builder.add_compressed(at / size, deflated(Bytes(begin, begin + static_cast<std::ptrdiff_t>(size))));
    }
    Qcow2Image image(file_with(builder.file()));
    const Segment segment = compress(image, Recompress::kWhereNeeded);
    Bytes first = inflated(first_bytes(segment.packed, segment.stored_bytes[0]));
    append(first, inflated(Bytes(segment.packed.begin() + segment.stored_bytes[0], segment.packed.end())));
    CHECK(first == content);
    CHECK_EQ(segment.stored_bytes[2], 0);
  }
}

TEST_CASE("compressed segment: a stream without an end is not taken") {
  const Bytes content(kCluster, 9);
  const Bytes stream = without_end(content);
  Qcow2Builder builder(16, kCluster);
  builder.add_compressed(0, stream);
  Qcow2Image image(file_with(builder.file()));
  CHECK(inflated(compress(image, Recompress::kWhereNeeded).packed) == content);
  CHECK_THROWS(inflated(stream));
}

TEST_CASE("compressed segment: a stream that is not smaller than a cluster is not taken") {
  Random random(5);
  const Bytes content = noise(random, kCluster);
  Qcow2Builder builder(16, kCluster);
  builder.add_compressed(0, deflated(content));
  Qcow2Image image(file_with(builder.file()));
  CHECK(compress(image, Recompress::kWhereNeeded).plain == content);
}

TEST_CASE("compressed segment: a damaged cluster is an error") {
  Random random(6);
  Bytes stream = deflated(mixed_content(random, kCluster), 9);
  std::fill_n(stream.begin() + static_cast<std::ptrdiff_t>(stream.size() / 2), 100, std::uint8_t{0xff});
  Qcow2Builder builder(16, kCluster);
  builder.add_compressed(0, stream);
  Qcow2Image image(file_with(builder.file()));
  for (const Recompress recompress : {Recompress::kWhereNeeded, Recompress::kAlways}) {
    CHECK_EQ(code_thrown_by([&] { compress(image, recompress); }), "QCOW2_CORRUPT");
  }
}

#ifdef OMIFORGE_HAS_ZSTD
TEST_CASE("compressed segment: clusters of the other kind are compressed anew, those of zstd are taken") {
  Random random(7);
  const Bytes content = mixed_content(random, kCluster);
  Qcow2Builder zlib(16, kCluster);
  zlib.add_compressed(0, deflated(content));
  Qcow2Image zlib_image(file_with(zlib.file()));
  const Segment made = compress(zlib_image, Recompress::kWhereNeeded, codec::ZstdSetting{});
  CHECK(made.packed == zstd_frame(content));

  Qcow2Builder zstd(16, kCluster, 3, 8);
  zstd.header.header_length = 112;
  zstd.header.compression_type = 1;
  Bytes frames = zstd_frame(first_bytes(content, 1000), 19);
  append(frames, zstd_frame(Bytes(content.begin() + 1000, content.end()), 19));
  Bytes stored = frames;
  append(stored, noise(random, 300));
  zstd.add_compressed(0, stored);
  Qcow2Image zstd_image(file_with(zstd.file()));
  CHECK(compress(zstd_image, Recompress::kWhereNeeded, codec::ZstdSetting{}).packed == frames);
  CHECK(inflated(compress(zstd_image, Recompress::kWhereNeeded).packed) == content);
}
#endif

}  // namespace omiforge::test
