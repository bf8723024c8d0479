#include "io/writeback.h"

#include <fcntl.h>

namespace omiforge {

#ifdef SYNC_FILE_RANGE_WRITE

void begin_writeback(int descriptor, std::uint64_t offset, std::uint64_t length) {
  // What cannot be written is told by the flush at the end.
  static_cast<void>(::sync_file_range(descriptor, static_cast<off_t>(offset), static_cast<off_t>(length),
                                      SYNC_FILE_RANGE_WRITE));
}

#else

void begin_writeback(int, std::uint64_t, std::uint64_t) {}

#endif

}  // namespace omiforge
