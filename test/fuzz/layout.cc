#include "format/qcow2/layout.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <map>
#include <vector>

#include "format/qcow2/image.h"
#include "support/memory_file.h"
#include "support/rules.h"

// Any sequence of calls to a Layout: calls out of order change nothing, and the file that comes out of the
// others reads back, with each of its clusters used and counted once.
namespace omiforge::fuzz {
namespace {

using qcow2::Layout;
using qcow2::Qcow2Image;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kCluster = Layout::kClusterBytes;
constexpr int kMostCalls = 64;
// The beginning of a cluster stands for all of it.
constexpr std::size_t kMarkBytes = 8;

MutableBytes room(Bytes& bytes) { return {bytes.data(), bytes.size()}; }

// Whoever uses a Layout: keeps the order of the file, and remembers which clusters it has added.
class Assembly {
 public:
  Assembly(std::uint64_t virtual_size, MemoryFile& file)
      : layout_(virtual_size), virtual_size_(virtual_size), file_(file), end_(layout_.front_matter_bytes()) {
    file_.clear();
  }

  std::uint64_t clusters() const { return divide_up(virtual_size_, kCluster); }
  std::uint64_t file_bytes() const { return end_; }
  // The guest clusters that have data, and the numbers they were marked with.
  const std::map<std::uint64_t, std::uint64_t>& added() const { return added_; }

  // The answer is false when the layout refuses the call as out of order.
  bool add(std::uint64_t first, std::uint64_t count, const Bytes& has_data) {
    try {
      layout_.add_clusters(first, count, {has_data.data(), has_data.size()});
    } catch (const Error& error) {
      require(error.code() == ErrorCode::kInternal, "calls out of order are a fault of the caller");
      return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      if ((has_data[i / 8] >> (i % 8) & 1) == 0) continue;
      require(added_.emplace(first + i, end_).second, "a guest cluster is added once");
      Bytes mark(kMarkBytes);
      store_be64(mark.data(), end_);
      append(mark, kCluster);
    }
    return true;
  }

  void close_region() {
    Bytes table(kCluster);
    if (layout_.close_region(room(table))) append(table, kCluster);
  }

  void finish() {
    Bytes blocks(static_cast<std::size_t>(layout_.finish()));
    layout_.fill_refcount_blocks(room(blocks));
    append(blocks, blocks.size());
    const std::vector<Layout::Part> parts = layout_.front_matter_parts();
    for (std::size_t part = 0; part < parts.size(); ++part) {
      Bytes bytes(static_cast<std::size_t>(parts[part].length));
      layout_.fill_front_matter(part, room(bytes));
      file_.write(parts[part].offset, {bytes.data(), bytes.size()});
    }
  }

 private:
  void append(const Bytes& bytes, std::uint64_t length) {
    file_.write(end_, {bytes.data(), bytes.size()});
    end_ += length;
  }

  Layout layout_;
  std::uint64_t virtual_size_;
  MemoryFile& file_;
  std::uint64_t end_;
  std::map<std::uint64_t, std::uint64_t> added_;
};

// Calls in order must succeed, any others are tried in between.
void make_calls(Assembly& assembly, FuzzedDataProvider& choices) {
  std::uint64_t next = 0;
  for (int call = 0; call < kMostCalls && choices.remaining_bytes() > 0; ++call) {
    const std::uint64_t count = choices.ConsumeIntegralInRange<std::uint64_t>(1, 40);
    Bytes has_data = choices.ConsumeBytes<std::uint8_t>(static_cast<std::size_t>(divide_up(count, 8)));
    has_data.resize(static_cast<std::size_t>(divide_up(count, 8)));
    if (choices.ConsumeIntegralInRange(0, 3) == 0) {
      const auto first = choices.ConsumeIntegralInRange<std::uint64_t>(0, assembly.clusters());
      if (!assembly.add(first, count, has_data)) continue;
      next = first + count;
      if (next % Layout::kRegionClusters == 0) assembly.close_region();
      continue;
    }
    const std::uint64_t region = next / Layout::kRegionClusters;
    if (choices.ConsumeBool()) {
      assembly.close_region();
      next = (region + choices.ConsumeIntegralInRange<std::uint64_t>(1, 2)) * Layout::kRegionClusters;
    }
    const std::uint64_t region_end = (next / Layout::kRegionClusters + 1) * Layout::kRegionClusters;
    const std::uint64_t end = std::min(region_end, assembly.clusters());
    if (next >= end) continue;
    const std::uint64_t fitting = std::min(count, end - next);
    require(assembly.add(next, fitting, has_data), "calls in order are taken");
    next += fitting;
    if (next == region_end) assembly.close_region();
  }
  assembly.close_region();
  assembly.finish();
}

// Counts how often each cluster of the file is used, by following its tables.
class Uses {
 public:
  Uses(const File& file, const qcow2::Header& header) : file_(file), uses_(file.size() / kCluster) {
    use(0, kCluster);
    for (const std::uint64_t block :
         table(header.refcount_table.value, header.refcount_table_clusters * kCluster)) {
      if (block != 0) use(block, kCluster);
    }
    for (const std::uint64_t l1 : table(header.l1_table.value, header.l1_entries * std::uint64_t{8})) {
      if (l1 == 0) continue;
      for (const std::uint64_t entry : table(offset_of(l1), kCluster)) {
        if (entry != 0) use(offset_of(entry), kCluster);
      }
    }
  }

