#pragma once

#include "image/image.h"
#include "io/file.h"

namespace omiforge {

// A file that is the virtual disk itself; its holes are unallocated extents.
class RawImage final : public Image {
 public:
  explicit RawImage(File file) : file_(std::move(file)) {}

  std::uint64_t size() const override { return file_.size(); }
  Extent next_extent(GuestOffset from, std::uint64_t limit) override;

 protected:
  void read_stored(const Extent& extent, MutableBytes out) override;

 private:
  File file_;
};

}  // namespace omiforge
