#include "io/lock.h"

#include <sys/file.h>

#include <cerrno>
#include <system_error>

#include "io/error.h"

namespace omiforge {

bool try_lock(int descriptor) {
  for (;;) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) {
      throw Error(ErrorCode::kIoFailed, "flock failed: " + std::generic_category().message(errno));
    }
  }
}

}  // namespace omiforge
