#include "codec/gzip_inflater.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "codec/zlib_library.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

constexpr int kGzipInflate =
    15 + 16;  // 32 KiB window, gzip wrapper: header, CRC-32 and length are zlib's to check
constexpr std::uint8_t kId1 = 0x1f;
constexpr std::uint8_t kId2 = 0x8b;

}  // namespace

class GzipInflater::Stream {
 public:
  Stream() : zlib(zlib_library()) {
    if (zlib.inflate_init(&z, kGzipInflate, ZLIB_VERSION, static_cast<int>(sizeof z)) != Z_OK) {
      throw Error(ErrorCode::kInternal, "zlib refused to start");
    }
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { zlib.inflate_end(&z); }

  const ZlibLibrary& zlib;
  z_stream z{};
};

GzipInflater::GzipInflater() : stream_(std::make_unique<Stream>()) {}
GzipInflater::~GzipInflater() = default;

GzipInflater::Step GzipInflater::inflate(ByteView in, MutableBytes out) {
  Step total;
  while (total.consumed < in.size || state_ == State::kMember) {
    const ByteView rest = in.slice(total.consumed, in.size - total.consumed);
    if (state_ != State::kMember) {
      total.consumed += look_between(rest);
      continue;
    }
    const Step step = inflate_member(rest, out.slice(total.produced, out.size - total.produced));
    total.consumed += step.consumed;
    total.produced += step.produced;
    if (state_ == State::kMember && (total.produced == out.size || total.consumed == in.size)) break;
  }
  return total;
}

GzipInflater::Step GzipInflater::inflate_member(ByteView in, MutableBytes out) {
  z_stream& z = stream_->z;
  // zlib counts in 32 bits; what does not fit is left to the next call.
  constexpr std::size_t kMost = std::size_t{1} << 30;
  const std::size_t in_size = std::min(in.size, kMost);
  const std::size_t out_size = std::min(out.size, kMost);
  z.next_in = const_cast<Bytef*>(in.data);
  z.avail_in = static_cast<uInt>(in_size);
  // zlib wants an address even where there is no room.
  std::uint8_t nothing = 0;
  z.next_out = out_size == 0 ? &nothing : out.data;
  z.avail_out = static_cast<uInt>(out_size);
  const int answer = stream_->zlib.inflate(&z, Z_NO_FLUSH);
  const Step step{in_size - z.avail_in, out_size - z.avail_out};
  consumed_ += step.consumed;
  if (answer == Z_STREAM_END) {
    members_end_ = consumed_;
    state_ = State::kBetween;
  } else if (answer != Z_OK && answer != Z_BUF_ERROR) {
    fail(answer);
  }
  return step;
}

std::size_t GzipInflater::look_between(ByteView in) {
  std::size_t used = 0;
  if (state_ == State::kGarbage) {
    used = in.size;
  } else if (state_ == State::kPadding) {
    while (used < in.size && in.data[used] == 0) ++used;
    if (used < in.size) state_ = State::kGarbage;
  } else if (state_ == State::kBetween) {
    state_ = in.data[0] == kId1 ? State::kMaybeMember : in.data[0] == 0 ? State::kPadding : State::kGarbage;
    used = 1;
  } else if (in.data[0] == kId2) {
    begin_member();
    used = 1;
  } else {
    state_ = State::kGarbage;
  }
  consumed_ += used;
  return used;
}

void GzipInflater::begin_member() {
  z_stream& z = stream_->z;
  stream_->zlib.inflate_reset(&z);
  // Feeds the byte 0x1f, seen before 0x8b, which may have stood in an earlier piece of input, and 0x8b
  // itself.
  std::uint8_t id[2] = {kId1, kId2};
  z.next_in = id;
  z.avail_in = sizeof id;
  std::uint8_t nothing = 0;
  z.next_out = &nothing;
  z.avail_out = 0;
  const int answer = stream_->zlib.inflate(&z, Z_NO_FLUSH);
  if (answer != Z_OK && answer != Z_BUF_ERROR) fail(answer);
  state_ = State::kMember;
}

void GzipInflater::finish() const {
  // A member may have been cut after its very first byte.
  if (state_ != State::kMember && state_ != State::kMaybeMember) return;
  throw Error(ErrorCode::kGzipTruncated, "ends at byte " + std::to_string(consumed_) +
                                             ", in the middle of a gzip member; the file was cut short");
}

void GzipInflater::fail(int answer) const {
  const std::string what = stream_->z.msg != nullptr ? stream_->z.msg : "error " + std::to_string(answer);
  const std::string place =
      " near byte " + std::to_string(consumed_) + " (" + what + "); the file is damaged";
  if (std::strstr(what.c_str(), "check") != nullptr && what.find("header") == std::string::npos) {
    throw Error(ErrorCode::kGzipChecksumMismatch,
                "CRC-32 or length in a gzip trailer differs from the data" + place);
  }
  if (what.find("header") != std::string::npos || what.find("method") != std::string::npos) {
    throw Error(ErrorCode::kGzipBadHeader, "not a valid gzip header" + place);
  }
  throw Error(ErrorCode::kGzipCorrupt, "invalid deflate data" + place);
}

}  // namespace omiforge::codec
