#include "codec/cluster_compressor.h"

#include "codec/zstd_frames.h"

namespace omiforge::codec {
namespace {

class DeflatingCompressor final : public ClusterCompressor {
 public:
  explicit DeflatingCompressor(DeflateSetting setting) : deflater_(make_deflater(setting)) {}

  std::size_t compress(ByteView cluster, MutableBytes out) override {
    return deflater_->deflate_stream(cluster, out);
  }

 private:
  std::unique_ptr<Deflater> deflater_;
};

}  // namespace

CompressionType type_of(const ClusterSetting& setting) {
  return std::holds_alternative<ZstdSetting>(setting) ? CompressionType::kZstd : CompressionType::kZlib;
}

std::unique_ptr<ClusterCompressor> make_cluster_compressor(const ClusterSetting& setting) {
  if (const auto* zstd = std::get_if<ZstdSetting>(&setting)) return make_zstd_compressor(*zstd);
  return std::make_unique<DeflatingCompressor>(std::get<DeflateSetting>(setting));
}

}  // namespace omiforge::codec
