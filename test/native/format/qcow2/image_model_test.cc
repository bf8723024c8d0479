#include <doctest/doctest.h>

#include <algorithm>

#include "builders/deflated.h"
#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "format/qcow2/image.h"

// Random images against a model that knows every guest cluster by itself.
namespace omiforge::test {

using qcow2::Qcow2Image;

namespace {

struct ModelCluster {
  ExtentKind kind = ExtentKind::kUnallocated;
  std::uint64_t host = 0;  // of data, or set aside for zeros; 0: none
};

class Model {
 public:
  explicit Model(Random& random)
      : builder_(9 + static_cast<std::uint32_t>(below(random, 4)), 0),
        clusters_(static_cast<std::size_t>(1 + below(random, 4 * builder_.l2_entries()))),
        content_(clusters_.size() * builder_.cluster_bytes()) {
    const std::uint64_t size = content_.size() - below(random, builder_.cluster_bytes() / 512) * 512;
    builder_ = Qcow2Builder(builder_.header.cluster_bits, size, 3);
    // Runs of one status, as in real images, rather than a new status for every cluster.
    for (std::uint64_t at = 0; at < clusters_.size();) {
      const std::uint64_t status = below(random, 6);
      // Unallocated ranges may be long enough for whole L2 tables to be missing.
      const std::uint64_t most = status == kUnallocated ? 3 * builder_.l2_entries() : 40;
      const std::uint64_t end = std::min<std::uint64_t>(clusters_.size(), at + 1 + below(random, most));
      for (; at < end; ++at) add(at, status, random);
    }
    if (below(random, 3) == 0) cut_last_cluster(random);
    content_.resize(static_cast<std::size_t>(size));
  }

  Bytes file() const { return first_bytes(builder_.file(), file_end_ == 0 ? builder_.end() : file_end_); }
  std::uint64_t size() const { return content_.size(); }
  std::uint64_t cluster_bytes() const { return builder_.cluster_bytes(); }
  std::uint64_t clusters() const { return clusters_.size(); }
  const ModelCluster& at(std::uint64_t guest_cluster) const { return clusters_[guest_cluster]; }

  Bytes content(std::uint64_t from, std::uint64_t length) const {
    const auto begin = content_.begin() + static_cast<std::ptrdiff_t>(from);
    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(length));
  }

  // Whether one extent may hold both this cluster and the next.
  bool joins(std::uint64_t guest_cluster) const {
    const ModelCluster& here = at(guest_cluster);
    const ModelCluster& next = at(guest_cluster + 1);
    if (here.kind != next.kind) return false;
    if (here.host == 0) return next.host == 0;
    return next.host == here.host + cluster_bytes();
  }
  bool is_last_of_its_table(std::uint64_t guest_cluster) const {
    return (guest_cluster + 1) % builder_.l2_entries() == 0;
  }

 private:
  static constexpr std::uint64_t kUnallocated = 5;

  void add(std::uint64_t guest_cluster, std::uint64_t status, Random& random) {
    const std::uint64_t copied = below(random, 2) * kCopied;
    ModelCluster& cluster = clusters_[guest_cluster];
    if (status == 0) {
      cluster.kind = ExtentKind::kZero;
      // Half of them with a host cluster set aside, which must not be looked at.
      cluster.host = below(random, 2) * (1 + below(random, 2)) * builder_.cluster_bytes();
      builder_.set_entry(guest_cluster, cluster.host | copied | 1);
    } else if (status <= 2) {
      cluster.kind = ExtentKind::kData;
      const Bytes stored = noise(random, builder_.cluster_bytes());
      builder_.set_entry(guest_cluster, 0);
      // Now and then something else lies between two clusters of a run.
      if (below(random, 8) == 0) builder_.append_packed(Bytes(1));
      cluster.host = builder_.append_aligned(stored);
      builder_.set_entry(guest_cluster, cluster.host | copied);
      put(guest_cluster, stored);
    } else if (status == 3) {
      cluster.kind = ExtentKind::kCompressed;
      const Bytes stored = mixed_content(random, builder_.cluster_bytes());
      builder_.add_compressed(guest_cluster, deflated(stored, static_cast<int>(below(random, 10))));
      put(guest_cluster, stored);
    }
    // 4 and kUnallocated: nothing, but an L2 table where the neighbours need one.
  }

  void put(std::uint64_t guest_cluster, const Bytes& stored) {
    std::copy(stored.begin(), stored.end(),
              content_.begin() + static_cast<std::ptrdiff_t>(guest_cluster * builder_.cluster_bytes()));
  }

