#include "format/qcow2/range_sweep.h"

#include <algorithm>

namespace omiforge::qcow2 {

void RangeSweep::add(std::uint64_t begin, std::uint64_t end) {
  if (begin == end) return;
  edges_.emplace_back(begin, true);
  edges_.emplace_back(end, false);
}

std::vector<RangeSweep::Run> RangeSweep::runs() const {
  std::vector<std::pair<std::uint64_t, bool>> edges = edges_;
  // Of one place, ends come before beginnings; either way no run is empty.
  std::sort(edges.begin(), edges.end());
  std::vector<Run> runs;
  std::uint64_t covering = 0;
  std::uint64_t from = 0;
  for (const auto& [place, begins] : edges) {
    if (covering > 0 && place > from) runs.push_back({from, place, covering});
    from = place;
    if (begins) {
      ++covering;
    } else {
      --covering;
    }
  }
  return runs;
}

}  // namespace omiforge::qcow2
