#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "io/bytes.h"

namespace omiforge::codec {

// A library that deflates. zlib is always there, the others where the build has found them.
enum class Engine { kIsal, kLibdeflate, kZlib };

struct EngineFacts {
  Engine engine;
  std::string name;
  std::string version;
  int least_level = 0;  // an engine's own levels: they do not compare between engines
  int most_level = 0;
};

// The engines of this build.
std::vector<EngineFacts> engines();

struct DeflateSetting {
  Engine engine = Engine::kZlib;
  int level = 6;
};

// Deflates pieces of content, each on its own: no byte refers to what came before. What it needs for that is
// kept from piece to piece. The same input gives the same output on every machine with the same engine.
class Deflater {
 public:
  virtual ~Deflater() = default;

  // Deflates `in`, shorter than 4 GiB, and ends at a byte boundary without a final block, so that pieces join
  // to one deflate stream (RFC 1951 section 3.2.3; the "full flush" of zlib). `out` has room for
  // deflate_bound(in.size). Returns the bytes written; INTERNAL where the room was too small.
  virtual std::size_t deflate_piece(ByteView in, MutableBytes out) = 0;

  // Deflates `in`, shorter than 4 GiB, as a whole stream with its final block. Returns the bytes written, or
  // 0 where it does not fit into `out`.
  virtual std::size_t deflate_stream(ByteView in, MutableBytes out) = 0;
};

// Throws ENGINE_UNAVAILABLE where the build lacks the engine, INTERNAL for a level that it does not have.
std::unique_ptr<Deflater> make_deflater(DeflateSetting setting);

// The most bytes that deflate_piece writes for so many, by whatever engine.
std::size_t deflate_bound(std::size_t length);

}  // namespace omiforge::codec
