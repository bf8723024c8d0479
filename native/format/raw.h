#pragma once

#include <memory>
#include <utility>

#include "image/image.h"
#include "io/file.h"

namespace omiforge {

// How long the disk is of a raw file that ends within a sector.
enum class RawEnd { kAsFile, kWholeSector };

// A file that is the virtual disk itself; its holes are unallocated extents.
class RawImage final : public Image {
 public:
  explicit RawImage(std::unique_ptr<Source> file, RawEnd end = RawEnd::kAsFile);
  explicit RawImage(File file, RawEnd end = RawEnd::kAsFile)
      : RawImage(std::make_unique<File>(std::move(file)), end) {}

  std::uint64_t stored_bytes() const override { return file_->size(); }
  std::uint64_t size() const override { return size_; }
  Extent next_extent(GuestOffset from, std::uint64_t limit) override;

 protected:
  void read_stored(const Extent& extent, MutableBytes out) override;

 private:
  std::unique_ptr<Source> file_;
  std::uint64_t size_;
  FileRun run_;  // to ask where the next hole is can take milliseconds
};

}  // namespace omiforge
