#include "format/qcow2/reference_counter.h"

#include <algorithm>

namespace omiforge::qcow2 {

ReferenceCounter::ReferenceCounter(std::uint64_t file_bytes, std::uint32_t cluster_bits, CheckReport& report)
    : file_bytes_(file_bytes),
      cluster_bits_(cluster_bits),
      report_(report),
      clusters_(divide_up(file_bytes, std::uint64_t{1} << cluster_bits)) {}

bool ReferenceCounter::is_near(HostOffset at, std::uint64_t bytes) const {
  return range_fits(at.value, bytes, file_bytes_ + (std::uint64_t{1} << cluster_bits_) - 1);
}

void ReferenceCounter::report_outside(HostOffset at, std::uint64_t bytes, std::uint64_t times,
                                      const char* what) {
  report_.add_corruption(times, [&] {
    return std::string(what) + " of " + std::to_string(bytes) + " bytes at byte " + std::to_string(at.value) +
           " lies past the end of the file at byte " + std::to_string(file_bytes_);
  });
}

bool ReferenceCounter::accept_table(HostOffset at, std::uint64_t bytes, std::uint64_t times,
                                    const char* what) {
  if (bytes == 0) return false;
  const std::uint64_t cluster_bytes = std::uint64_t{1} << cluster_bits_;
  const std::uint64_t last_cluster_end = divide_up(file_bytes_, cluster_bytes) * cluster_bytes;
  if (!range_fits(at.value, bytes, last_cluster_end)) report_outside(at, bytes, times, what);
  return is_near(at, bytes);
}

void ReferenceCounter::count_table(HostOffset at, std::uint64_t bytes, std::uint64_t times,
                                   const char* what) {
  if (accept_table(at, bytes, times, what)) count_range(at.value, at.value + bytes, times);
}

void ReferenceCounter::count_data(HostOffset at, std::uint64_t bytes, std::uint64_t times) {
  const bool is_counted = is_near(at, bytes);
  if (!is_counted || at.value >= file_bytes_) report_outside(at, bytes, times, "a data cluster");
  if (is_counted) count_range(at.value, at.value + bytes, times);
}

void ReferenceCounter::count_range(std::uint64_t begin, std::uint64_t end, std::uint64_t times) {
  const std::uint64_t last = (end - 1) >> cluster_bits_;
  for (std::uint64_t cluster = begin >> cluster_bits_; cluster <= last; ++cluster) {
    counts_.add(cluster, times);
  }
  clusters_ = std::max(clusters_, last + 1);
}

}  // namespace omiforge::qcow2
