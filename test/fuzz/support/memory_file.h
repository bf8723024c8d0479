#pragma once

#include <cstdint>
#include <string>

#include "io/bytes.h"
#include "io/file.h"

namespace omiforge::fuzz {

// A file in memory that the core opens like any other. One is used again for every input, because making a
// file costs more than most inputs do.
class MemoryFile {
 public:
  MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  // Makes `content` all that the file holds.
  void replace(ByteView content);
  // The same, but pages of zeros are not written.
  void replace_leaving_holes(ByteView content);
  // Makes the file empty.
  void clear();
  // Writes at `offset`; what lies between the old end and `offset` is a hole.
  void write(std::uint64_t offset, ByteView bytes);

  File open() const;
  // Under which it can be opened as often as one likes.
  std::string path() const;

 private:
  void set_length(std::uint64_t length);

  int descriptor_;
};

}  // namespace omiforge::fuzz
