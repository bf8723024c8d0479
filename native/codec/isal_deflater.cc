#ifdef OMIFORGE_HAS_ISAL

#include <isa-l.h>

#include <limits>
#include <vector>

#include "codec/deflate_engines.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

// Level 0 has one table of codes for everything: what does not compress gets larger than any bound allows.
constexpr int kLeastLevel = 1;

constexpr std::size_t kMostBytes = std::numeric_limits<std::uint32_t>::max();

// How many symbols make a block follows from the size of this buffer. Of those that igzip_lib.h offers, the
// larger ones make fewer headers and codes, which is faster, and the smaller ones codes that fit better.
// Level 1 is for speed: on disks the large one is some 5% faster than the medium one and 0.5% larger.
std::size_t buffer_bytes(int level) {
  switch (level) {
    case 1:
      return ISAL_DEF_LVL1_LARGE;
    case 2:
      return ISAL_DEF_LVL2_MEDIUM;
    default:
      return ISAL_DEF_LVL3_MEDIUM;
  }
}

class IsalDeflater final : public Deflater {
 public:
  explicit IsalDeflater(int level) : level_(level), buffer_(buffer_bytes(level)) {}

  std::size_t deflate_piece(ByteView in, MutableBytes out) override {
    const int answer = deflate(in, out, false);
    if (answer != COMP_OK || stream_.avail_in != 0 || stream_.avail_out == 0) {
      throw Error(ErrorCode::kInternal, "ISA-L did not deflate a segment: " + std::to_string(answer));
    }
    return written(out);
  }

  std::size_t deflate_stream(ByteView in, MutableBytes out) override {
    const int answer = deflate(in, out, true);
    return answer == COMP_OK && stream_.internal_state.state == ZSTATE_END ? written(out) : 0;
  }

 private:
  int deflate(ByteView in, MutableBytes out, bool is_whole) {
    if (in.size > kMostBytes) {
      throw Error(ErrorCode::kInternal,
                  "a segment of " + std::to_string(in.size) + " bytes is too long for ISA-L");
    }
    isal_deflate_init(&stream_);
    stream_.level = static_cast<std::uint32_t>(level_);
    stream_.level_buf = buffer_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(buffer_.size());
    stream_.end_of_stream = is_whole ? 1 : 0;
    stream_.flush = is_whole ? NO_FLUSH : FULL_FLUSH;
    stream_.next_in = const_cast<std::uint8_t*>(in.data);
    stream_.avail_in = static_cast<std::uint32_t>(in.size);
    stream_.next_out = out.data;
    stream_.avail_out = room(out);
    return isal_deflate(&stream_);
  }

  static std::uint32_t room(MutableBytes out) {
    return static_cast<std::uint32_t>(out.size < kMostBytes ? out.size : kMostBytes);
  }
  std::size_t written(MutableBytes out) const { return room(out) - stream_.avail_out; }

  int level_;
  std::vector<std::uint8_t> buffer_;
  isal_zstream stream_{};
};

}  // namespace

EngineFacts isal_facts() {
  const std::string version = std::to_string(ISAL_MAJOR_VERSION) + "." + std::to_string(ISAL_MINOR_VERSION) +
                              "." + std::to_string(ISAL_PATCH_VERSION);
  return {Engine::kIsal, "isal", version, kLeastLevel, ISAL_DEF_MAX_LEVEL};
}

std::unique_ptr<Deflater> make_isal_deflater(int level) { return std::make_unique<IsalDeflater>(level); }

}  // namespace omiforge::codec

#endif
