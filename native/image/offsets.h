#pragma once

#include <cstdint>

namespace omiforge {

// A byte offset on the virtual disk. A type of its own, so that it cannot be mistaken for a HostOffset.
struct GuestOffset {
  std::uint64_t value = 0;
};

// A byte offset in the file that holds the image.
struct HostOffset {
  std::uint64_t value = 0;
};

inline GuestOffset operator+(GuestOffset at, std::uint64_t distance) { return {at.value + distance}; }
inline HostOffset operator+(HostOffset at, std::uint64_t distance) { return {at.value + distance}; }

}  // namespace omiforge
