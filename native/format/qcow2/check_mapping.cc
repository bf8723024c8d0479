#include "format/qcow2/check.h"

// The part of the check that follows the L1 and L2 tables.
namespace omiforge::qcow2 {
namespace {

std::string entry_at(const char* table, HostOffset at) {
  return std::string("the ") + table + " entry at byte " + std::to_string(at.value);
}

}  // namespace

std::optional<bool> Checker::has_refcount_one(std::uint64_t cluster) {
  if (!refcounts_.is_known(cluster)) return std::nullopt;
  if (cluster < file_clusters_) return references_.counts().has_refcount_one(cluster);
  return refcounts_.read_refcount(cluster) == 1;
}

bool Checker::check_copied_flag(std::uint64_t entry, std::optional<bool> is_one, HostOffset at,
                                std::uint64_t times) {
  if (!is_one) return false;
  if (*is_one != has_copied_flag(entry)) {
    report_.add_corruption(times, [&] {
      return entry_at("table", at) +
             (*is_one ? " lacks the copied flag, though the refcount of what it names is 1"
                      : " has the copied flag, though the refcount of what it names is not 1");
    });
  }
  return true;
}

void Checker::visit_l1_entry(std::uint64_t entry, HostOffset at, std::uint64_t times, bool is_active) {
  if (has_reserved_l1_bits(entry)) {
    report_.add_corruption(times, [&] { return entry_at("L1", at) + " has reserved bits set"; });
  }
  const HostOffset table = l2_table_offset(entry);
  references_.count_table(table, header_.cluster_bytes(), times, "an L2 table");
  if (!is_aligned(table)) {
    report_.add_corruption(times, [&] {
      return entry_at("L1", at) + " names an L2 table at byte " + std::to_string(table.value) +
             ", which is no multiple of the cluster size";
    });
  }
  Uses uses{times, is_active ? times : 0, 0};
  // Also with a data file, the tables are in this one.
  if (is_active && table.value != 0 &&
      check_copied_flag(entry, has_refcount_one(cluster_of(table)), at, times)) {
    uses.copied = times;
  }
  if (table.value < file_.size()) follow_l2_table(table, uses);
}

void Checker::follow_l2_table(HostOffset table, const Uses& uses) {
  auto known = l2_tables_.find(table.value);
  if (known == l2_tables_.end()) {
    // Unaligned tables could overlap, so that each byte of the file stands in thousands of them: so many
    // are followed that the work stays in proportion to the file, and the others were reported already.
    if (!is_aligned(table) && ++unaligned_l2_tables_ > file_clusters_) return;
    known = l2_tables_.try_emplace(table.value).first;
  }
  known->second.all += uses.all;
  known->second.active += uses.active;
  known->second.copied += uses.copied;
}

void Checker::visit_l2_table(HostOffset table, const Uses& uses) {
  if (!read_table(file_, table, {l2_.data(), l2_.size()})) return;
  next_contiguous_ = 0;
  const std::size_t entry_bytes = header_.has_extended_l2() ? 2 * kEntryBytes : kEntryBytes;
  for (std::size_t i = 0; i < l2_.size(); i += entry_bytes) {
    const std::uint64_t entry = load_be64(l2_.data() + i);
    const std::uint64_t subclusters = header_.has_extended_l2() ? load_be64(l2_.data() + i + kEntryBytes) : 0;
    if (entry != 0 || subclusters != 0) visit_l2_entry(entry, subclusters, table + i, uses);
  }
}

bool Checker::names_cluster(std::uint64_t l2_entry) const {
  if (decode_cluster_reference(l2_entry, header_.cluster_bits).bytes != 0) return true;
  // In a data file, offset 0 is as good as any other.
  return header_.has_data_file() && has_copied_flag(l2_entry) &&
         (header_.has_extended_l2() || !has_zero_flag(l2_entry));
}

void Checker::visit_l2_entry(std::uint64_t entry, std::uint64_t subclusters, HostOffset at,
                             const Uses& uses) {
  if (decode_cluster_reference(entry, header_.cluster_bits).is_compressed) {
    visit_compressed(entry, subclusters, at, uses);
    return;
  }
  if (has_reserved_l2_bits(entry)) {
    report_.add_corruption(uses.all, [&] { return entry_at("L2", at) + " has reserved bits set"; });
  }
  if (names_cluster(entry)) {
    visit_plain(entry, subclusters, at, uses);
  } else if (has_allocated_subclusters(subclusters)) {
    report_.add_corruption(uses.all,
                           [&] { return entry_at("L2", at) + " has allocated subclusters, but no cluster"; });
  }
}

void Checker::visit_compressed(std::uint64_t entry, std::uint64_t subclusters, HostOffset at,
                               const Uses& uses) {
  if (has_copied_flag(entry)) {
    report_.add_corruption(uses.all, [&] {
      return entry_at("L2", at) + " has the copied flag, which compressed clusters never have";
    });
  }
  if (header_.has_data_file() || subclusters != 0) {
    report_.add_corruption(uses.all, [&] {
      return entry_at("L2", at) + " names a compressed cluster, which cannot have subclusters or a data file";
    });
    return;
  }
  const ClusterReference reference = decode_cluster_reference(entry, header_.cluster_bits);
  references_.count_data(reference.host, reference.bytes, uses.all);
  // Compressed clusters share sectors, so each of them counts as a fragment.
  CheckReport::add_saturating(report_.allocated_clusters, uses.active);
  CheckReport::add_saturating(report_.compressed_clusters, uses.active);
  CheckReport::add_saturating(report_.fragmented_clusters, uses.active);
}

void Checker::visit_plain(std::uint64_t entry, std::uint64_t subclusters, HostOffset at, const Uses& uses) {
  const HostOffset host = decode_cluster_reference(entry, header_.cluster_bits).host;
  if (has_contradicting_subclusters(subclusters)) {
    report_.add_corruption(uses.all, [&] {
      return entry_at("L2", at) + " has subclusters that are allocated and zero at once";
    });
  }
  if (!is_aligned(host)) {
    report_.add_corruption(uses.all, [&] {
      return entry_at("L2", at) + " names a cluster at byte " + std::to_string(host.value) +
             ", which is no multiple of the cluster size";
    });
  }
  CheckReport::add_saturating(report_.allocated_clusters, uses.active);
  if (next_contiguous_ != 0 && host.value != next_contiguous_) {
    CheckReport::add_saturating(report_.fragmented_clusters, uses.active);
  }
  next_contiguous_ = host.value + header_.cluster_bytes();
  if (!header_.has_data_file()) references_.count_data(host, header_.cluster_bytes(), uses.all);
  if (uses.copied == 0) return;
  // What stands in a data file has no refcount, and counts as having one.
  const std::optional<bool> is_one = header_.has_data_file() ? true : has_refcount_one(cluster_of(host));
  check_copied_flag(entry, is_one, at, uses.copied);
}

}  // namespace omiforge::qcow2
