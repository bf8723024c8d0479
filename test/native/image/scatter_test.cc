#include "image/scatter.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {
namespace {

constexpr std::size_t kPage = 4096;

struct TwoFiles {
  TemporaryFolder folder;
  std::string target = folder.add("target", {});
  std::string rest = folder.add("rest", {});
};

std::uint64_t allocated_bytes(const std::string& path) {
  struct stat facts {};
  REQUIRE_EQ(::stat(path.c_str(), &facts), 0);
  return static_cast<std::uint64_t>(facts.st_blocks) * 512;
}

Bytes part(const Bytes& bytes, std::size_t from, std::size_t length) {
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(from);
  return Bytes(begin, begin + static_cast<std::ptrdiff_t>(length));
}

}  // namespace

TEST_CASE("scatter: runs go to their places, and what lies between them to that of the block") {
  Random random(1);
  const TwoFiles files;
  const Bytes block = noise(random, 5 * kPage);
  const std::uint64_t start = 7 * kPage;
  const std::vector<PlacedRun> runs = {{{start + kPage}, kPage, {9 * kPage}},
                                       {{start + 2 * kPage}, kPage, {0}},
                                       {{start + 4 * kPage}, kPage, {3 * kPage}}};
  const std::uint64_t written =
      scatter(view(block), {start}, runs, File::open_write(files.target), File::open_write(files.rest));
  CHECK_EQ(written, 3 * kPage);
  const Bytes target = content_of(files.target);
  REQUIRE_EQ(target.size(), 10 * kPage);
  CHECK(part(target, 9 * kPage, kPage) == part(block, kPage, kPage));
  CHECK(part(target, 0, kPage) == part(block, 2 * kPage, kPage));
  CHECK(part(target, 3 * kPage, kPage) == part(block, 4 * kPage, kPage));
  CHECK(is_zero(view(part(target, kPage, 2 * kPage))));
  const Bytes rest = content_of(files.rest);
  REQUIRE_EQ(rest.size(), start + 4 * kPage);
  CHECK(part(rest, start, kPage) == part(block, 0, kPage));
  CHECK(is_zero(view(part(rest, start + kPage, 2 * kPage))));
  CHECK(part(rest, start + 3 * kPage, kPage) == part(block, 3 * kPage, kPage));
}

TEST_CASE("scatter: zeros are written to neither file") {
  const TwoFiles files;
  const Bytes block(4 * kPage);
  const std::vector<PlacedRun> runs = {{{kPage}, kPage, {0}}};
  const File target = File::open_write(files.target);
  CHECK_EQ(scatter(view(block), {0}, runs, target, File::open_write(files.rest)), 0);
  CHECK(content_of(files.target).empty());
  CHECK(content_of(files.rest).empty());
}

TEST_CASE("scatter: moved runs are in the one file and no longer in the other") {
  Random random(2);
  const TemporaryFolder folder;
  const std::string target = folder.add("target", {});
  const Bytes content = noise(random, 6 * kPage);
  const std::string rest = folder.add("rest", content);
  const std::uint64_t before = allocated_bytes(rest);
  // The second one goes on past the end of the file, which reads as zeros.
  const std::vector<PlacedRun> runs = {{{kPage}, 2 * kPage, {4 * kPage}}, {{5 * kPage}, 2 * kPage, {0}}};
  Bytes scratch(2 * kPage);
  const std::uint64_t written =
      move_runs(runs, File::open_read_write(rest), File::open_write(target), room(scratch));
  CHECK_EQ(written, 3 * kPage);
  const Bytes moved = content_of(target);
  REQUIRE_EQ(moved.size(), 6 * kPage);
  CHECK(part(moved, 4 * kPage, 2 * kPage) == part(content, kPage, 2 * kPage));
  CHECK(part(moved, 0, kPage) == part(content, 5 * kPage, kPage));
  const Bytes left = content_of(rest);
  REQUIRE_EQ(left.size(), 6 * kPage);
  CHECK(part(left, 0, kPage) == part(content, 0, kPage));
  CHECK(part(left, 3 * kPage, 2 * kPage) == part(content, 3 * kPage, 2 * kPage));
  // A file system that gives no room back keeps what was moved; then it is the same that was written.
  const bool is_freed = allocated_bytes(rest) < before;
  CHECK(part(left, kPage, 2 * kPage) == (is_freed ? Bytes(2 * kPage) : part(content, kPage, 2 * kPage)));
}

}  // namespace omiforge::test
