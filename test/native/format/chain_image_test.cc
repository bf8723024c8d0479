#include "format/chain_image.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "builders/listed_image.h"

namespace omiforge::test {
namespace {

constexpr ExtentKind kKinds[] = {ExtentKind::kData, ExtentKind::kCompressed, ExtentKind::kZero,
                                 ExtentKind::kUnallocated};

struct Layer {
  std::unique_ptr<ListedImage> image = std::make_unique<ListedImage>();
  std::vector<ExtentKind> kinds;  // of each byte
};

Layer random_layer(Random& random, std::size_t extents) {
  Layer layer;
  for (std::size_t i = 0; i < extents; ++i) {
    // Half of it open, or chains would seldom be looked into.
    const ExtentKind kind = kKinds[std::min<std::uint64_t>(below(random, 6), 3)];
    const bool stored = kind == ExtentKind::kData || kind == ExtentKind::kCompressed;
    const std::size_t length = 1 + static_cast<std::size_t>(below(random, 20));
    layer.image->add(kind, stored ? noise(random, length) : Bytes(length));
    layer.kinds.insert(layer.kinds.end(), length, kind);
  }
  return layer;
}

// A chain, with what each byte of its disk must be, and from where.
struct Model {
  std::unique_ptr<ChainImage> image;
  Bytes content;
  std::vector<std::uint32_t> depths;
};

Model random_chain(Random& random) {
  std::vector<Layer> layers;
  layers.push_back(random_layer(random, 1 + static_cast<std::size_t>(below(random, 8))));
  for (std::uint64_t more = 1 + below(random, 4); more > 0; --more) {
    layers.push_back(random_layer(random, static_cast<std::size_t>(below(random, 8))));
  }
  Model model;
  for (std::size_t at = 0; at < layers.front().kinds.size(); ++at) {
    std::uint32_t depth = 0;
    while (layers[depth].kinds[at] == ExtentKind::kUnallocated && depth + 1 < layers.size() &&
           at < layers[depth + 1].kinds.size()) {
      ++depth;
    }
    model.content.push_back(layers[depth].image->content()[at]);
    model.depths.push_back(depth);
  }
  std::vector<std::unique_ptr<Image>> images;
  for (Layer& layer : layers) images.push_back(std::move(layer.image));
  model.image = std::make_unique<ChainImage>(std::move(images), std::vector<std::string>{"one", "two"});
  return model;
}

// All of it is one gap. Counts how often it is asked.
class OpenImage final : public Image {
 public:
  OpenImage(std::uint64_t size, int& asked) : size_(size), asked_(asked) {}
  std::uint64_t size() const override { return size_; }
  std::uint64_t stored_bytes() const override { return 0; }
  Extent next_extent(GuestOffset from, std::uint64_t limit) override {
    ++asked_;
    return {from, limit, ExtentKind::kUnallocated, std::nullopt};
  }

 protected:
  void read_stored(const Extent&, MutableBytes) override {}

 private:
  std::uint64_t size_;
  int& asked_;
};

}  // namespace

TEST_CASE("chain: each image leaves to the next one what it does not say, whichever is longer") {
  Random random(7);
  for (int round = 0; round < 500; ++round) {
    const Model model = random_chain(random);
    const Bytes& expected = model.content;
    REQUIRE_EQ(model.image->size(), expected.size());
    Bytes whole(expected.size(), 0xee);
    model.image->read({0}, room(whole));
    REQUIRE_EQ(whole, expected);
    for (int part = 0; part < 5; ++part) {
      const std::size_t from = static_cast<std::size_t>(below(random, expected.size()));
      const std::size_t length = static_cast<std::size_t>(below(random, expected.size() - from + 1));
      Bytes bytes(length, 0xee);
      model.image->read({from}, room(bytes));
      const auto begin = expected.begin() + static_cast<std::ptrdiff_t>(from);
      REQUIRE_EQ(bytes, Bytes(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
  }
}

TEST_CASE("chain: extents cover the disk, say zeros only where there are zeros, and say from which image") {
  Random random(8);
  for (int round = 0; round < 500; ++round) {
    const Model model = random_chain(random);
    std::uint64_t at = 0;
    while (at < model.image->size()) {
      const Extent extent = model.image->next_extent({at}, model.image->size() - at);
      REQUIRE_EQ(extent.start.value, at);
      REQUIRE_GT(extent.length, 0);
      const auto begin = static_cast<std::size_t>(at);
      const auto length = static_cast<std::size_t>(extent.length);
      if (extent.reads_as_zeros()) REQUIRE(is_zero(view(model.content).slice(begin, length)));
      for (std::size_t i = begin; i < begin + length; ++i) REQUIRE_EQ(model.depths[i], extent.depth);
      at += extent.length;
    }
    REQUIRE_EQ(at, model.image->size());
  }
}

TEST_CASE("chain: a long gap over many extents is asked for once") {
  int asked = 0;
  auto below_it = std::make_unique<ListedImage>();
  for (int i = 0; i < 1000; ++i) below_it->add(kKinds[i % 2], Bytes(1, 'x'));
  std::vector<std::unique_ptr<Image>> images;
  images.push_back(std::make_unique<OpenImage>(1000, asked));
  images.push_back(std::make_unique<OpenImage>(1000, asked));
  images.push_back(std::move(below_it));
  ChainImage image(std::move(images), {});
  int extents = 0;
  for (std::uint64_t at = 0; at < 1000; ++extents) at += image.next_extent({at}, 1000 - at).length;
  CHECK_EQ(extents, 1000);
  CHECK_EQ(asked, 2);
}

TEST_CASE("chain: it is described by its first image, and tells the files of the others") {
  Random random(9);
  const Model model = random_chain(random);
  CHECK_EQ(model.image->top().size(), model.image->size());
  CHECK_EQ(model.image->external_files(), std::vector<std::string>{"one", "two"});
}

}  // namespace omiforge::test
