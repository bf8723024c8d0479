#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace omiforge {

// Where bytes have to begin that the system copies to. malloc gives addresses 16 bytes behind a page; what is
// read from a file's cache to such ones comes three times slower (AMD Zen 3, whose string copy is slow
// there).
constexpr std::size_t kCopyAlignment = 64;

template <typename T>
struct CopyAlignedAllocator {
  using value_type = T;

  CopyAlignedAllocator() = default;
  template <typename U>
  explicit CopyAlignedAllocator(const CopyAlignedAllocator<U>&) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kCopyAlignment}));
  }
  void deallocate(T* at, std::size_t) { ::operator delete (at, std::align_val_t{kCopyAlignment}); }

  friend bool operator==(const CopyAlignedAllocator&, const CopyAlignedAllocator&) { return true; }
  friend bool operator!=(const CopyAlignedAllocator&, const CopyAlignedAllocator&) { return false; }
};

// Bytes into which much is read from files.
using AlignedBytes = std::vector<std::uint8_t, CopyAlignedAllocator<std::uint8_t>>;

}  // namespace omiforge
