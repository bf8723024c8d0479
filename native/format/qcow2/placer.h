#pragma once

#include <optional>
#include <vector>

#include "format/qcow2/awaited_clusters.h"
#include "format/qcow2/header.h"
#include "format/qcow2/placed_clusters.h"
#include "image/scatter.h"

namespace omiforge::qcow2 {

// Finds out where the clusters of a qcow2 belong while it is read forwards, once: header, L1 table and L2
// tables are taken in as they come. Told are clusters that, as far as the tables say, have this one use;
// whatever else there is (metadata, compressed clusters, what snapshots share, an image of which anything is
// odd) is left alone. So nothing is an error here: whoever reads the rest of the image finds it, and a
// PlacementCheck tells whether the tables as a whole agree with what was told.
//
// Memory: at most 16 MiB for clusters that have not come yet, 24 MiB for the L1 table and 32 MiB for what was
// told.
class Placer {
 public:
  struct Found {
    std::vector<PlacedRun> here;    // in the block, in order
    std::vector<PlacedRun> behind;  // in blocks before it: their table has only come now
  };

  // Takes the next bytes of the file. Blocks are whole clusters, but for the last one; the first one holds at
  // least the first cluster. After any other block nothing is found any more.
  Found take(ByteView block);

  const PlacedClusters& placed() const { return placed_; }

 private:
  // An L2 table that the L1 table names.
  struct Table {
    std::uint64_t host_cluster = 0;
    std::uint32_t l1_index = 0;
    bool is_owned = false;  // in use nowhere else
  };
  // Who says that a cluster of the block is theirs.
  struct Claim {
    std::uint32_t count = 0;
    OwnedCluster cluster;
  };

  void begin(ByteView block);
  void collect_l1(HostOffset start, ByteView block);
  void list_tables();
  void read_tables(HostOffset start, ByteView block);
  void await(AwaitedClusters table);
  bool is_metadata(std::uint64_t host_cluster) const;
  void find_here(std::uint64_t first, std::uint64_t count, std::vector<PlacedRun>& runs);
  void place(const OwnedCluster& cluster, std::vector<PlacedRun>& runs);

  std::optional<Header> header_;  // not set where nothing is to be placed
  HostOffset position_;           // behind the block
  std::vector<std::uint8_t> l1_;  // as far as it has come
  bool has_tables_ = false;
  std::vector<Table> tables_;  // by host cluster
  std::size_t next_table_ = 0;
  std::vector<AwaitedClusters> awaited_;
  std::vector<OwnedCluster> late_;  // of the tables of the block
  std::vector<Claim> claims_;       // of the clusters of the block
  PlacedClusters placed_;
};

}  // namespace omiforge::qcow2