  // Where data ends the file, its last cluster need not be there in full; the rest of it reads as zeros.
  void cut_last_cluster(Random& random) {
    for (std::uint64_t i = 0; i < clusters_.size(); ++i) {
      if (clusters_[i].kind != ExtentKind::kData) continue;
      if (clusters_[i].host + builder_.cluster_bytes() != builder_.end()) continue;
      const std::uint64_t kept = 1 + below(random, builder_.cluster_bytes());
      file_end_ = clusters_[i].host + kept;
      const auto begin = content_.begin() + static_cast<std::ptrdiff_t>(i * builder_.cluster_bytes());
      std::fill(begin + static_cast<std::ptrdiff_t>(kept),
                begin + static_cast<std::ptrdiff_t>(builder_.cluster_bytes()), std::uint8_t{0});
    }
  }

  Qcow2Builder builder_;
  std::vector<ModelCluster> clusters_;
  Bytes content_;
  std::uint64_t file_end_ = 0;  // 0: as built
};

// One failure a test case is enough, and thousands of passing checks say no more than one.
void require_extent(const Model& model, const Extent& extent, std::uint64_t from, std::uint64_t limit) {
  REQUIRE_EQ(extent.start.value, from);
  REQUIRE_GT(extent.length, 0);
  REQUIRE_LE(extent.length, limit);
  const std::uint64_t first = from / model.cluster_bytes();
  const std::uint64_t end = from + extent.length;
  const std::uint64_t last = (end - 1) / model.cluster_bytes();
  REQUIRE(extent.kind == model.at(first).kind);
  REQUIRE_EQ(extent.host.has_value(), model.at(first).host != 0);
  if (extent.host) REQUIRE_EQ(extent.host->value, model.at(first).host + from % model.cluster_bytes());
  for (std::uint64_t cluster = first; cluster < last; ++cluster) REQUIRE(model.joins(cluster));
  if (extent.length == limit) return;
  // It ends early only where it has to, or with the L2 table.
  REQUIRE_EQ(end % model.cluster_bytes(), 0);
  REQUIRE((model.is_last_of_its_table(last) || !model.joins(last)));
}

}  // namespace

TEST_CASE("image model: extents and bytes of random images are those of every cluster by itself") {
  Random random(20260101);
  for (int round = 0; round < 80; ++round) {
    CAPTURE(round);
    const Model model(random);
    Qcow2Image image(file_with(model.file()));
    REQUIRE_EQ(image.size(), model.size());

    for (std::uint64_t at = 0; at < model.size();) {
      const Extent extent = image.next_extent({at}, model.size() - at);
      require_extent(model, extent, at, model.size() - at);
      at += extent.length;
    }
    for (int ask = 0; ask < 100; ++ask) {
      const std::uint64_t from = below(random, model.size());
      const std::uint64_t limit = 1 + below(random, model.size() - from);
      require_extent(model, image.next_extent({from}, limit), from, limit);
    }
    Bytes all(static_cast<std::size_t>(model.size()), 0xee);
    image.read({0}, room(all));
    REQUIRE(all == model.content(0, model.size()));
    for (int ask = 0; ask < 100; ++ask) {
      const std::uint64_t from = below(random, model.size());
      const std::uint64_t most = std::min(model.size() - from, 20 * model.cluster_bytes());
      Bytes bytes(static_cast<std::size_t>(below(random, most + 1)), 0xee);
      image.read({from}, room(bytes));
      REQUIRE(bytes == model.content(from, bytes.size()));
    }
  }
}

TEST_CASE("image model: a damaged image gives bytes or an error, and nothing outside its buffers") {
  Random random(20260102);
  const Model model(random);
  int read = 0;
  int failed = 0;
  for (int round = 0; round < 800; ++round) {
    CAPTURE(round);
    Bytes file = model.file();
    if (below(random, 4) == 0) file.resize(1 + static_cast<std::size_t>(below(random, file.size())));
    for (std::uint64_t change = 1 + below(random, 6); change > 0; --change) {
      // Most of them in the header, the L1 table and the first L2 table.
      const std::uint64_t range =
          below(random, 4) == 0 ? file.size() : std::min<std::uint64_t>(file.size(), 4096);
      file[static_cast<std::size_t>(below(random, range))] = static_cast<std::uint8_t>(random());
    }
    const std::string code = [&] {
      try {
        Qcow2Image image(file_with(file));
        const std::uint64_t size = std::min<std::uint64_t>(image.size(), 1 << 20);
        for (std::uint64_t at = 0; at < size;) at += image.next_extent({at}, size - at).length;
        Bytes bytes(static_cast<std::size_t>(size));
        image.read({0}, room(bytes));
      } catch (const Error& error) {
        return std::string(error_name(error.code()));
      }
      return std::string();
    }();
    CAPTURE(code);
    REQUIRE((code.empty() || code.rfind("QCOW2_", 0) == 0));
    ++(code.empty() ? read : failed);
  }
  // Both ways were taken often.
  CHECK_GT(read, 100);
  CHECK_GT(failed, 100);
}

}  // namespace omiforge::test
