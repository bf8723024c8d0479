#include "io/file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {
namespace {

Bytes read_at(const File& file, std::uint64_t offset, std::size_t length) {
  Bytes bytes(length);
  file.read(offset, room(bytes));
  return bytes;
}

// The lowest descriptor number that is free now: the same before and after where none was left open.
int next_descriptor() {
  const int descriptor = ::dup(0);
  ::close(descriptor);
  return descriptor;
}

std::string add_socket(const TemporaryFolder& folder) {
  const std::string path = folder.path() + "/socket";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(descriptor);
  return path;
}

// While it lives, files must not grow past `most` bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t most) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{most, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("file: reads any range and knows its size and path") {
  const TemporaryFolder folder;
  const Bytes content = bytes_of("0123456789");
  const std::string path = folder.add("disk", content);
  const File file = File::open_read(path);
  CHECK_EQ(file.size(), 10);
  CHECK_EQ(file.path(), path);
  for (std::size_t from = 0; from <= 10; ++from) {
    for (std::size_t length = 0; from + length <= 10; ++length) {
      const auto begin = content.begin() + static_cast<std::ptrdiff_t>(from);
      CHECK_EQ(read_at(file, from, length), Bytes(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
  }
}

TEST_CASE("file: writes where it is told, past the end too") {
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", bytes_of("0123"));
  const File file = File::open_write(path);
  CHECK_EQ(file.size(), 4);
  file.write(1, view(bytes_of("ab")));
  file.write(6, view(bytes_of("c")));
  file.write(2, {});
  CHECK_EQ(content_of(path), Bytes{'0', 'a', 'b', '3', 0, 0, 'c'});
}

TEST_CASE("file: an empty file") {
  const File file = file_with({});
  CHECK_EQ(file.size(), 0);
  CHECK_EQ(file.next_data(0), 0);
  CHECK(file.run_at(0).is_hole);
  file.read(0, {});
  Bytes byte(1);
  CHECK_EQ(thrown_by([&] { file.read(0, room(byte)); }).code, "IO_SHORT_READ");
}

TEST_CASE("file: what is not there") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/absent";
  const Thrown error = thrown_by([&] { File::open_read(path); });
  CHECK_EQ(error.code, "IO_NOT_FOUND");
  CHECK_EQ(error.path, path);
  CHECK_EQ(error.message, "open failed: No such file or directory; check the path");
  CHECK_EQ(thrown_by([&] { File::open_write(path); }).code, "IO_NOT_FOUND");
  CHECK_EQ(thrown_by([] { File::open_read(""); }).code, "IO_NOT_FOUND");
  // A file where the path wants a folder.
  const std::string below_a_file = folder.add("disk", {}) + "/x";
  CHECK_EQ(thrown_by([&] { File::open_read(below_a_file); }).code, "IO_NOT_FOUND");
}

TEST_CASE("file: a directory is refused") {
  const TemporaryFolder folder;
  const Thrown error = thrown_by([&] { File::open_read(folder.path()); });
  CHECK_EQ(error.code, "IO_NOT_A_FILE");
  CHECK_EQ(error.message, "is a directory; name a file");
  CHECK_EQ(error.path, folder.path());
  CHECK_EQ(thrown_by([&] { File::open_write(folder.path()); }).code, "IO_NOT_A_FILE");
}

TEST_CASE("file: a FIFO is refused at once, though nobody is at its other end") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/fifo";
  REQUIRE_EQ(::mkfifo(path.c_str(), 0600), 0);
  const Thrown error = thrown_by([&] { File::open_read(path); });
  CHECK_EQ(error.code, "IO_NOT_A_FILE");
  CHECK_EQ(error.message, "is neither a regular file nor a block device; use - to read a pipe");
  CHECK_EQ(thrown_by([&] { File::open_write(path); }).code, "IO_NOT_A_FILE");
}

TEST_CASE("file: a socket and a character device are refused") {
  const TemporaryFolder folder;
  const std::string socket = add_socket(folder);
  CHECK_EQ(thrown_by([&] { File::open_read(socket); }).code, "IO_NOT_A_FILE");
  CHECK_EQ(thrown_by([&] { File::open_write(socket); }).code, "IO_NOT_A_FILE");
  CHECK_EQ(thrown_by([] { File::open_read("/dev/zero"); }).code, "IO_NOT_A_FILE");
  CHECK_EQ(thrown_by([] { File::open_write("/dev/null"); }).code, "IO_NOT_A_FILE");
}

TEST_CASE("file: what must not be read") {
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", bytes_of("x"));
  REQUIRE_EQ(::chmod(path.c_str(), 0), 0);
  // No mode keeps root out; for the attempt it becomes somebody else.
  const bool is_root = ::geteuid() == 0;
  constexpr uid_t kNobody = 65534;
  if (is_root) REQUIRE_EQ(::seteuid(kNobody), 0);
  const std::string code_of_read = code_thrown_by([&] { File::open_read(path); });
  const std::string code_of_write = code_thrown_by([&] { File::open_write(path); });
  if (is_root) REQUIRE_EQ(::seteuid(0), 0);
  CHECK_EQ(code_of_read, "IO_ACCESS_DENIED");
  CHECK_EQ(code_of_write, "IO_ACCESS_DENIED");
}

TEST_CASE("file: a file that has become shorter is told, with the place") {
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", Bytes(10, 'x'));
  const File file = File::open_read(path);
  REQUIRE_EQ(::truncate(path.c_str(), 6), 0);
  const Thrown error = thrown_by([&] { read_at(file, 4, 4); });
  CHECK_EQ(error.code, "IO_SHORT_READ");
  CHECK_EQ(error.path, path);
  CHECK(error.says("ended at byte 6 but had 10 bytes when it was opened"));
  CHECK_EQ(read_at(file, 4, 2), Bytes(2, 'x'));
}

TEST_CASE("file: what has been cut off is never taken for a hole") {
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", Bytes(1 << 16, 'x'));
  const File file = File::open_read(path);
  REQUIRE_EQ(::truncate(path.c_str(), 1 << 15), 0);
  const Thrown error = thrown_by([&] { file.next_data(1 << 15); });
  CHECK_EQ(error.code, "IO_SHORT_READ");
  CHECK(error.says("ended at byte 32768 but had 65536 bytes"));
}

TEST_CASE("file: a write past the size that is allowed") {
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", {});
  const File file = File::open_write(path);
  Thrown error;
  {
    const FileSizeLimit limit(100);
    // The first part still fits: the error tells where it stopped.
    error = thrown_by([&] { file.write(90, view(Bytes(20, 'x'))); });
  }
  CHECK_EQ(error.code, "IO_TOO_LARGE");
  CHECK(error.says("write at byte 100 failed"));
  CHECK_EQ(error.path, path);
  CHECK_EQ(content_of(path).size(), 100);
}

TEST_CASE("file: an offset that no file has is an error, not a crash") {
  const File file = file_with(Bytes(10));
  Bytes byte(1);
  CHECK_EQ(thrown_by([&] { file.read(~std::uint64_t{0}, room(byte)); }).code, "IO_FAILED");
}

TEST_CASE("file: the descriptor is closed once, by whoever holds it last") {
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", bytes_of("a"));
  const std::string other_path = folder.add("other", bytes_of("bc"));
  const int before = next_descriptor();
  {
    File file = File::open_read(path);
    const File moved(std::move(file));
    CHECK_EQ(read_at(moved, 0, 1), bytes_of("a"));
    File other = File::open_read(other_path);
    File assigned = File::open_read(path);
    assigned = std::move(other);
    CHECK_EQ(assigned.path(), other_path);
    CHECK_EQ(assigned.size(), 2);
    CHECK_EQ(read_at(assigned, 0, 2), bytes_of("bc"));
    CHECK_NE(next_descriptor(), before);
  }
  CHECK_EQ(next_descriptor(), before);
}

TEST_CASE("file: a refused file is closed") {
  const TemporaryFolder folder;
  const int before = next_descriptor();
  CHECK_EQ(code_thrown_by([&] { File::open_read(folder.path()); }), "IO_NOT_A_FILE");
  CHECK_EQ(code_thrown_by([] { File::open_read("/dev/zero"); }), "IO_NOT_A_FILE");
  CHECK_EQ(next_descriptor(), before);
}

TEST_CASE("file: beneath a folder no link is followed, and only regular files are opened") {
  const TemporaryFolder folder;
  const auto at = [&](const char* name) { return folder.path() + "/" + name; };
  REQUIRE_EQ(::mkdir(at("sub").c_str(), 0700), 0);
  const std::string path = folder.add("sub/file", bytes_of("content"));
  REQUIRE_EQ(::symlink("sub", at("link").c_str()), 0);
  REQUIRE_EQ(::symlink("file", at("sub/link").c_str()), 0);
  const int before = next_descriptor();
  {
    const File file = File::open_beneath(folder.path(), "sub/file", "its name");
    CHECK_EQ(file.size(), 7);
    CHECK_EQ(file.path(), "its name");
    CHECK(file.identity() == File::open_read(path).identity());
    CHECK_EQ(read_at(file, 0, 7), bytes_of("content"));
  }
  const auto refused = [&](const std::string& name) {
    const Thrown thrown = thrown_by([&] { File::open_beneath(folder.path(), name, "its name"); });
    CHECK_EQ(thrown.path, "its name");
    return thrown.code;
  };
  // The system says of a link that it is no folder.
  CHECK_EQ(refused("link/file"), "IO_NOT_FOUND");
  CHECK_EQ(refused("sub/link"), "IO_NOT_A_FILE");
  CHECK_EQ(refused("sub"), "IO_NOT_A_FILE");
  CHECK_EQ(refused("gone"), "IO_NOT_FOUND");
  CHECK_EQ(refused("sub/gone"), "IO_NOT_FOUND");
  CHECK_EQ(thrown_by([&] { File::open_beneath("/dev", "null", "its name"); }).code, "IO_NOT_A_FILE");
  CHECK_EQ(next_descriptor(), before);
}

TEST_CASE("file: room that is taken ahead is taken, and changes neither length nor content") {
  const TemporaryFolder folder;
  const std::string path = folder.add("file", bytes_of("content"));
  const File file = File::open_write(path);
  file.reserve(4096, 1 << 20);
  struct stat facts {};
  REQUIRE_EQ(::stat(path.c_str(), &facts), 0);
  CHECK_EQ(facts.st_size, 7);
  CHECK_GE(facts.st_blocks * 512, 1 << 20);
  file.write(4096, view(bytes_of("more")));
  Bytes expected = bytes_of("content");
  expected.resize(4096);
  append(expected, bytes_of("more"));
  CHECK_EQ(content_of(path), expected);
}

TEST_CASE("file: room where no file can be is no error; writing tells what is wrong") {
  const TemporaryFolder folder;
  const std::string path = folder.add("file", {});
  File::open_write(path).reserve(std::uint64_t{1} << 62, 7);
  File::open_read(path).reserve(0, 7);
  CHECK_EQ(content_of(path), Bytes{});
}

}  // namespace omiforge::test
