#include <algorithm>

#include "builders/bytes.h"
#include "codec/crc32.h"
#include "format/qcow2/image.h"
#include "support/memory_file.h"
#include "support/rules.h"

// Guest bytes of a file of any bytes: a range reads the same at once and in pieces, and plain data is what
// stands in the file.
namespace omiforge::fuzz {
namespace {

using qcow2::Qcow2Image;
using test::below;
using test::Bytes;
using test::Random;

constexpr std::uint64_t kMostBytes = 16 << 10;

bool read(Qcow2Image& image, std::uint64_t from, MutableBytes out) {
  try {
    image.read({from}, out);
    return true;
  } catch (const Error& error) {
    require_fault_of_image(error);
    return false;
  }
}

// In pieces of chance sizes, from the back to the front, so that other tables and clusters are
// loaded than by one read.
bool read_in_pieces(Qcow2Image& image, std::uint64_t from, MutableBytes out, Random& random) {
  for (std::size_t end = out.size; end > 0;) {
    const std::size_t piece = std::min<std::size_t>(end, std::size_t{1} << (5 + below(random, 10)));
    end -= piece;
    if (!read(image, from + end, out.slice(end, piece))) return false;
  }
  return true;
}

// What each extent says of its bytes is true.
void require_as_mapped(Qcow2Image& image, std::uint64_t from, ByteView bytes, ByteView file) {
  for (std::size_t done = 0; done < bytes.size;) {
    const Extent extent = image.next_extent({from + done}, bytes.size - done);
    const ByteView part = bytes.slice(done, static_cast<std::size_t>(extent.length));
    if (extent.reads_as_zeros()) require(is_zero(part), "zero and unallocated extents read as zeros");
    if (extent.kind == ExtentKind::kData) {
      const std::size_t host = static_cast<std::size_t>(extent.host->value);
      const std::size_t stored = std::min(part.size, file.size - std::min(host, file.size));
      require(std::equal(part.data, part.data + stored, file.data + host),
              "data reads as it stands in the file");
      require(is_zero(part.slice(stored, part.size - stored)), "what the file lacks reads as zeros");
    }
    done += part.size;
  }
}

void compare_reads(Qcow2Image& image, Qcow2Image& other, ByteView file, Random& random) {
  // The beginning of the disk is where most of its clusters are.
  const std::uint64_t beginning = std::min(image.size(), std::max<std::uint64_t>(kMostBytes, file.size));
  const std::uint64_t range = below(random, 4) == 0 ? image.size() : beginning;
  const std::uint64_t from = below(random, range + 1);
  const std::uint64_t length = below(random, std::min(image.size() - from, kMostBytes) + 1);
  Bytes whole(static_cast<std::size_t>(length), 0xaa);
  Bytes pieces(static_cast<std::size_t>(length), 0x55);
  const bool is_whole = read(image, from, {whole.data(), whole.size()});
  const bool is_complete = read_in_pieces(other, from, {pieces.data(), pieces.size()}, random);
  require(is_whole == is_complete, "a range can be read exactly when all its pieces can");
  if (!is_whole) return;
  require(whole == pieces, "a range reads the same at once and in pieces");
  require_as_mapped(image, from, {whole.data(), whole.size()}, file);
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  static fuzz::MemoryFile file;
  file.replace({data, size});
  // Any range will do. Chance that every change of the input changes tries more of them than the input could
  // choose.
  test::Random random(codec::crc32({data, size}));
  try {
    qcow2::Qcow2Image image(file.open());
    qcow2::Qcow2Image other(file.open());
    for (int round = 0; round < 3; ++round) fuzz::compare_reads(image, other, {data, size}, random);
  } catch (const Error& error) {
    fuzz::require_fault_of_image(error);
  }
  return 0;
}
