#include "format/raw.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {
namespace {

Bytes read_all(Image& image, std::uint64_t from, std::size_t length) {
  Bytes bytes(length, 0xee);
  image.read({from}, room(bytes));
  return bytes;
}

}  // namespace

TEST_CASE("raw: a file without holes is one extent of data, at the same place in the file") {
  RawImage image(file_with(Bytes(5000, 'x')));
  CHECK_EQ(image.size(), 5000);
  const Extent extent = image.next_extent({100}, 4900);
  CHECK_EQ(extent.start.value, 100);
  CHECK_EQ(extent.length, 4900);
  CHECK(extent.kind == ExtentKind::kData);
  REQUIRE(extent.host.has_value());
  CHECK_EQ(extent.host->value, 100);
  CHECK_EQ(image.next_extent({100}, 1).length, 1);
}

TEST_CASE("raw: a size that is no multiple of anything") {
  for (const std::size_t size : {1, 511, 513, 4097}) {
    Random random(size);
    const Bytes content = noise(random, size);
    RawImage image(file_with(content));
    CHECK_EQ(image.size(), size);
    CHECK_EQ(read_all(image, 0, size), content);
    CHECK_EQ(read_all(image, size - 1, 1), Bytes{content.back()});
  }
}

TEST_CASE("raw: a disk of whole sectors goes on where the file ends within one") {
  for (const std::size_t size : {1, 511, 512, 513, 4097}) {
    Random random(size);
    Bytes content = noise(random, size);
    RawImage image(file_with(content), RawEnd::kWholeSector);
    content.resize((size + 511) / 512 * 512);
    CHECK_EQ(image.size(), content.size());
    CHECK_EQ(read_all(image, 0, content.size()), content);
    CHECK_EQ(read_all(image, content.size() - 1, 1), Bytes{content.back()});
    const Extent extent = image.next_extent({0}, content.size());
    CHECK(extent.kind == ExtentKind::kData);
    CHECK_EQ(extent.length, size);
    if (size % 512 == 0) continue;
    const Extent rest = image.next_extent({size}, content.size() - size);
    CHECK(rest.kind == ExtentKind::kUnallocated);
    CHECK_EQ(rest.length, content.size() - size);
  }
}

TEST_CASE("raw: extents tile the disk, and holes read as zeros") {
  constexpr std::size_t kPiece = 1 << 16;
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", {});
  Random random(1);
  Bytes expected(16 * kPiece);
  {
    const File target = File::open_write(path);
    for (const std::size_t piece : {1, 2, 5, 11, 14}) {
      const Bytes content = noise(random, kPiece);
      target.write(piece * kPiece, view(content));
      std::copy(content.begin(), content.end(),
                expected.begin() + static_cast<std::ptrdiff_t>(piece * kPiece));
    }
    REQUIRE_EQ(::truncate(path.c_str(), static_cast<off_t>(expected.size())), 0);
  }
  RawImage image(File::open_read(path));
  for (std::uint64_t at = 0; at < image.size();) {
    const Extent extent = image.next_extent({at}, image.size() - at);
    CHECK_EQ(extent.start.value, at);
    REQUIRE_GT(extent.length, 0);
    CHECK((extent.kind == ExtentKind::kData || extent.kind == ExtentKind::kUnallocated));
    REQUIRE(extent.host.has_value());
    CHECK_EQ(extent.host->value, at);
    if (extent.reads_as_zeros()) {
      CHECK(is_zero(view(expected).slice(at, extent.length)));
    }
    at += extent.length;
  }
  CHECK(read_all(image, 0, expected.size()) == expected);
  for (int round = 0; round < 200; ++round) {
    const std::size_t from = below(random, expected.size());
    const std::size_t length = below(random, expected.size() - from + 1);
    const auto begin = expected.begin() + static_cast<std::ptrdiff_t>(from);
    CHECK(read_all(image, from, length) == Bytes(begin, begin + static_cast<std::ptrdiff_t>(length)));
  }
}

TEST_CASE("raw: a file that is cut while it is read fails instead of reading as zeros") {
  const TemporaryFolder folder;
  const std::string path = folder.add("disk", Bytes(1 << 20, 'x'));
  RawImage image(File::open_read(path));
  REQUIRE_EQ(::truncate(path.c_str(), 1 << 19), 0);
  CHECK_EQ(read_all(image, 0, 1 << 19), Bytes(1 << 19, 'x'));
  CHECK_EQ(thrown_by([&] { read_all(image, 0, 1 << 20); }).code, "IO_SHORT_READ");
  CHECK_EQ(thrown_by([&] { read_all(image, 1 << 19, 1); }).code, "IO_SHORT_READ");
}

}  // namespace omiforge::test
