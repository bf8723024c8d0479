#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "io/file.h"

// What of a file is data and what is a hole.
namespace omiforge::test {

TEST_CASE("file: holes and data are told as the file system tells them") {
  constexpr std::uint64_t kPiece = 1 << 20;
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", {});
  const File target = File::open_write(path);
  target.write(kPiece, view(Bytes(kPiece, 'x')));
  REQUIRE_EQ(::truncate(path.c_str(), 4 * kPiece), 0);
  const File file = File::open_read(path);

  // Some file systems know no holes: then all is data, up to the end.
  struct stat facts {};
  REQUIRE_EQ(::stat(path.c_str(), &facts), 0);
  const bool is_sparse = static_cast<std::uint64_t>(facts.st_blocks) * 512 < 2 * kPiece;
  CHECK_EQ(file.next_data(0), is_sparse ? kPiece : 0);
  CHECK_EQ(file.next_data(kPiece + 5), kPiece + 5);
  CHECK_EQ(file.next_data(3 * kPiece), is_sparse ? 4 * kPiece : 3 * kPiece);
  CHECK_EQ(file.next_data(4 * kPiece), 4 * kPiece);

  const FileRun first = file.run_at(5);
  CHECK_EQ(first.is_hole, is_sparse);
  CHECK_EQ(first.begin, 5);
  CHECK_EQ(first.end, is_sparse ? kPiece : 4 * kPiece);
  CHECK_FALSE(first.contains(4));
  CHECK(first.contains(5));
  CHECK_FALSE(first.contains(first.end));
  const FileRun data = file.run_at(kPiece + 5);
  CHECK_FALSE(data.is_hole);
  CHECK_EQ(data.end, is_sparse ? 2 * kPiece : 4 * kPiece);
  CHECK_EQ(file.run_at(3 * kPiece).is_hole, is_sparse);
  // What lies past the end is a hole without one.
  CHECK(file.run_at(4 * kPiece).is_hole);
  CHECK(file.run_at(9 * kPiece).contains(~std::uint64_t{1}));
}

TEST_CASE("file: what a hole is punched into reads as zeros, or as before where that cannot be") {
  constexpr std::uint64_t kPiece = 1 << 20;
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", Bytes(4 * kPiece, 'x'));
  const File file = File::open_read_write(path);
  file.punch_hole(kPiece, 2 * kPiece);
  CHECK_EQ(content_of(path).size(), 4 * kPiece);
  struct stat facts {};
  REQUIRE_EQ(::stat(path.c_str(), &facts), 0);
  const bool is_freed = static_cast<std::uint64_t>(facts.st_blocks) * 512 < 4 * kPiece;
  Bytes bytes(static_cast<std::size_t>(2 * kPiece));
  file.read(kPiece, room(bytes));
  CHECK(bytes == Bytes(bytes.size(), is_freed ? 0 : 'x'));
  file.read(0, room(bytes).slice(0, kPiece));
  CHECK(first_bytes(bytes, kPiece) == Bytes(kPiece, 'x'));
  // Past the end there is nothing to give back, and the file stays as long as it is.
  file.punch_hole(8 * kPiece, kPiece);
  CHECK_EQ(content_of(path).size(), 4 * kPiece);
  CHECK_EQ(thrown_by([&] { File::open_write(path).punch_hole(0, 0); }).code, "IO_FAILED");
}

TEST_CASE("file: one that has grown still ends where it ended when it was opened") {
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", {});
  REQUIRE_EQ(::truncate(path.c_str(), 1 << 16), 0);
  const File file = File::open_read(path);
  File::open_write(path).write(1 << 17, view(bytes_of("x")));
  CHECK_EQ(file.size(), 1 << 16);
  CHECK_LE(file.next_data(1 << 15), 1 << 16);
  CHECK_FALSE(file.run_at(1 << 16).contains(0));
  CHECK(file.run_at(1 << 16).is_hole);
}

}  // namespace omiforge::test
