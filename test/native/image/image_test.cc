#include "image/image.h"

#include <doctest/doctest.h>

#include "builders/listed_image.h"

namespace omiforge::test {

TEST_CASE("image: read fills the output across extents of every kind, from the middle of one to another's") {
  Random random(1);
  const Bytes data = noise(random, 100);
  ListedImage image;
  image.add(ExtentKind::kData, data);
  image.add(ExtentKind::kZero, Bytes(50));
  image.add(ExtentKind::kCompressed, bytes_of("compressed"));
  image.add(ExtentKind::kUnallocated, Bytes(7));
  image.add(ExtentKind::kData, bytes_of("end"));
  const Bytes& all = image.content();
  REQUIRE_EQ(all.size(), 170);
  for (std::size_t from = 0; from <= all.size(); ++from) {
    for (std::size_t length = 0; from + length <= all.size(); ++length) {
      Bytes out(length, 0xee);
      image.read({from}, room(out));
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
      REQUIRE_EQ(out, Bytes(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
  }
}

TEST_CASE("image: read touches nothing for holes") {
  ListedImage image;
  image.add(ExtentKind::kZero, Bytes(50));
  image.add(ExtentKind::kUnallocated, Bytes(50));
  Bytes out(100, 0xee);
  image.read({0}, room(out));
  CHECK_EQ(out, Bytes(100));
  CHECK_EQ(image.stored_reads(), 0);
}

}  // namespace omiforge::test
