#include "builders/forward_conversion.h"

#include <algorithm>
#include <filesystem>

#include "format/qcow2/image.h"
#include "format/qcow2/placement_check.h"
#include "format/qcow2/placer.h"
#include "image/segment.h"

namespace omiforge::test {
namespace {

// Smaller than in the product, so that small images have several.
constexpr std::uint64_t kSegmentBytes = 16384;

std::uint64_t bytes_of(const std::vector<PlacedRun>& runs) {
  std::uint64_t sum = 0;
  for (const PlacedRun& run : runs) sum += run.length;
  return sum;
}

std::uint64_t longest_of(const std::vector<PlacedRun>& runs) {
  std::uint64_t longest = 0;
  for (const PlacedRun& run : runs) longest = std::max(longest, run.length);
  return longest;
}

bool has_stored_bytes(Image& image, std::uint64_t from, std::uint64_t length) {
  for (std::uint64_t done = 0; done < length;) {
    const Extent extent = image.next_extent({from + done}, length - done);
    if (!extent.reads_as_zeros()) return true;
    done += extent.length;
  }
  return false;
}

std::uint64_t copy_rest(Image& image, const std::string& target_path) {
  std::uint64_t copied = 0;
  const File target = File::open_write(target_path);
  for (std::uint64_t at = 0; at < image.size(); at += kSegmentBytes) {
    const std::uint64_t length = std::min(kSegmentBytes, image.size() - at);
    if (!has_stored_bytes(image, at, length)) continue;
    Bytes segment(static_cast<std::size_t>(length));
    image.read({at}, room(segment));
    place_bytes(view(segment), at, target);
    copied += length;
  }
  return copied;
}

}  // namespace

ForwardConversion convert_forwards(ByteView file, std::size_t block_bytes, const std::string& target_path,
                                   const std::string& rest_path) {
  ForwardConversion done;
  qcow2::Placer placer;
  for (std::size_t at = 0; at < file.size; at += block_bytes) {
    const ByteView block = file.slice(at, std::min(block_bytes, file.size - at));
    const qcow2::Placer::Found found = placer.take(block);
    const File target = File::open_write(target_path);
    const File rest = File::open_read_write(rest_path);
    Bytes scratch(static_cast<std::size_t>(longest_of(found.behind)));
    move_runs(found.behind, rest, target, room(scratch));
    scatter(block, {at}, found.here, target, rest);
    done.placed_bytes += bytes_of(found.here) + bytes_of(found.behind);
  }
  std::filesystem::resize_file(rest_path, file.size);
  qcow2::Qcow2Image image(File::open_read(rest_path));
  if (image.refusal()) throw *image.refusal();
  qcow2::PlacementCheck check(File::open_read(rest_path), placer.placed());
  while (!check.step()) {
  }
  std::filesystem::resize_file(target_path, image.size());
  done.copied_bytes = copy_rest(image, target_path);
  done.disk_bytes = image.size();
  return done;
}

}  // namespace omiforge::test
