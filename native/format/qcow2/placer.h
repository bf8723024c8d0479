#pragma once

#include <optional>
#include <vector>

#include "format/qcow2/awaited_clusters.h"
#include "format/qcow2/header.h"
#include "format/qcow2/placed_clusters.h"
#include "image/scatter.h"

namespace omiforge::qcow2 {

// Finds out where the clusters of a qcow2 belong while it is read forwards, once: header, L1 table and L2
// tables are taken in as they come, and data that they have named by then is told. It is told only of
// clusters that, as far as the tables say, have this one use; whatever else there is (metadata, compressed
// clusters, those of which the table comes later, snapshots, an image of which anything is odd) is left
// alone. So nothing is an error here: whoever reads the rest of the image finds it, and a PlacementCheck
// tells whether the tables as a whole agree with what was told.
//
// Memory: at most 16 MiB of L2 entries, 24 MiB for the L1 table and 32 MiB for what was told.
class Placer {
 public:
  // Takes the next bytes of the file and returns the pieces of them that can be placed, in order. Blocks are
  // a multiple of the cluster size long, and 2 MiB at least, but for the last one; after another one nothing
  // is found any more.
  std::vector<PlacedRun> take(ByteView block);

  const PlacedClusters& placed() const { return placed_; }

 private:
  // An L2 table that the L1 table names.
  struct Table {
    std::uint64_t host_cluster = 0;
    std::uint32_t l1_index = 0;
    bool is_owned = false;  // in use nowhere else
  };
  // What is known of a cluster of the block.
  struct Claim {
    std::uint32_t uses = 0;
    OwnedCluster cluster;
  };

  void begin(ByteView block);
  void collect_l1(HostOffset start, ByteView block);
  void list_tables();
  void read_tables(HostOffset start, ByteView block);
  void claim_clusters(std::uint64_t first, std::uint64_t count);
  void claim_metadata(std::uint64_t first);
  void claim(std::uint64_t index, const OwnedCluster& cluster);
  void place(const Claim& claim, std::size_t at, std::size_t length, std::vector<PlacedRun>& runs);

  std::optional<Header> header_;  // not set where nothing is to be placed
  HostOffset position_;
  std::vector<std::uint8_t> l1_;  // as far as it has come
  bool has_tables_ = false;
  std::vector<Table> tables_;  // by host cluster
  std::size_t next_table_ = 0;
  std::vector<AwaitedClusters> awaited_;
  std::vector<Claim> claims_;  // of the clusters of the block
  std::vector<OwnedCluster> due_;
  PlacedClusters placed_;
};

}  // namespace omiforge::qcow2
