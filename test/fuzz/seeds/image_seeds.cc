#include "builders/deflated.h"
#include "builders/qcow2_builder.h"
#include "seeds/seeds.h"

namespace omiforge::fuzz {

using test::Bytes;
using test::Qcow2Builder;
using test::Random;

namespace {

// Every kind of cluster side by side, and whole L2 tables that are missing.
Bytes all_kinds(std::uint32_t cluster_bits, std::uint32_t version) {
  Random random(cluster_bits);
  const std::uint64_t cluster = std::uint64_t{1} << cluster_bits;
  Qcow2Builder builder(cluster_bits, 3 * cluster * cluster / 8 + 512, version);
  builder.add_data(0, test::noise(random, cluster));
  builder.add_data(1, test::noise(random, cluster));
  builder.add_compressed(2, test::deflated(Bytes(cluster, 7)));
  builder.add_compressed(3, test::deflated(test::mixed_content(random, cluster)));
  if (version >= 3) builder.set_entry(5, 1);
  if (version >= 3) builder.set_entry(6, cluster | 1);
  builder.add_data(3 * builder.l2_entries(), test::noise(random, 512));
  return builder.file();
}

// The file ends within the last data cluster.
Bytes cut_short() {
  Random random(1);
  Qcow2Builder builder(9, 2048);
  builder.add_data(3, test::noise(random, 100));
  return builder.file();
}

// A disk that is large by its header alone, with few L2 tables.
Bytes large_and_empty() {
  Qcow2Builder builder(10, std::uint64_t{1} << 24);
  builder.set_entry(builder.l2_entries() * 100, 1);
  return builder.file();
}

Bytes damaged_deflate() {
  Qcow2Builder builder(9, 1024);
  Bytes stream = test::deflated(Bytes(512, 'a'));
  stream.resize(stream.size() / 2);
  builder.add_compressed(0, stream);
  return builder.file();
}

}  // namespace

Seeds image_seeds() {
  Seeds seeds;
  for (const std::uint32_t cluster_bits : {9U, 10U}) {
    const std::string size = std::to_string(1 << cluster_bits);
    seeds["all-kinds-2-" + size] = all_kinds(cluster_bits, 2);
    seeds["all-kinds-3-" + size] = all_kinds(cluster_bits, 3);
  }
  seeds["empty"] = Qcow2Builder(9, 0).file();
  seeds["cut-short"] = cut_short();
  seeds["large-and-empty"] = large_and_empty();
  seeds["damaged-deflate"] = damaged_deflate();
  return seeds;
}

}  // namespace omiforge::fuzz
