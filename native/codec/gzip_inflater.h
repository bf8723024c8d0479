#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "codec/gzip_header.h"
#include "codec/stream_inflater.h"
#include "io/bytes.h"
#include "io/error.h"

namespace omiforge::codec {

// Inflates a gzip file (RFC 1952): any number of members, then nothing or zero padding. Input arrives in
// pieces of any size, output is taken in pieces of any size. CRC-32 and length of every member are checked.
// Every error names the byte of the compressed file it was found at.
class GzipInflater {
 public:
  struct Step {
    std::size_t consumed = 0;  // bytes of the input used
    std::size_t produced = 0;  // bytes written to the output
  };

  GzipInflater();
  explicit GzipInflater(std::unique_ptr<StreamInflater> engine);

  // Goes on until the input is used up or the output is full. Throws GZIP_BAD_HEADER, GZIP_CORRUPT or
  // GZIP_CHECKSUM_MISMATCH.
  Step inflate(ByteView in, MutableBytes out);

  // To be called when there is no more input: throws GZIP_TRUNCATED where a member has not ended.
  void finish() const;

  // Bytes after the last member that are neither a member nor zeros: gzip ignores them with a warning.
  bool has_trailing_garbage() const { return state_ == State::kGarbage; }
  // Bytes of the compressed file that were members or padding before them.
  std::uint64_t member_bytes() const { return members_end_; }

 private:
  enum class State {
    kHeader,       // of a member
    kDeflated,     // the data of a member
    kTrailer,      // CRC-32 and length of a member
    kBetween,      // a member has ended; another may begin
    kMaybeMember,  // the byte 0x1f was seen: the next one tells whether it begins a member
    kPadding,      // zeros after the last member
    kGarbage,      // anything else after the last member
  };

  static constexpr std::size_t kTrailerBytes = 8;

  bool is_within_member() const { return state_ <= State::kTrailer; }
  std::size_t read_header(ByteView in);
  Step inflate_data(ByteView in, MutableBytes out);
  std::size_t read_trailer(ByteView in);
  std::size_t look_between(ByteView in);
  void begin_member();
  [[noreturn]] void fail(ErrorCode code, const std::string& what, const std::string& reason) const;

  std::unique_ptr<StreamInflater> engine_;
  State state_ = State::kHeader;
  GzipHeader header_;
  std::uint32_t crc_ = 0;     // of the member's content so far
  std::uint64_t length_ = 0;  // of the member's content so far
  std::array<std::uint8_t, kTrailerBytes> trailer_{};
  std::size_t trailer_done_ = 0;
  std::uint64_t consumed_ = 0;
  std::uint64_t members_end_ = 0;
};

}  // namespace omiforge::codec
