#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "io/bytes.h"

namespace omiforge::codec {

// Inflates raw deflate streams (RFC 1951), as qcow2 stores compressed clusters, by the fastest engine of the
// build. What it needs for that is kept from one to the next.
class RawInflater {
 public:
  RawInflater();
  ~RawInflater();

  // Inflates the stream that stands at the beginning of `in`. True when it fills `out` exactly; bytes of `in`
  // after its end do not matter. Output is never larger than `out`.
  bool inflate_exactly(ByteView in, MutableBytes out);
  // The same, but the stream has to end as well, with its final block: writers may leave that out. The answer
  // is how many bytes of `in` it takes.
  std::optional<std::size_t> inflate_whole_stream(ByteView in, MutableBytes out);

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;  // made when it is first needed
};

}  // namespace omiforge::codec
