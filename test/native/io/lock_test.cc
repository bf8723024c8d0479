#include "io/lock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {

TEST_CASE("lock: one holder at a time, until it closes the file") {
  const TemporaryFolder folder;
  const std::string path = folder.add("a", Bytes(1));
  const int first = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const int second = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(try_lock(first));
  CHECK(try_lock(first));
  CHECK_FALSE(try_lock(second));
  // Closing another descriptor of the file gives nothing back.
  ::close(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(try_lock(second));
  ::close(first);
  CHECK(try_lock(second));
  ::close(second);
}

TEST_CASE("lock: what is not an open file") {
  CHECK_EQ(thrown_by([] { try_lock(-1); }).code, "IO_FAILED");
}

}  // namespace omiforge::test
