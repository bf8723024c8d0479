#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace omiforge::qcow2 {

// Ranges that may overlap, taken together: how many of them cover each place. So a thousand tables that share
// their bytes are walked once, not a thousand times.
class RangeSweep {
 public:
  struct Run {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t times = 0;  // at least 1
  };

  // [begin, end), with begin <= end.
  void add(std::uint64_t begin, std::uint64_t end);

  // Ascending, without overlap; at most twice as many as ranges were added.
  std::vector<Run> runs() const;

 private:
  std::vector<std::pair<std::uint64_t, bool>> edges_;  // a place, and whether a range begins there
};

}  // namespace omiforge::qcow2
