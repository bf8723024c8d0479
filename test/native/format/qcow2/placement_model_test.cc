#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "builders/deflated.h"
#include "builders/forward_conversion.h"
#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/qcow2/image.h"

// Random images that are read forwards, against the ordinary reader.
namespace omiforge::test {

using qcow2::Qcow2Image;

namespace {

Bytes disk_of(const Bytes& file) {
  Qcow2Image image(file_with(file));
  if (image.refusal()) throw *image.refusal();
  Bytes disk(static_cast<std::size_t>(image.size()), 0xee);
  image.read({0}, room(disk));
  return disk;
}

struct Forwards {
  Bytes disk;
  ForwardConversion done;
};

Forwards read_forwards(const Bytes& file, std::size_t block_bytes) {
  const TemporaryFolder folder;
  const std::string target = folder.add("target", {});
  Forwards forwards;
  forwards.done = convert_forwards(view(file), block_bytes, target, folder.add("rest", {}));
  forwards.disk = content_of(target);
  return forwards;
}

// An image with its clusters in any order, tables before or behind them, and L1 table in front or at the end.
class RandomImage {
 public:
  explicit RandomImage(Random& random)
      : has_subclusters_(below(random, 3) == 0),
        builder_(bits(random), 512 * (1 + below(random, 4000)), 3, has_subclusters_ ? kExtendedL2 : 0),
        tables_first_(below(random, 2) == 0) {
    std::vector<std::uint64_t> order(
        static_cast<std::size_t>(divide_up(builder_.header.size, builder_.cluster_bytes())));
    std::iota(order.begin(), order.end(), 0);
    if (below(random, 2) == 0) std::shuffle(order.begin(), order.end(), random);
    order.resize(std::min<std::size_t>(order.size(), 1 + static_cast<std::size_t>(below(random, 80))));
    for (const std::uint64_t cluster : order) add(cluster, random);
    if (!late_.empty()) ends_with_data_ = false;
    for (const Late& late : late_) builder_.set_entry(late.cluster, late.entry, late.bitmap);
    if (below(random, 4) == 0) move_l1();
  }

  Bytes file(Random& random) const {
    const Bytes whole = builder_.file();
    const std::uint64_t cut = ends_with_data_ ? below(random, 2) * below(random, 512) : 0;
    const std::uint64_t kept = builder_.end() - cut;
    return first_bytes(whole, static_cast<std::size_t>(kept));
  }
  std::size_t cluster_bytes() const { return static_cast<std::size_t>(builder_.cluster_bytes()); }

 private:
  struct Late {
    std::uint64_t cluster = 0;
    std::uint64_t entry = 0;
    std::uint64_t bitmap = 0;
  };

  std::uint32_t bits(Random& random) const {
    return (has_subclusters_ ? 14 : 12) + static_cast<std::uint32_t>(below(random, 2));
  }

  void add(std::uint64_t cluster, Random& random) {
    if (tables_first_) builder_.set_entry(cluster, 0);
    const std::uint64_t kind = below(random, 8);
    ends_with_data_ = kind > 1;
    const std::uint64_t bitmap = has_subclusters_ ? bitmap_of(random) : 0;
    if (kind == 0) return set(cluster, has_subclusters_ ? 0 : 1, 0);
    Bytes content = noise(random, cluster_bytes());
    // Zeros that a raw file is spared.
    std::fill(content.begin(),
              content.begin() + static_cast<std::ptrdiff_t>(below(random, 3) * cluster_bytes() / 2), 0);
    if (kind == 1) {
      content = mixed_content(random, cluster_bytes());
      const Bytes stored = deflated(content);
      const std::uint64_t host = builder_.append_packed(stored);
      return set(cluster, compressed_entry(host, stored.size(), builder_.header.cluster_bits), 0);
    }
    const std::uint64_t copied = below(random, 8) == 0 ? 0 : kCopied;
    set(cluster, builder_.append_aligned(content) | copied, bitmap);
  }

  static std::uint64_t bitmap_of(Random& random) {
    const std::uint64_t allocated = below(random, 2) == 0 ? 0xffffffff : random() & 0xffffffff;
    return allocated | (random() & ~allocated) << 32;
  }

  void set(std::uint64_t cluster, std::uint64_t entry, std::uint64_t bitmap) {
    if (tables_first_) return builder_.set_entry(cluster, entry, bitmap);
    late_.push_back({cluster, entry, bitmap});
  }

  void move_l1() {
    const Bytes file = builder_.file();
    const auto begin = file.begin() + static_cast<std::ptrdiff_t>(builder_.header.l1_table_offset);
    const Bytes l1(begin, begin + static_cast<std::ptrdiff_t>(builder_.header.l1_size * 8));
    builder_.header.l1_table_offset = builder_.append_aligned(l1);
    ends_with_data_ = false;
  }

  bool has_subclusters_;
  Qcow2Builder builder_;
  bool tables_first_;
  std::vector<Late> late_;
  bool ends_with_data_ = false;
};

// Where the file has L1 and L2 entries with a copied flag: in noise, chance has nothing that looks like one.
std::vector<std::size_t> entries_of(const Bytes& file) {
  std::vector<std::size_t> found;
  for (std::size_t at = 0; at + 8 <= file.size(); at += 8) {
    const std::uint64_t word = load_be64(file.data() + at);
    const std::uint64_t host = word & ~kCopied;
    if (word != host && host % 512 == 0 && host < file.size()) found.push_back(at);
  }
  return found;
}

}  // namespace

TEST_CASE("placement model: an image that is read forwards gives the disk that the ordinary reader gives") {
  Random random(20260201);
  std::uint64_t placed = 0;
  std::uint64_t copied = 0;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const RandomImage image(random);
    const Bytes file = image.file(random);
    const std::size_t block = image.cluster_bytes() * (1 + static_cast<std::size_t>(below(random, 9)));
    const Forwards forwards = read_forwards(file, block);
    REQUIRE(forwards.disk == disk_of(file));
    placed += forwards.done.placed_bytes;
    copied += forwards.done.copied_bytes;
  }
  CHECK_GT(placed, 0);
  CHECK_GT(copied, 0);
}

TEST_CASE("placement model: a damaged image gives the same disk, or an error") {
  Random random(20260202);
  int read = 0;
  int refused = 0;
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    const RandomImage image(random);
    Bytes file = image.file(random);
    const std::vector<std::size_t> entries = entries_of(file);
    for (std::uint64_t change = 1 + below(random, 3); change > 0 && !entries.empty(); --change) {
      const std::size_t at = entries[static_cast<std::size_t>(below(random, entries.size()))];
      // Half of them name what another one names.
      const std::size_t other = entries[static_cast<std::size_t>(below(random, entries.size()))];
      const std::uint64_t cluster = below(random, file.size() / image.cluster_bytes() + 1);
      const std::uint64_t any = cluster * image.cluster_bytes() | kCopied;
      store_be64(file.data() + at, below(random, 2) == 0 ? any : load_be64(file.data() + other));
    }
    const std::string code = code_thrown_by([&] {
      const Forwards forwards = read_forwards(file, 4 * image.cluster_bytes());
      REQUIRE(forwards.disk == disk_of(file));
    });
    code.empty() ? ++read : ++refused;
    if (!code.empty()) REQUIRE_EQ(code.rfind("QCOW2_", 0), 0);
  }
  CHECK_GT(read, 0);
  CHECK_GT(refused, 0);
}

}  // namespace omiforge::test
