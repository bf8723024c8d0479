#include "format/qcow2/cluster_counts.h"

#include <limits>

namespace omiforge::qcow2 {

void ClusterCounts::Page::add(std::uint64_t index, std::uint64_t times) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t before = count(index);
  const std::uint64_t after = times > kMost - before ? kMost : before + times;
  if (wide.empty() && after > std::numeric_limits<std::uint8_t>::max()) {
    wide.assign(narrow.begin(), narrow.end());
  }
  if (wide.empty()) {
    narrow[index] = static_cast<std::uint8_t>(after);
  } else {
    wide[index] = after;
  }
}

ClusterCounts::Page* ClusterCounts::find_page(std::uint64_t cluster) const {
  const std::uint64_t index = cluster / kPageClusters;
  if (last_ != nullptr && last_index_ == index) return last_;
  const auto it = pages_.find(index);
  if (it == pages_.end()) return nullptr;
  last_index_ = index;
  last_ = it->second.get();
  return last_;
}

ClusterCounts::Page& ClusterCounts::page_of(std::uint64_t cluster) {
  if (Page* page = find_page(cluster)) return *page;
  return *(pages_[cluster / kPageClusters] = std::make_unique<Page>());
}

void ClusterCounts::add(std::uint64_t cluster, std::uint64_t times) {
  page_of(cluster).add(cluster % kPageClusters, times);
}

std::uint64_t ClusterCounts::count(std::uint64_t cluster) const {
  const Page* page = find_page(cluster);
  return page == nullptr ? 0 : page->count(cluster % kPageClusters);
}

void ClusterCounts::mark_refcount_one(std::uint64_t cluster) {
  const std::uint64_t index = cluster % kPageClusters;
  page_of(cluster).refcount_one[index / 64] |= std::uint64_t{1} << (index % 64);
}

bool ClusterCounts::has_refcount_one(std::uint64_t cluster) const {
  const std::uint64_t index = cluster % kPageClusters;
  const Page* page = find_page(cluster);
  return page != nullptr && (page->refcount_one[index / 64] >> (index % 64) & 1) != 0;
}

}  // namespace omiforge::qcow2
