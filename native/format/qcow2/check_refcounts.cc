#include "format/qcow2/check.h"

// The part of the check that compares references with refcounts.
namespace omiforge::qcow2 {

// The last references that are counted: a refcount block must have no other.
bool Checker::count_refcount_blocks() {
  for (std::uint64_t index = 0; index < refcounts_.table_entries(); ++index) count_refcount_block(index);
  return false;
}

void Checker::count_refcount_block(std::uint64_t index) {
  const std::uint64_t entry = refcounts_.table_entry(index);
  if (entry == 0) return;
  const HostOffset block = refcount_block_offset(entry);
  const auto fault = [&](const std::string& what) {
    report_.add_corruption(1, [&] {
      return "the refcount block at byte " + std::to_string(block.value) + " (" + std::to_string(index) +
             ") " + what;
    });
  };
  if (has_reserved_refcount_bits(entry)) {
    fault("has reserved bits set in its entry");
  } else if (!is_aligned(block)) {
    fault("is at no multiple of the cluster size");
  } else if (cluster_of(block) >= references_.clusters()) {
    fault("lies past the end of the file");
  } else {
    references_.count_table(block, header_.cluster_bytes(), 1, "a refcount block");
    // Counts end at what the width allows.
    const std::uint64_t references =
        std::min(references_.counts().count(cluster_of(block)), refcounts_.most());
    if (references != 1) fault("is referred to " + std::to_string(references) + " times");
  }
}

bool Checker::compare_block() {
  const std::uint64_t per_block = refcounts_.clusters_per_block();
  const std::uint64_t first = cursor_ * per_block;
  if (first >= references_.clusters()) return false;
  if (cursor_ == refcounts_.table_entries()) {
    compare_absent(first, references_.clusters());
    return false;
  }
  const std::uint64_t end = std::min(first + per_block, references_.clusters());
  switch (refcounts_.load_block(cursor_)) {
    case Refcounts::Block::kLoaded:
      for (std::uint64_t cluster = first; cluster < end; ++cluster) {
        compare(cluster, refcounts_.loaded_refcount(cluster - first), references_.counts().count(cluster));
      }
      break;
    case Refcounts::Block::kAbsent:
      compare_absent(first, end);
      break;
    case Refcounts::Block::kUnreadable:
      report_.add_check_errors(end - first, [&] {
        return "the refcounts of clusters " + std::to_string(first) + " to " + std::to_string(end - 1) +
               " are not known";
      });
      references_.counts().for_each_counted(
          first, end, [&](std::uint64_t cluster, std::uint64_t times) { clamp_references(cluster, times); });
      break;
  }
  ++cursor_;
  charge(header_.cluster_bytes());
  return true;
}

void Checker::compare_absent(std::uint64_t first, std::uint64_t end) {
  references_.counts().for_each_counted(
      first, end, [&](std::uint64_t cluster, std::uint64_t times) { compare(cluster, 0, times); });
}

std::uint64_t Checker::clamp_references(std::uint64_t cluster, std::uint64_t references) {
  if (references <= refcounts_.most()) return references;
  report_.add_corruption(references - refcounts_.most(), [&] {
    return "cluster " + std::to_string(cluster) + " has " + std::to_string(references) +
           " references, more than a refcount of this width can hold";
  });
  return refcounts_.most();
}

void Checker::compare(std::uint64_t cluster, std::uint64_t refcount, std::uint64_t references) {
  const std::uint64_t expected = clamp_references(cluster, references);
  if (refcount > 0 || expected > 0) report_.image_end = (cluster + 1) * header_.cluster_bytes();
  if (refcount == expected) return;
  const auto describe = [&] {
    return "cluster " + std::to_string(cluster) + " at byte " +
           std::to_string(cluster * header_.cluster_bytes()) + " has refcount " + std::to_string(refcount) +
           " and " + std::to_string(expected) + (expected == 1 ? " reference" : " references") +
           (refcount > expected ? ": leaked" : "");
  };
  if (refcount < expected) {
    report_.add_corruption(1, describe);
  } else {
    report_.add_leak(describe);
  }
}

}  // namespace omiforge::qcow2
