#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/bytes.h"

namespace omiforge::qcow2 {

// What a check has found, in the numbers of `qemu-img check`.
struct CheckReport {
  std::uint64_t corruptions = 0;
  std::uint64_t leaks = 0;
  std::uint64_t check_errors = 0;  // clusters of which nothing could be said
  std::uint64_t image_end = 0;     // behind the last host cluster in use
  std::uint64_t total_clusters = 0;
  std::uint64_t allocated_clusters = 0;
  std::uint64_t fragmented_clusters = 0;
  std::uint64_t compressed_clusters = 0;
  // The first faults, one line each.
  std::vector<std::string> findings;

  // `describe` makes the line, where it is wanted.
  template <typename Describe>
  void add_corruption(std::uint64_t times, Describe&& describe) {
    add_saturating(corruptions, times);
    note(describe);
  }

  template <typename Describe>
  void add_leak(Describe&& describe) {
    ++leaks;
    note(describe);
  }

  template <typename Describe>
  void add_check_errors(std::uint64_t times, Describe&& describe) {
    add_saturating(check_errors, times);
    note(describe);
  }

  // Numbers beyond it could not be told to JS, and one as large says no more.
  static void add_saturating(std::uint64_t& sum, std::uint64_t more) {
    constexpr std::uint64_t kMost = (std::uint64_t{1} << 53) - 1;
    sum = more > kMost - sum ? kMost : sum + more;
  }

 private:
  template <typename Describe>
  void note(Describe&& describe) {
    constexpr std::size_t kMostFindings = 100;
    if (findings.size() < kMostFindings) findings.push_back(describe());
  }
};

}  // namespace omiforge::qcow2
