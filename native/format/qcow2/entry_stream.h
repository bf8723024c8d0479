#pragma once

#include <algorithm>
#include <vector>

#include "format/qcow2/entries.h"
#include "format/qcow2/range_sweep.h"
#include "format/qcow2/table_read.h"

namespace omiforge::qcow2 {

// The 8-byte entries of tables, piece by piece. Memory: one piece.
class EntryStream {
 public:
  EntryStream() = default;
  // The runs begin and end at multiples of 8.
  explicit EntryStream(std::vector<RangeSweep::Run> runs) : runs_(std::move(runs)) {}

  // Of all tables together.
  std::uint64_t total_bytes() const {
    std::uint64_t sum = 0;
    for (const RangeSweep::Run& run : runs_) sum += run.end - run.begin;
    return sum;
  }

  // Gives the next piece to visit(entry, at, times), without entries that are 0, and returns how many bytes
  // it has gone on; 0 at the end.
  template <typename Visit>
  std::uint64_t advance(const Source& file, Visit&& visit) {
    constexpr std::uint64_t kPieceBytes = 65536;
    while (run_ < runs_.size() && done_ == runs_[run_].end - runs_[run_].begin) {
      ++run_;
      done_ = 0;
    }
    if (run_ == runs_.size()) return 0;
    const RangeSweep::Run& run = runs_[run_];
    const std::uint64_t at = run.begin + done_;
    if (const std::uint64_t skipped = bytes_in_hole(file, at, run.end); skipped != 0) {
      done_ += skipped;
      return skipped;
    }
    const std::uint64_t length = std::min(kPieceBytes, run.end - at);
    done_ += length;
    piece_.resize(static_cast<std::size_t>(length));
    if (!read_table(file, {at}, {piece_.data(), piece_.size()})) return length;
    for (std::size_t i = 0; i < piece_.size(); i += kEntryBytes) {
      const std::uint64_t entry = load_be64(piece_.data() + i);
      if (entry != 0) visit(entry, HostOffset{at + i}, run.times);
    }
    return length;
  }

 private:
  // How many bytes of entries from `at` on are not stored, and so are zeros: a table that is longer than its
  // file by far costs nothing.
  static std::uint64_t bytes_in_hole(const Source& file, std::uint64_t at, std::uint64_t end) {
    const std::uint64_t next = file.next_data(at);
    if (next >= file.size()) return end - at;
    return std::min(next, end) / kEntryBytes * kEntryBytes - at;
  }

  std::vector<RangeSweep::Run> runs_;
  std::size_t run_ = 0;
  std::uint64_t done_ = 0;  // bytes of the run
  std::vector<std::uint8_t> piece_;
};

}  // namespace omiforge::qcow2
