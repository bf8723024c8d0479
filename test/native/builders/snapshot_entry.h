#pragma once

#include <cstdint>

#include "builders/bytes.h"

namespace omiforge::test {

// An entry of the snapshot table, every number of it open to lies.
struct SnapshotFields {
  std::uint64_t l1_table_offset = 0;
  std::uint32_t l1_size = 1;
  Bytes id = bytes_of("1");
  Bytes name = bytes_of("before");
  std::uint32_t date_seconds = 1700000000;
  std::uint32_t date_nanoseconds = 5;
  std::uint64_t vm_clock_nanoseconds = 0;
  std::uint32_t vm_state_size = 0;
  // What follows the fixed part, as in versions of the format with more or fewer fields.
  Bytes extra;
  // Where set, they stand in the table instead of the true lengths.
  std::int64_t claimed_extra_bytes = -1;
  std::int64_t claimed_name_bytes = -1;
};

// Padded to a multiple of 8, as it stands in the table.
inline Bytes snapshot_entry(const SnapshotFields& fields) {
  Bytes entry(40);
  std::uint8_t* at = entry.data();
  const auto claimed = [](std::int64_t claim, std::size_t length) {
    return claim < 0 ? static_cast<std::uint64_t>(length) : static_cast<std::uint64_t>(claim);
  };
  store_be64(at, fields.l1_table_offset);
  store_be32(at + 8, fields.l1_size);
  store_be16(at + 12, static_cast<std::uint16_t>(fields.id.size()));
  store_be16(at + 14, static_cast<std::uint16_t>(claimed(fields.claimed_name_bytes, fields.name.size())));
  store_be32(at + 16, fields.date_seconds);
  store_be32(at + 20, fields.date_nanoseconds);
  store_be64(at + 24, fields.vm_clock_nanoseconds);
  store_be32(at + 32, fields.vm_state_size);
  store_be32(at + 36, static_cast<std::uint32_t>(claimed(fields.claimed_extra_bytes, fields.extra.size())));
  append(entry, fields.extra);
  append(entry, fields.id);
  append(entry, fields.name);
  entry.resize((entry.size() + 7) / 8 * 8);
  return entry;
}

// The extra data of version 3, up to the instruction count.
inline Bytes snapshot_extra(std::uint64_t vm_state_size, std::uint64_t disk_size,
                            std::uint64_t instruction_count) {
  Bytes extra(24);
  store_be64(extra.data(), vm_state_size);
  store_be64(extra.data() + 8, disk_size);
  store_be64(extra.data() + 16, instruction_count);
  return extra;
}

}  // namespace omiforge::test