  bool each_once() const {
    return std::all_of(uses_.begin(), uses_.end(), [](int uses) { return uses == 1; });
  }

 private:
  static std::uint64_t offset_of(std::uint64_t entry) {
    require(entry >> 63 == 1, "every cluster is marked as used once");
    return entry & ~(std::uint64_t{1} << 63);
  }

  std::vector<std::uint64_t> table(std::uint64_t offset, std::uint64_t length) {
    use(offset, length);
    Bytes bytes(static_cast<std::size_t>(length));
    file_.read(offset, room(bytes));
    std::vector<std::uint64_t> entries(bytes.size() / 8);
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = load_be64(bytes.data() + i * 8);
    return entries;
  }

  void use(std::uint64_t offset, std::uint64_t length) {
    require(offset % kCluster == 0, "everything begins with a cluster");
    require(range_fits(offset, length, file_.size()), "everything lies within the file");
    for (std::uint64_t i = 0; i < divide_up(length, kCluster); ++i) ++uses_[offset / kCluster + i];
  }

  const File& file_;
  std::vector<int> uses_;
};

void require_refcounts(const File& file, const qcow2::Header& header) {
  constexpr std::uint64_t kPerBlock = kCluster / 2;
  Bytes entry(8);
  Bytes counts(kCluster);
  for (std::uint64_t first = 0; first < file.size() / kCluster; first += kPerBlock) {
    file.read(header.refcount_table.value + first / kPerBlock * 8, room(entry));
    file.read(load_be64(entry.data()), room(counts));
    for (std::uint64_t i = 0; i < kPerBlock; ++i) {
      const int expected = first + i < file.size() / kCluster ? 1 : 0;
      require(load_be16(counts.data() + i * 2) == expected, "every cluster of the file counts one");
    }
  }
}

void require_reads_back(const Assembly& assembly, Qcow2Image& image) {
  for (const auto& [cluster, mark] : assembly.added()) {
    Bytes bytes(kMarkBytes);
    image.read({cluster * kCluster}, room(bytes));
    require(load_be64(bytes.data()) == mark, "a cluster reads back");
  }
  std::uint64_t stored_bytes = 0;
  for (std::uint64_t at = 0; at < image.size();) {
    const Extent extent = image.next_extent({at}, image.size() - at);
    // A cluster can be of several, as most of it is a hole.
    if (extent.kind == ExtentKind::kData) stored_bytes += extent.length;
    at += extent.length;
  }
  require(divide_up(stored_bytes, kCluster) == assembly.added().size(), "nothing else reads as data");
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
  fuzz::make_calls(assembly, choices);

  const File file = memory.open();
  fuzz::require(file.size() == assembly.file_bytes(), "the refcount blocks end the file");
  qcow2::Qcow2Image image(memory.open());
  fuzz::require(!image.refusal() && image.size() == sectors * 512, "the image can be read");
  fuzz::require(fuzz::Uses(file, image.header()).each_once(), "every cluster of the file is used once");
  fuzz::require_refcounts(file, image.header());
  fuzz::require_reads_back(assembly, image);
  return 0;
}
