#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace omiforge {

// Bytes that somebody else owns, read-only. Valid as long as the owner is.
struct ByteView {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;

  ByteView slice(std::size_t from, std::size_t length) const { return {data + from, length}; }
};

// Bytes that somebody else owns, to be written.
struct MutableBytes {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;

  MutableBytes slice(std::size_t from, std::size_t length) const { return {data + from, length}; }
  operator ByteView() const { return {data, size}; }
};

// Big-endian numbers, as everything on disk in qcow2. The caller has checked that the bytes are there.
inline std::uint16_t load_be16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>((at[0] << 8) | at[1]);
}
inline std::uint32_t load_be32(const std::uint8_t* at) {
  return (std::uint32_t{load_be16(at)} << 16) | load_be16(at + 2);
}
inline std::uint64_t load_be64(const std::uint8_t* at) {
  return (std::uint64_t{load_be32(at)} << 32) | load_be32(at + 4);
}
inline void store_be16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
inline void store_be32(std::uint8_t* at, std::uint32_t value) {
  store_be16(at, static_cast<std::uint16_t>(value >> 16));
  store_be16(at + 2, static_cast<std::uint16_t>(value));
}
inline void store_be64(std::uint8_t* at, std::uint64_t value) {
  store_be32(at, static_cast<std::uint32_t>(value >> 32));
  store_be32(at + 4, static_cast<std::uint32_t>(value));
}

// Little-endian, as deflate packs its bits.
inline std::uint16_t load_le16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] | (at[1] << 8));
}
inline std::uint64_t load_le64(const std::uint8_t* at) {
  return std::uint64_t{at[0]} | std::uint64_t{at[1]} << 8 | std::uint64_t{at[2]} << 16 |
         std::uint64_t{at[3]} << 24 | std::uint64_t{at[4]} << 32 | std::uint64_t{at[5]} << 40 |
         std::uint64_t{at[6]} << 48 | std::uint64_t{at[7]} << 56;
}

// Whether [offset, offset + length) lies within [0, limit), without overflow for any three numbers.
inline bool range_fits(std::uint64_t offset, std::uint64_t length, std::uint64_t limit) {
  return length <= limit && offset <= limit - length;
}

// Quotient rounded up; `divisor` is not 0. Cannot overflow.
inline std::uint64_t divide_up(std::uint64_t value, std::uint64_t divisor) {
  return value / divisor + (value % divisor != 0 ? 1 : 0);
}

// Whether every byte is zero; true for no bytes.
bool is_zero(ByteView bytes);

}  // namespace omiforge
