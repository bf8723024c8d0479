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

// A run of guest bytes of one kind. `length` is never 0. `host` is set for kData, and for kZero where room
// was set aside; the whole run is then contiguous in the file.
struct Extent {
  GuestOffset start;
  std::uint64_t length = 0;
  ExtentKind kind = ExtentKind::kUnallocated;
  std::optional<HostOffset> host;

  bool reads_as_zeros() const { return kind == ExtentKind::kZero || kind == ExtentKind::kUnallocated; }
};

}  // namespace omiforge
