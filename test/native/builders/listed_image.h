#pragma once

#include <vector>

#include "builders/bytes.h"
#include "image/image.h"

namespace omiforge::test {

// An image in memory whose extents are those that were added, in order. Counts what is read of it.
class ListedImage final : public Image {
 public:
  // `content` is what the extent reads as.
  void add(ExtentKind kind, const Bytes& content);

  const Bytes& content() const { return content_; }
  int stored_reads() const { return stored_reads_; }

  std::uint64_t size() const override { return content_.size(); }
  std::uint64_t stored_bytes() const override { return content_.size(); }
  Extent next_extent(GuestOffset from, std::uint64_t limit) override;

 protected:
  void read_stored(const Extent& extent, MutableBytes out) override;

 private:
  struct Listed {
    std::uint64_t end = 0;
    ExtentKind kind = ExtentKind::kUnallocated;
  };

  std::vector<Listed> extents_;
  Bytes content_;
  int stored_reads_ = 0;
};

}  // namespace omiforge::test
