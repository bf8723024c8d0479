#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "codec/deflate.h"
#include "io/bytes.h"

namespace omiforge::codec {

// Inflates one raw deflate stream (RFC 1951) after the other. Input arrives in pieces of any size, output is
// taken in pieces of any size.
class StreamInflater {
 public:
  enum class Outcome { kGoesOn, kEnded, kDamaged };
  struct Step {
    std::size_t consumed = 0;  // bytes of the input used
    std::size_t produced = 0;  // bytes written to the output
    Outcome outcome = Outcome::kGoesOn;
  };

  // Bytes that were consumed though they stand behind the end of the stream, the first one first.
  struct Surplus {
    std::array<std::uint8_t, 8> bytes{};
    std::size_t size = 0;
  };

  virtual ~StreamInflater() = default;

  // Goes on until the input is used up, the output is full or the stream has ended. `in` and `out` are at
  // most 1 GiB.
  virtual Step inflate(ByteView in, MutableBytes out) = 0;
  // What of the consumed bytes was too many, to be asked for when the stream has ended.
  virtual Surplus surplus() const = 0;
  // Whether what was consumed are whole blocks, none of them the last of the stream, and the end of the last
  // one is the end of a byte. To be asked for when the input is used up and there was room for more output.
  virtual bool is_between_blocks() const = 0;
  // Begins the next stream.
  virtual void reset() = 0;
  // In which words the engine put the damage.
  virtual const char* damage() const = 0;
};

// By the fastest engine of the build.
std::unique_ptr<StreamInflater> make_stream_inflater();
// By this one: ISA-L or zlib. Throws ENGINE_UNAVAILABLE for any other, and where the build lacks it.
std::unique_ptr<StreamInflater> make_stream_inflater(Engine engine);

// By what every build has.
std::unique_ptr<StreamInflater> make_zlib_stream_inflater();
#ifdef OMIFORGE_HAS_ISAL
std::unique_ptr<StreamInflater> make_isal_stream_inflater();
#endif

}  // namespace omiforge::codec
