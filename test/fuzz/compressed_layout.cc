#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <map>
#include <vector>

#include "format/qcow2/check.h"
#include "format/qcow2/cluster_map.h"
#include "format/qcow2/header_file.h"
#include "format/qcow2/layout.h"
#include "support/memory_file.h"
#include "support/rules.h"

// Clusters of any lengths, compressed and plain, in any number of calls: a check finds nothing wrong with the
// file that comes out, and each cluster is where it was put.
namespace omiforge::fuzz {
namespace {

using codec::CompressionType;
using qcow2::ClusterKind;
using qcow2::ClusterMapping;
using qcow2::Layout;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kCluster = Layout::kClusterBytes;
constexpr int kMostCalls = 64;

MutableBytes room(Bytes& bytes) { return {bytes.data(), bytes.size()}; }

// Where a guest cluster was put, and how many bytes it takes.
struct Place {
  std::uint64_t host = 0;
  std::uint64_t bytes = 0;
};

// Whoever uses a Layout with compressed clusters: keeps the order of the file, whose data are holes.
class Assembly {
 public:
  Assembly(std::uint64_t virtual_size, MemoryFile& file)
      : layout_(virtual_size, CompressionType::kZlib), file_(file), end_(layout_.front_matter_bytes()) {
    file_.clear();
  }

  std::uint64_t file_bytes() const { return end_; }
  const std::map<std::uint64_t, Place>& places() const { return places_; }

  void add(std::uint64_t first, const std::vector<std::uint32_t>& stored_bytes) {
    const bool is_due = layout_.add_compressed(first, stored_bytes.size(), stored_bytes.data());
    for (std::size_t i = 0; i < stored_bytes.size(); ++i) {
      const std::uint32_t bytes = stored_bytes[i];
      if (bytes == 0) continue;
      if (bytes == kCluster) {
        waiting_.push_back(first + i);
      } else {
        places_[first + i] = {end_, bytes};
        end_ += bytes;
      }
    }
    if (is_due) place_plain();
  }

  void place_plain() {
    const std::uint64_t padding = layout_.place_plain();
    require(padding < kCluster, "padding is less than a cluster");
    end_ += padding;
    for (const std::uint64_t cluster : waiting_) {
      places_[cluster] = {end_, kCluster};
      end_ += kCluster;
    }
    waiting_.clear();
  }

  void close_region() {
    place_plain();
    Bytes table(kCluster);
    if (layout_.close_region(room(table))) append(table);
  }

  void finish() {
    Bytes blocks(static_cast<std::size_t>(layout_.finish()));
    layout_.fill_refcount_blocks(room(blocks));
    append(blocks);
    const std::vector<Layout::Part> parts = layout_.front_matter_parts();
    for (std::size_t part = 0; part < parts.size(); ++part) {
      Bytes bytes(static_cast<std::size_t>(parts[part].length));
      layout_.fill_front_matter(part, room(bytes));
      file_.write(parts[part].offset, {bytes.data(), bytes.size()});
    }
  }

 private:
  void append(const Bytes& bytes) {
    file_.write(end_, {bytes.data(), bytes.size()});
    end_ += bytes.size();
  }

  Layout layout_;
  MemoryFile& file_;
  std::uint64_t end_;
  std::vector<std::uint64_t> waiting_;
  std::map<std::uint64_t, Place> places_;
};

std::vector<std::uint32_t> any_lengths(FuzzedDataProvider& choices, std::uint64_t most) {
  std::vector<std::uint32_t> lengths(
      static_cast<std::size_t>(choices.ConsumeIntegralInRange<std::uint64_t>(1, most)));
  // A few bytes of input make many clusters.
  const auto length = choices.ConsumeIntegralInRange<std::uint32_t>(0, kCluster);
  const auto step = choices.ConsumeIntegral<std::uint16_t>();
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    lengths[i] = static_cast<std::uint32_t>((length + i * step) % (kCluster + 1));
  }
  return lengths;
}

void make_calls(Assembly& assembly, std::uint64_t clusters, FuzzedDataProvider& choices) {
  std::uint64_t next = 0;
  for (int call = 0; call < kMostCalls && choices.remaining_bytes() > 0 && next < clusters; ++call) {
    const std::uint64_t region_end = (next / Layout::kRegionClusters + 1) * Layout::kRegionClusters;
    const std::uint64_t most = std::min({region_end, clusters, next + 400}) - next;
    const std::vector<std::uint32_t> lengths = any_lengths(choices, most);
    assembly.add(next, lengths);
    next += lengths.size();
    if (next != region_end && choices.ConsumeIntegralInRange(0, 3) != 0) continue;
    assembly.close_region();
    next = region_end;
  }
  assembly.close_region();
  assembly.finish();
}

void require_clean(MemoryFile& memory, const Assembly& assembly) {
  qcow2::Checker checker(memory.open());
  while (!checker.step().is_done) {
  }
  const qcow2::CheckReport& report = checker.report();
  require(report.corruptions + report.leaks + report.check_errors == 0, "a check finds nothing wrong");
  require(report.allocated_clusters == assembly.places().size(), "every cluster is there, and no other");
  require(report.image_end == assembly.file_bytes(), "the refcount blocks end the file");
}

void require_places(MemoryFile& memory, const Assembly& assembly) {
  const File file = memory.open();
  const qcow2::Header header = qcow2::read_header(file);
  qcow2::ClusterMap map(file, header, nullptr, {header.l1_table, header.l1_entries}, header.size);
  for (const auto& [cluster, place] : assembly.places()) {
    const ClusterMapping mapping = map.at(cluster);
    require(mapping.host.value == place.host, "a cluster is where it was put");
    const bool is_plain = place.bytes == kCluster;
    require(mapping.kind == (is_plain ? ClusterKind::kAllocated : ClusterKind::kCompressed),
            "a cluster is compressed where it takes less than one");
    require(
        is_plain || (mapping.compressed_bytes >= place.bytes && mapping.compressed_bytes < place.bytes + 512),
        "a cluster is as long as it was told");
  }
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  static fuzz::MemoryFile memory;
  FuzzedDataProvider choices(data, size);
  // Up to three regions: larger disks have larger tables and nothing new.
  const std::uint64_t sectors =
      choices.ConsumeIntegralInRange<std::uint64_t>(1, 3 * qcow2::Layout::kRegionBytes / 512);
  fuzz::Assembly assembly(sectors * 512, memory);
  fuzz::make_calls(assembly, divide_up(sectors * 512, qcow2::Layout::kClusterBytes), choices);
  fuzz::require_clean(memory, assembly);
  fuzz::require_places(memory, assembly);
  return 0;
}
