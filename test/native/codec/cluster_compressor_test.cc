#include "codec/cluster_compressor.h"

#include <doctest/doctest.h>

#include "builders/bytes.h"
#include "builders/thrown.h"
#include "codec/raw_inflate.h"
#include "codec/zstd_frames.h"

namespace omiforge::test {

using codec::ClusterSetting;
using codec::CompressionType;
using codec::ZstdSetting;

namespace {

constexpr std::size_t kCluster = 65536;

std::vector<ClusterSetting> settings() {
  std::vector<ClusterSetting> list;
  for (const codec::EngineFacts& facts : codec::engines()) {
    for (int level = facts.least_level; level <= facts.most_level; ++level) {
      list.push_back(codec::DeflateSetting{facts.engine, level});
    }
  }
  if (!codec::has_zstd()) return list;
  for (int level = codec::kLeastZstdLevel; level <= codec::kMostZstdLevel; ++level) {
    list.push_back(ZstdSetting{level});
  }
  return list;
}

// What the core reads out of it, all of which must belong to one stream.
Bytes decompress(const Bytes& in, CompressionType type) {
  Bytes out(kCluster, 0xee);
  const auto used = type == CompressionType::kZstd
                        ? codec::decompress_zstd_exactly(view(in), room(out))
                        : codec::RawInflater().inflate_whole_stream(view(in), room(out));
  CHECK_EQ(used.value_or(0), in.size());
  return out;
}

}  // namespace

TEST_CASE("cluster compressor: clusters one after the other, by every setting") {
  for (const ClusterSetting& setting : settings()) {
    Random random(1);
    const auto compressor = codec::make_cluster_compressor(setting);
    const std::vector<Bytes> clusters = {mixed_content(random, kCluster), Bytes(kCluster, 9),
                                         mixed_content(random, kCluster)};
    for (const Bytes& cluster : clusters) {
      Bytes out(kCluster + 4096);
      const std::size_t length = compressor->compress(view(cluster), room(out));
      REQUIRE_GT(length, 0);
      CHECK(decompress(first_bytes(out, length), codec::type_of(setting)) == cluster);
    }
  }
}

TEST_CASE("cluster compressor: what does not fit is told, and does no harm to the next one") {
  for (const ClusterSetting& setting : settings()) {
    Random random(2);
    const auto compressor = codec::make_cluster_compressor(setting);
    Bytes out(kCluster - 1);
    CHECK_EQ(compressor->compress(view(noise(random, kCluster)), room(out)), 0);
    CHECK_EQ(compressor->compress(view(noise(random, kCluster)), {out.data(), 0}), 0);
    const Bytes cluster(kCluster, 1);
    Bytes large(2 * kCluster);
    const std::size_t length = compressor->compress(view(cluster), room(large));
    CHECK(decompress(first_bytes(large, length), codec::type_of(setting)) == cluster);
  }
}

TEST_CASE("cluster compressor: the same cluster gives the same bytes, whatever came before") {
  for (const ClusterSetting& setting : settings()) {
    Random random(3);
    const Bytes cluster = mixed_content(random, kCluster);
    Bytes alone(2 * kCluster);
    alone.resize(codec::make_cluster_compressor(setting)->compress(view(cluster), room(alone)));
    const auto compressor = codec::make_cluster_compressor(setting);
    Bytes other(2 * kCluster);
    compressor->compress(view(mixed_content(random, kCluster)), room(other));
    other.resize(compressor->compress(view(cluster), room(other)));
    CHECK(alone == other);
  }
}

TEST_CASE("cluster compressor: levels that zstd does not have") {
  for (const int level : {0, 20}) {
    const std::string code = code_thrown_by([&] { codec::make_cluster_compressor(ZstdSetting{level}); });
    CHECK_EQ(code, codec::has_zstd() ? "INTERNAL" : "ENGINE_UNAVAILABLE");
  }
}

}  // namespace omiforge::test
