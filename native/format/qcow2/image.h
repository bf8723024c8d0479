#pragma once

#include <vector>

#include "format/qcow2/entries.h"
#include "format/qcow2/header.h"
#include "format/qcow2/snapshots.h"
#include "format/read_options.h"
#include "image/image.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// The active state of a qcow2, or one of its snapshots, by itself: what is unallocated is so whether or not
// there is a backing file. An image that must not be read still opens, so that it can be described; its guest
// bytes then answer with the refusal. Memory: the L1 table (bounded by the file), a slice of an L2 table and
// one compressed cluster.
class Qcow2Image final : public Image {
 public:
  // Throws what parse_header, check_header_ranges and, where a snapshot is wanted, read_snapshots and
  // find_snapshot throw, and what open_external throws for a data file.
  explicit Qcow2Image(File file, const ReadOptions& options = {});

  const Header& header() const { return header_; }
  const std::optional<Error>& refusal() const { return refusal_; }
  const File& file() const { return file_; }
  // Set where the data is elsewhere and may be read.
  const std::optional<File>& data_file() const { return data_file_; }
  std::uint64_t l1_bytes() const { return l1_.size(); }

  // The snapshot table, read anew: most uses of an image have no need of it. Throws what read_snapshots
  // throws. Empty where an unknown feature may have changed what the table looks like.
  std::vector<Snapshot> snapshots() const;

  std::uint64_t size() const override { return size_; }
  std::uint64_t stored_bytes() const override;
  Extent next_extent(GuestOffset from, std::uint64_t limit) override;
  std::vector<std::string> external_files() const override;

 protected:
  void read_stored(const Extent& extent, MutableBytes out) override;

 private:
  void open_data_file(const ReadOptions& options);
  void load_l1(HostOffset table, std::uint32_t entries);
  // The file in which the guest clusters are.
  const File& cluster_file() const { return data_file_ ? *data_file_ : file_; }
  [[noreturn]] void fail(ErrorCode code, const std::string& message) const;
  void check_sharing() const;
  bool has_no_entries(HostOffset l2_table) const;
  Extent unallocated_extent(GuestOffset from, std::uint64_t limit) const;
  Extent data_extent(GuestOffset from, std::uint64_t limit, HostOffset host);
  ClusterMapping mapping_of(std::uint64_t subcluster);
  ClusterMapping decode_entry(std::uint64_t subcluster);
  const std::uint8_t* l2_entry_at(std::uint64_t offset);
  bool continues(const ClusterMapping& first, const ClusterMapping& next, std::uint64_t subclusters) const;
  HostOffset l2_table_of(std::uint64_t l1_index) const;
  void check_mapping(const ClusterMapping& mapping, std::uint64_t guest) const;
  void check_place(const ClusterMapping& mapping, std::uint64_t guest) const;
  void read_plain(HostOffset from, MutableBytes out) const;
  void inflate_cluster(std::uint64_t guest_cluster);

  File file_;
  Header header_;
  std::optional<Error> refusal_;
  std::optional<File> data_file_;
  std::uint64_t size_;
  std::vector<std::uint8_t> l1_;  // as in the file
  FileRun data_run_;              // of the file of the clusters, so that not each of them has to be asked for
  HostOffset l2_table_;           // the one that mapping_of looks into
  std::vector<std::uint8_t> l2_;  // the slice of a table at l2_at_, as in the file
  HostOffset l2_at_;              // 0: none is loaded
  std::vector<std::uint8_t> compressed_;
  std::vector<std::uint8_t> cluster_;  // the content of cluster_index_
  std::optional<std::uint64_t> cluster_index_;
};

}  // namespace omiforge::qcow2
