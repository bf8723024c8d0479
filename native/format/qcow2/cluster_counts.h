#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace omiforge::qcow2 {

// How often each host cluster is referred to, and whether its refcount in the file is one. Kept in pages that
// come into being with the first thing that is noted in them: about 1.1 bytes a cluster, eight more in a page
// where something is counted past 255.
class ClusterCounts {
 public:
  void add(std::uint64_t cluster, std::uint64_t times);
  std::uint64_t count(std::uint64_t cluster) const;

  void mark_refcount_one(std::uint64_t cluster);
  bool has_refcount_one(std::uint64_t cluster) const;

  // Calls visit(cluster, count) for the clusters of [first, end) whose count is not 0, ascending.
  template <typename Visit>
  void for_each_counted(std::uint64_t first, std::uint64_t end, Visit&& visit) const {
    for (auto it = pages_.lower_bound(first / kPageClusters);
         it != pages_.end() && it->first * kPageClusters < end; ++it) {
      const std::uint64_t start = it->first * kPageClusters;
      for (std::uint64_t cluster = std::max(first, start); cluster < std::min(end, start + kPageClusters);
           ++cluster) {
        const std::uint64_t times = it->second->count(cluster - start);
        if (times != 0) visit(cluster, times);
      }
    }
  }

 private:
  static constexpr std::uint64_t kPageClusters = 16384;

  struct Page {
    std::array<std::uint8_t, kPageClusters> narrow{};
    std::array<std::uint64_t, kPageClusters / 64> refcount_one{};
    std::vector<std::uint64_t> wide;  // in use instead of `narrow` unless empty

    std::uint64_t count(std::uint64_t index) const { return wide.empty() ? narrow[index] : wide[index]; }
    void add(std::uint64_t index, std::uint64_t times);
  };

  Page& page_of(std::uint64_t cluster);
  Page* find_page(std::uint64_t cluster) const;

  std::map<std::uint64_t, std::unique_ptr<Page>> pages_;
  // The page last found: neighbours follow each other nearly always.
  mutable std::uint64_t last_index_ = 0;
  mutable Page* last_ = nullptr;
};

}  // namespace omiforge::qcow2
