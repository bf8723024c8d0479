#include "builders/deflated.h"
#include "builders/refcounted_qcow2.h"
#include "builders/snapshot_entry.h"
#include "builders/zstd_frame.h"
#include "seeds/seeds.h"

namespace omiforge::fuzz {

using test::Bytes;
using test::bytes_of;
using test::kCopied;
using test::Qcow2Builder;
using test::Random;

namespace {

// Every kind of cluster; each compressed one in a cluster of its own, so that a refcount of one bit will do.
void add_all_kinds(Qcow2Builder& builder) {
  Random random(builder.header.cluster_bits);
  const std::uint64_t cluster = builder.cluster_bytes();
  builder.add_data(0, test::noise(random, cluster));
  builder.add_data(1, Bytes(cluster, 1));
  for (std::uint64_t i = 2; i < 4; ++i) {
    builder.append_aligned({});
    builder.add_compressed(i, test::deflated(Bytes(cluster, static_cast<std::uint8_t>(i))));
  }
  if (builder.header.version < 3) return;
  builder.set_entry(4, 1);
  // Zeros with room for data.
  builder.set_entry(5, builder.append_aligned(Bytes(cluster)) | 1);
}

Bytes all_kinds(std::uint32_t cluster_bits, std::uint32_t version, std::uint32_t refcount_order) {
  Qcow2Builder builder(cluster_bits, std::uint64_t{128} << cluster_bits, version);
  builder.header.refcount_order = refcount_order;
  add_all_kinds(builder);
  return test::refcounted(builder);
}

// Metadata alone, as `preallocation=metadata` makes it.
Bytes preallocated() {
  Qcow2Builder builder(9, 8 * 512);
  for (std::uint64_t i = 0; i < 8; ++i) builder.set_entry(i, 1);
  for (std::uint64_t i = 0; i < 8; ++i) builder.set_entry(i, builder.append_aligned(Bytes(512)) | 1);
  return test::refcounted(builder);
}

// One state without tables, one that shares the L2 table of the active state, and one with tables of its own
// and a smaller disk.
Bytes with_snapshots(std::uint32_t cluster_bits, std::uint32_t version) {
  const std::uint64_t cluster = std::uint64_t{1} << cluster_bits;
  Qcow2Builder builder(cluster_bits, 32 * cluster, version);
  add_all_kinds(builder);
  const std::uint64_t shared = load_be64(builder.file().data() + builder.header.l1_table_offset) & ~kCopied;
  Bytes table(cluster);
  store_be64(table.data() + 8, builder.append_aligned(Bytes(cluster, 9)));
  const std::uint64_t own = builder.append_aligned(table);
  Bytes entries;
  for (const std::uint64_t state : {std::uint64_t{0}, shared, own}) {
    Bytes l1(8);
    store_be64(l1.data(), state);
    test::SnapshotFields fields;
    fields.id = bytes_of(std::to_string(state));
    fields.name = bytes_of("state");
    fields.l1_table_offset = builder.append_aligned(l1);
    fields.extra = test::snapshot_extra(0, (state == own ? 2 : 32) * cluster, ~std::uint64_t{0});
    test::append(entries, test::snapshot_entry(fields));
  }
  builder.header.nb_snapshots = 3;
  builder.header.snapshots_offset = builder.append_aligned(entries);
  return test::refcounted(builder);
}

// One bitmap with a bit for each cluster, in two clusters, of which the second is all ones.
Bytes with_bitmap() {
  Qcow2Builder builder(9, 2 * 4096 * 512);
  builder.add_data(0, Bytes(512, 1));
  Bytes table(16);
  store_be64(table.data(), builder.append_aligned(Bytes(512, 0xff)));
  store_be64(table.data() + 8, 1);
  Bytes entry(24);
  store_be64(entry.data(), builder.append_aligned(table));
  store_be32(entry.data() + 8, 2);
  entry[16] = 1;
  entry[17] = 9;
  store_be16(entry.data() + 18, 7);
  test::append(entry, bytes_of("changed"));
  entry.resize(32);
  Bytes extension(24);
  store_be32(extension.data(), 1);
  store_be64(extension.data() + 8, entry.size());
  store_be64(extension.data() + 16, builder.append_aligned(entry));
  builder.add_extension(0x23852875, extension);
  builder.header.autoclear_features = 1;
  return test::refcounted(builder);
}

// What is data here stands in another file, so only the tables count.
Bytes with_data_file() {
  Qcow2Builder builder(9, 8 * 512, 3, 4);
  builder.add_extension(0x44415441, bytes_of("data.raw"));
  builder.header.autoclear_features = 2;
  builder.set_entry(0, 0);
  Bytes file = test::refcounted(builder);
  const std::uint64_t l1 = load_be64(file.data() + builder.header.l1_table_offset);
  for (std::uint64_t i = 0; i < 8; ++i) store_be64(&file[(l1 & ~kCopied) + i * 8], i * 512 | kCopied);
  return file;
}

// Clusters of 16 KiB are the smallest that have subclusters.
Bytes with_subclusters() {
  constexpr std::uint64_t kCluster = 16384;
  Qcow2Builder builder(14, 5 * kCluster, 3, test::kExtendedL2);
  Random random(1);
  builder.add_compressed(1, test::deflated(test::mixed_content(random, kCluster)));
  builder.set_entry(2, 0, 0xffffffff00000000);
  const std::uint64_t host = builder.append_aligned(Bytes(kCluster, 0x77));
  builder.set_entry(0, host | kCopied, 0x0f0f0000f0f00ff1);
  return test::refcounted(builder);
}

#ifdef OMIFORGE_HAS_ZSTD
Bytes with_zstd() {
  Qcow2Builder builder(9, 8 * 512, 3, 8);
  builder.header.header_length = 112;
  builder.header.compression_type = 1;
  Random random(1);
  builder.add_compressed(0, test::zstd_frame(Bytes(512, 5)));
  builder.add_compressed(1, test::zstd_frame(test::mixed_content(random, 512)));
  builder.add_compressed(3, test::zstd_frame(test::noise(random, 512)));
  return test::refcounted(builder);
}
#endif

}  // namespace

Seeds clean_seeds() {
  Seeds seeds;
  for (std::uint32_t order = 0; order <= 6; ++order) {
    seeds["clean-refcounts-" + std::to_string(1 << order)] = all_kinds(9, 3, order);
  }
  seeds["clean-version-2"] = all_kinds(9, 2, 4);
  // Offsets in entries are multiples of 512, so only larger clusters can be unaligned.
  seeds["clean-1024"] = all_kinds(10, 3, 4);
  seeds["clean-empty"] = test::refcounted(Qcow2Builder(9, 0));
  seeds["clean-preallocated"] = preallocated();
  seeds["clean-snapshots-2"] = with_snapshots(9, 2);
  seeds["clean-snapshots-3"] = with_snapshots(9, 3);
  // Large enough for holes in a file.
  seeds["clean-snapshots-4096"] = with_snapshots(12, 3);
  seeds["clean-bitmap"] = with_bitmap();
  seeds["clean-data-file"] = with_data_file();
  seeds["clean-subclusters"] = with_subclusters();
#ifdef OMIFORGE_HAS_ZSTD
  seeds["clean-zstd"] = with_zstd();
#endif
  return seeds;
}

}  // namespace omiforge::fuzz
