#pragma once

#include <map>
#include <optional>
#include <string>

#include "format/qcow2/check_report.h"
#include "format/qcow2/entry_stream.h"
#include "format/qcow2/header.h"
#include "format/qcow2/refcounts.h"
#include "format/qcow2/reference_counter.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// Checks the refcounts of a qcow2 against all that refers to its clusters, as `qemu-img check` does, and
// every table on the way. No other file that the image names is opened. Each table is read once, however
// often it is shared, so that the time is bounded by the length of the file. Memory: ClusterCounts,
// Refcounts, and one entry for each L2 table.
class Checker {
 public:
  // Throws what parse_header throws, QCOW2_UNSUPPORTED_FEATURE for unknown features, and QCOW2_CORRUPT where
  // the snapshot table or the bitmap directory is so damaged that nothing can be counted.
  explicit Checker(File file);

  struct Progress {
    bool is_done = false;
    std::uint64_t done_bytes = 0;   // of tables
    std::uint64_t total_bytes = 0;  // 0: not known yet
  };
  // Goes on for a few MiB of tables: some tens of milliseconds.
  Progress step();

  // What was found; complete once step() has said that it is done.
  const CheckReport& report() const { return report_; }

 private:
  enum class Phase { kRefcounts, kActiveL1, kSnapshotL1, kL2, kBitmaps, kBlocks, kCompare, kDone };

  // How many L1 entries lead to an L2 table.
  struct Uses {
    std::uint64_t all = 0;
    std::uint64_t active = 0;
    // Those of the active state for whose clusters the copied flags are to be checked.
    std::uint64_t copied = 0;
  };

  void count_snapshots();
  void count_bitmaps();
  void count_fixed_tables();

  // Each does one piece of its phase and returns whether there is more.
  bool advance();
  bool note_refcounts();
  bool visit_l1(EntryStream& tables, bool is_active);
  bool visit_l2();
  bool visit_bitmap_tables();
  bool count_refcount_blocks();
  bool compare_block();

  void visit_l1_entry(std::uint64_t entry, HostOffset at, std::uint64_t times, bool is_active);
  void follow_l2_table(HostOffset table, const Uses& uses);
  void visit_l2_table(HostOffset table, const Uses& uses);
  void visit_l2_entry(std::uint64_t entry, std::uint64_t subclusters, HostOffset at, const Uses& uses);
  void visit_compressed(std::uint64_t entry, std::uint64_t subclusters, HostOffset at, const Uses& uses);
  void visit_plain(std::uint64_t entry, std::uint64_t subclusters, HostOffset at, const Uses& uses);
  // Whether the refcount of a cluster is one; nothing where it is not known.
  std::optional<bool> has_refcount_one(std::uint64_t cluster);
  // Returns whether there was anything to check.
  bool check_copied_flag(std::uint64_t entry, std::optional<bool> is_one, HostOffset at, std::uint64_t times);
  void count_refcount_block(std::uint64_t index);
  std::uint64_t clamp_references(std::uint64_t cluster, std::uint64_t references);
  void compare(std::uint64_t cluster, std::uint64_t refcount, std::uint64_t references);
  void compare_absent(std::uint64_t first, std::uint64_t end);

  bool names_cluster(std::uint64_t l2_entry) const;
  bool is_aligned(HostOffset at) const { return at.value % header_.cluster_bytes() == 0; }
  std::uint64_t cluster_of(HostOffset at) const { return at.value >> header_.cluster_bits; }
  void charge(std::uint64_t bytes);

  File file_;
  Header header_;
  CheckReport report_;
  std::uint64_t file_clusters_;
  Refcounts refcounts_;
  ReferenceCounter references_;
  Phase phase_ = Phase::kRefcounts;
  std::uint64_t cursor_ = 0;  // where a phase that goes through the refcount table is
  EntryStream active_l1_;
  EntryStream snapshot_l1_;
  EntryStream bitmap_tables_;
  std::map<std::uint64_t, Uses> l2_tables_;  // by offset
  std::map<std::uint64_t, Uses>::const_iterator next_l2_;
  std::uint64_t unaligned_l2_tables_ = 0;
  std::vector<std::uint8_t> l2_;
  std::uint64_t next_contiguous_ = 0;  // where plain data would go on; 0 at the beginning of an L2 table
  std::uint64_t done_bytes_ = 0;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t left_in_step_ = 0;
};

}  // namespace omiforge::qcow2
