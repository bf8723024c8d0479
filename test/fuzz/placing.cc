#include <algorithm>

#include "builders/forward_conversion.h"
#include "codec/crc32.h"
#include "format/qcow2/image.h"
#include "support/memory_file.h"
#include "support/rules.h"

// A qcow2 of any bytes that is read forwards: it gives the disk that the ordinary reader gives, or an error.
namespace omiforge::fuzz {
namespace {

using qcow2::Qcow2Image;
using test::Bytes;

// All of the disk is read.
constexpr std::uint64_t kMostDiskBytes = 1 << 20;

// Empty where the ordinary reader has an error.
std::optional<Bytes> read_disk(Qcow2Image& image) {
  if (image.refusal()) return std::nullopt;
  try {
    Bytes disk(static_cast<std::size_t>(image.size()));
    image.read({0}, {disk.data(), disk.size()});
    return disk;
  } catch (const Error& error) {
    require_fault_of_image(error);
    return std::nullopt;
  }
}

void compare_readers(ByteView input, Qcow2Image& image) {
  static MemoryFile target;
  static MemoryFile rest;
  target.clear();
  rest.clear();
  const std::optional<Bytes> disk = read_disk(image);
  const std::size_t clusters = 1 + codec::crc32(input) % 5;
  const std::size_t block_bytes = clusters * static_cast<std::size_t>(image.header().cluster_bytes());
  try {
    test::convert_forwards(input, block_bytes, target.path(), rest.path());
  } catch (const Error& error) {
    require_fault_of_image(error);
    const bool is_about_uses = std::string(error.what()).find("copied flag") != std::string::npos;
    require(!disk || is_about_uses, "what can be read can be read forwards, unless its flags are wrong");
    return;
  }
  require(disk.has_value(), "what can be read forwards can be read");
  Bytes placed(disk->size());
  target.open().read(0, {placed.data(), placed.size()});
  require(placed == *disk, "a disk is the same, whichever way it is read");
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  static fuzz::MemoryFile file;
  file.replace({data, size});
  try {
    qcow2::Qcow2Image image(file.open());
    if (image.size() <= fuzz::kMostDiskBytes) fuzz::compare_readers({data, size}, image);
  } catch (const Error& error) {
    fuzz::require_fault_of_image(error);
  }
  return 0;
}
