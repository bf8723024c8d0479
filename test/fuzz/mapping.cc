#include <algorithm>
#include <vector>

#include "format/qcow2/image.h"
#include "support/memory_file.h"
#include "support/rules.h"

// The cluster map of a file of any bytes: its extents cover the disk without gap or overlap, whatever one
// asks.
namespace omiforge::fuzz {
namespace {

using qcow2::Qcow2Image;

// A disk may have as many extents as clusters, and the size is whatever the header says.
constexpr int kMostExtents = 64;

void require_legal(const Extent& extent, std::uint64_t from, std::uint64_t limit) {
  require(extent.start.value == from, "an extent begins where it was asked for");
  require(extent.length > 0, "an extent is never empty");
  require(extent.length <= limit, "an extent ends within the limit");
  require(extent.kind >= ExtentKind::kData && extent.kind <= ExtentKind::kUnallocated,
          "an extent has a kind");
  require(extent.kind != ExtentKind::kData || extent.host, "data has a place in the file");
  require(!extent.host || extent.kind == ExtentKind::kData || extent.kind == ExtentKind::kZero,
          "what is not stored as it reads has no place in the file");
}

// Unless the disk ends, an extent ends with a cluster, or with a subcluster where it is not compressed; its
// bytes are as far from the beginning of their host cluster as of their guest cluster.
void require_in_place(const Extent& extent, const Qcow2Image& image) {
  const qcow2::Header& header = image.header();
  const bool is_compressed = extent.kind == ExtentKind::kCompressed;
  const std::uint64_t unit = is_compressed ? header.cluster_bytes() : header.subcluster_bytes();
  const std::uint64_t end = extent.start.value + extent.length;
  require(end == image.size() || end % unit == 0, "an extent ends with what it is made of");
  if (extent.kind != ExtentKind::kData) return;
  require((extent.host->value - extent.start.value) % header.cluster_bytes() == 0,
          "data stays in its cluster");
}

// Asked for from its middle on, an extent is of the same kind, and its data where it was.
void require_same_within(Qcow2Image& image, const Extent& extent) {
  const std::uint64_t skipped = extent.length / 2;
  const std::uint64_t rest = extent.length - skipped;
  const Extent inner = image.next_extent(extent.start + skipped, rest);
  require_legal(inner, extent.start.value + skipped, rest);
  require(inner.kind == extent.kind, "a part of an extent is of its kind");
  require(inner.host.has_value() == extent.host.has_value(),
          "a part of an extent has a place where all of it has");
  if (extent.host) {
    require(inner.host->value == extent.host->value + skipped, "an extent is in one piece");
  }
}

// A fault is found again when the tables are loaded already.
void require_same_fault(Qcow2Image& image, std::uint64_t at, ErrorCode fault) {
  try {
    image.next_extent({at}, image.size() - at);
  } catch (const Error& error) {
    require(error.code() == fault, "a fault stays the same");
    return;
  }
  broken("a fault stays");
}

// Walks from `from` to the end of the disk or to a fault, or as far as the bound. Returns where it ended.
std::uint64_t walk(Qcow2Image& image, std::uint64_t from, std::vector<Extent>& extents) {
  std::uint64_t at = from;
  for (int count = 0; count < kMostExtents && at < image.size(); ++count) {
    try {
      extents.push_back(image.next_extent({at}, image.size() - at));
      require_legal(extents.back(), at, image.size() - at);
      require_in_place(extents.back(), image);
      at += extents.back().length;
    } catch (const Error& error) {
      require_fault_of_image(error);
      require_same_fault(image, at, error.code());
      return at;
    }
  }
  return at;
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  static fuzz::MemoryFile file;
  file.replace({data, size});
  try {
    qcow2::Qcow2Image image(file.open());
    if (image.refusal()) return 0;
    std::vector<Extent> extents;
    const std::uint64_t end = fuzz::walk(image, 0, extents);
    // A fault or a long beginning must not hide what stands at the end.
    if (end < image.size()) {
      fuzz::walk(image, image.size() - std::min<std::uint64_t>(image.size() - end, size), extents);
    }
    // In the other direction and from another image, which has loaded none of the tables.
    qcow2::Qcow2Image other(file.open());
    for (auto extent = extents.rbegin(); extent != extents.rend(); ++extent) {
      fuzz::require_same_within(other, *extent);
    }
  } catch (const Error& error) {
    fuzz::require_fault_of_image(error);
  }
  return 0;
}
