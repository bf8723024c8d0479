#pragma once

#include <cstdint>
#include <optional>

#include "image/offsets.h"

namespace omiforge {

enum class ExtentKind {
  kData,         // stored plainly in the file
  kCompressed,   // stored in compressed clusters
  kZero,         // reads as zeros, and the image says so
  kUnallocated,  // reads as zeros, because the image says nothing of it
};

// A run of guest bytes of one kind, all out of one image of a chain. `length` is never 0. `host` is set for
// kData, for kZero where room was set aside, and for holes of a raw file; the whole run is then contiguous in
// the file that holds it.
struct Extent {
  GuestOffset start;
  std::uint64_t length = 0;
  ExtentKind kind = ExtentKind::kUnallocated;
  std::optional<HostOffset> host;
  std::uint32_t depth = 0;  // in which image of the chain: 0 the image itself, 1 its backing image
  // kData: the place in the file is a hole, as with clusters that were allocated before they were written.
  bool is_hole = false;

  bool reads_as_zeros() const {
    return kind == ExtentKind::kZero || kind == ExtentKind::kUnallocated || is_hole;
  }
};

}  // namespace omiforge
