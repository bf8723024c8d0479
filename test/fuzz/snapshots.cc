#include <algorithm>
#include <vector>

#include "format/qcow2/image.h"
#include "support/memory_file.h"
#include "support/rules.h"

// The snapshot table of a file of any bytes, and each snapshot opened like an image.
namespace omiforge::fuzz {
namespace {

constexpr std::uint64_t kMostBytes = 4 << 10;
constexpr std::size_t kMostSnapshots = 8;
// More cost milliseconds without anything new in them.
constexpr std::uint32_t kMostTableEntries = 2048;

void read_beginning(qcow2::Qcow2Image& image) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min(image.size(), kMostBytes)));
  image.read({0}, {bytes.data(), bytes.size()});
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  static fuzz::MemoryFile file;
  file.replace({data, size});
  try {
    const qcow2::Qcow2Image active(file.open());
    if (active.header().snapshot_count > fuzz::kMostTableEntries) return 0;
    const std::vector<qcow2::Snapshot> snapshots = active.snapshots();
    for (std::size_t i = 0; i < snapshots.size() && i < fuzz::kMostSnapshots; ++i) {
      fuzz::require(qcow2::find_snapshot(snapshots, snapshots[i].id).id == snapshots[i].id,
                    "a snapshot is found by its id");
      ReadOptions options;
      options.snapshot = snapshots[i].id;
      options.allow_corrupt = true;
      qcow2::Qcow2Image image(file.open(), options);
      if (image.refusal()) return 0;
      fuzz::require(image.size() == qcow2::find_snapshot(snapshots, snapshots[i].id).disk_bytes,
                    "a snapshot has its own size");
      fuzz::read_beginning(image);
    }
  } catch (const Error& error) {
    fuzz::require_fault_of_image(error);
  }
  return 0;
}
