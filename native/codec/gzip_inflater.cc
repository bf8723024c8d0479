#include "codec/gzip_inflater.h"

#include <algorithm>
#include <utility>

#include "codec/crc32.h"

namespace omiforge::codec {
namespace {

constexpr std::uint8_t kId1 = 0x1f;
constexpr std::uint8_t kId2 = 0x8b;

}  // namespace

GzipInflater::GzipInflater() : GzipInflater(make_stream_inflater()) {}
GzipInflater::GzipInflater(std::unique_ptr<StreamInflater> engine) : engine_(std::move(engine)) {}

GzipInflater::Step GzipInflater::inflate(ByteView in, MutableBytes out) {
  Step total;
  while (total.consumed < in.size || state_ == State::kDeflated) {
    const ByteView rest = in.slice(total.consumed, in.size - total.consumed);
    if (state_ == State::kHeader) {
      total.consumed += read_header(rest);
    } else if (state_ == State::kTrailer) {
      total.consumed += read_trailer(rest);
    } else if (state_ != State::kDeflated) {
      total.consumed += look_between(rest);
    } else {
      const Step step = inflate_data(rest, out.slice(total.produced, out.size - total.produced));
      total.consumed += step.consumed;
      total.produced += step.produced;
      const bool is_stuck = total.produced == out.size || total.consumed == in.size;
      if (state_ == State::kDeflated && is_stuck) break;
    }
  }
  return total;
}

std::size_t GzipInflater::read_header(ByteView in) {
  std::size_t count = 0;
  const std::uint64_t begin = consumed_ - header_.length();
  try {
    count = header_.read(in);
  } catch (const Error& error) {
    consumed_ = begin + header_.length();
    fail(ErrorCode::kGzipBadHeader, "not a valid gzip header", error.what());
  }
  consumed_ += count;
  if (header_.is_complete()) state_ = State::kDeflated;
  return count;
}

GzipInflater::Step GzipInflater::inflate_data(ByteView in, MutableBytes out) {
  // The engines count in 32 bits; what does not fit is left to the next call.
  constexpr std::size_t kMost = std::size_t{1} << 30;
  const StreamInflater::Step step =
      engine_->inflate(in.slice(0, std::min(in.size, kMost)), out.slice(0, std::min(out.size, kMost)));
  consumed_ += step.consumed;
  if (step.outcome == StreamInflater::Outcome::kDamaged) {
    fail(ErrorCode::kGzipCorrupt, "invalid deflate data", engine_->damage());
  }
  crc_ = crc32(out.slice(0, step.produced), crc_);
  length_ += step.produced;
  if (step.outcome == StreamInflater::Outcome::kEnded) {
    state_ = State::kTrailer;
    const StreamInflater::Surplus surplus = engine_->surplus();
    // It was counted as consumed already.
    consumed_ -= surplus.size;
    read_trailer({surplus.bytes.data(), surplus.size});
  }
  return {step.consumed, step.produced};
}

std::size_t GzipInflater::read_trailer(ByteView in) {
  const std::size_t count = std::min(in.size, kTrailerBytes - trailer_done_);
  std::copy_n(in.data, count, trailer_.data() + trailer_done_);
  trailer_done_ += count;
  consumed_ += count;
  if (trailer_done_ < kTrailerBytes) return count;
  // ISIZE is the length modulo 2^32 (RFC 1952 section 2.3.1).
  const std::uint64_t expected = std::uint64_t{crc_} | (length_ & 0xffffffff) << 32;
  if (load_le64(trailer_.data()) != expected) {
    const bool is_crc = static_cast<std::uint32_t>(load_le64(trailer_.data())) != crc_;
    consumed_ -= is_crc ? kTrailerBytes : kTrailerBytes / 2;
    fail(ErrorCode::kGzipChecksumMismatch, "CRC-32 or length in a gzip trailer differs from the data",
         is_crc ? "incorrect data check" : "incorrect length check");
  }
  members_end_ = consumed_;
  state_ = State::kBetween;
  return count;
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
  engine_->reset();
  header_ = GzipHeader();
  crc_ = 0;
  length_ = 0;
  trailer_done_ = 0;
  // The byte 0x1f, seen before 0x8b, may have stood in an earlier piece of input.
  const std::uint8_t id[2] = {kId1, kId2};
  header_.read({id, sizeof id});
  state_ = State::kHeader;
}

void GzipInflater::finish() const {
  // A member may have been cut after its very first byte.
  if (!is_within_member() && state_ != State::kMaybeMember) return;
  throw Error(ErrorCode::kGzipTruncated, "ends at byte " + std::to_string(consumed_) +
                                             ", in the middle of a gzip member; the file was cut short");
}

void GzipInflater::fail(ErrorCode code, const std::string& what, const std::string& reason) const {
  throw Error(code,
              what + " near byte " + std::to_string(consumed_) + " (" + reason + "); the file is damaged");
}

}  // namespace omiforge::codec
