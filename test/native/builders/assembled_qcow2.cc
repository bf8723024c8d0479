#include "builders/assembled_qcow2.h"

#include <algorithm>

namespace omiforge::test {

using qcow2::Layout;

namespace {

void append_end(Layout& layout, Bytes& file) {
  Bytes blocks(static_cast<std::size_t>(layout.finish()));
  layout.fill_refcount_blocks(room(blocks));
  append(file, blocks);
  const std::vector<Layout::Part> parts = layout.front_matter_parts();
  for (std::size_t part = 0; part < parts.size(); ++part) {
    layout.fill_front_matter(part, room(file).slice(parts[part].offset, parts[part].length));
  }
}

}  // namespace

Bytes assemble_qcow2(Layout& layout, std::uint64_t virtual_size,
                     const std::map<std::uint64_t, Bytes>& clusters, std::uint64_t per_call) {
  Bytes file(static_cast<std::size_t>(layout.front_matter_bytes()));
  Bytes table(Layout::kClusterBytes);
  const std::uint64_t end = divide_up(virtual_size, Layout::kClusterBytes);
  for (std::uint64_t first = 0; first < end;) {
    const std::uint64_t region_end = (first / Layout::kRegionClusters + 1) * Layout::kRegionClusters;
    const std::uint64_t count = std::min({per_call, end - first, region_end - first});
    Bytes has_data(static_cast<std::size_t>(divide_up(count, 8)));
    for (auto it = clusters.lower_bound(first); it != clusters.end() && it->first < first + count; ++it) {
      const std::size_t i = it->first - first;
      has_data[i / 8] = static_cast<std::uint8_t>(has_data[i / 8] | (1 << (i % 8)));
      append(file, it->second);
    }
    layout.add_clusters(first, count, view(has_data));
    first += count;
    if ((first == region_end || first == end) && layout.close_region(room(table))) append(file, table);
  }
  append_end(layout, file);
  return file;
}

Bytes assemble_compressed_qcow2(Layout& layout, std::uint64_t virtual_size,
                                const std::map<std::uint64_t, Bytes>& clusters, std::uint64_t per_call) {
  Bytes file(static_cast<std::size_t>(layout.front_matter_bytes()));
  Bytes table(Layout::kClusterBytes);
  Bytes waiting;
  const auto place_plain = [&] {
    file.resize(file.size() + static_cast<std::size_t>(layout.place_plain()));
    append(file, waiting);
    waiting.clear();
  };
  const std::uint64_t end = divide_up(virtual_size, Layout::kClusterBytes);
  for (std::uint64_t first = 0; first < end;) {
    const std::uint64_t region_end = (first / Layout::kRegionClusters + 1) * Layout::kRegionClusters;
    const std::uint64_t count = std::min({per_call, end - first, region_end - first});
    std::vector<std::uint32_t> stored_bytes(static_cast<std::size_t>(count));
    for (auto it = clusters.lower_bound(first); it != clusters.end() && it->first < first + count; ++it) {
      stored_bytes[it->first - first] = static_cast<std::uint32_t>(it->second.size());
      append(it->second.size() == Layout::kClusterBytes ? waiting : file, it->second);
    }
    if (layout.add_compressed(first, count, stored_bytes.data())) place_plain();
    first += count;
    if (first != region_end && first != end) continue;
    place_plain();
    if (layout.close_region(room(table))) append(file, table);
  }
  append_end(layout, file);
  return file;
}

}  // namespace omiforge::test
