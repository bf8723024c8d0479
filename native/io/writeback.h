#pragma once

#include <cstdint>

namespace omiforge {

// Has the system begin to bring to the disk what was written to a range of an open file, so that a flush at
// the end finds little left to do. A hint: nothing is awaited, and where the system knows no such thing
// nothing is done.
void begin_writeback(int descriptor, std::uint64_t offset, std::uint64_t length);

}  // namespace omiforge
