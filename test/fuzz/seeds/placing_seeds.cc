#include "builders/deflated.h"
#include "builders/qcow2_builder.h"
#include "seeds/seeds.h"

namespace omiforge::fuzz {

using test::Bytes;
using test::kCopied;
using test::Qcow2Builder;
using test::Random;

namespace {

// Tables before their data, which is not in the order of the disk, beside clusters of other kinds.
Bytes tables_first(std::uint32_t cluster_bits, std::uint64_t features) {
  Random random(cluster_bits);
  const std::size_t cluster = std::size_t{1} << cluster_bits;
  Qcow2Builder builder(cluster_bits, 9 * cluster - 512, 3, features);
  const bool has_subclusters = features == test::kExtendedL2;
  for (const std::uint64_t guest : {5U, 2U, 3U, 8U}) {
    builder.set_entry(guest, 0);
    const std::uint64_t host = builder.append_aligned(test::noise(random, cluster));
    builder.set_entry(guest, host | kCopied, has_subclusters ? 0x0f0000000000f00f : 0);
    // Seven clusters of 16 KiB are the most that an input can have.
    if (has_subclusters && guest == 3) return builder.file();
  }
  builder.add_compressed(6, test::deflated(test::mixed_content(random, cluster)));
  return builder.file();
}

// The table of each half of the disk follows its data.
Bytes tables_last() {
  Random random(3);
  constexpr std::size_t kCluster = 4096;
  Qcow2Builder builder(12, 600 * kCluster);
  for (const std::uint64_t first : {0U, 512U}) {
    const std::uint64_t host = builder.append_aligned(test::noise(random, 3 * kCluster));
    for (std::uint64_t i = 0; i < 3; ++i) builder.set_entry(first + 2 * i, (host + i * kCluster) | kCopied);
  }
  return builder.file();
}

// Two entries name one cluster, one flag is not set, and an L2 table is named as data.
Bytes contradictions() {
  constexpr std::size_t kCluster = 4096;
  Qcow2Builder builder(12, 8 * kCluster);
  builder.set_entry(0, 0);
  const std::uint64_t host = builder.append_aligned(Bytes(kCluster, 1));
  builder.set_entry(1, host | kCopied);
  builder.set_entry(2, host);
  builder.set_entry(3, (host - kCluster) | kCopied);
  return builder.file();
}

}  // namespace

Seeds placing_seeds() {
  Seeds seeds;
  seeds["tables-first"] = tables_first(12, 0);
  seeds["tables-first-subclusters"] = tables_first(14, test::kExtendedL2);
  seeds["tables-last"] = tables_last();
  seeds["contradictions"] = contradictions();
  return seeds;
}

}  // namespace omiforge::fuzz
