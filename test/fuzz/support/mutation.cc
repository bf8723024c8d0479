#include "support/mutation.h"

#include <algorithm>

#include "format/qcow2/entries.h"

namespace omiforge::fuzz {
namespace {

using qcow2::kEntryBytes;
using test::below;

// Where an entry of some table stands, or just any eight bytes.
std::size_t some_place(ByteView file, test::Random& random) {
  const std::size_t any = below(random, file.size / kEntryBytes) * kEntryBytes;
  if (file.size < 48 || below(random, 4) == 0) return any;
  const std::uint64_t l1_entry = load_be64(file.data + 40) + below(random, 4) * kEntryBytes;
  if (!range_fits(l1_entry, kEntryBytes, file.size)) return any;
  if (below(random, 4) == 0) return l1_entry;
  const HostOffset table = qcow2::l2_table_offset(load_be64(file.data + l1_entry));
  if (!range_fits(table.value, 16 * kEntryBytes, file.size)) return any;
  return table.value + below(random, 16) * kEntryBytes;
}

}  // namespace

void mutate_entries(MutableBytes file, test::Random& random) {
  if (file.size < kEntryBytes) return;
  for (std::uint64_t count = 1 + below(random, 3); count > 0; --count) {
    std::uint8_t* entry = file.data + some_place(file, random);
    const std::uint64_t choice = below(random, 4);
    if (choice == 0) LLVMFuzzerMutate(entry, kEntryBytes, kEntryBytes);
    if (choice == 1) std::copy_n(file.data + some_place(file, random), kEntryBytes, entry);
    // Bits 9 to 15 are those that an offset must not have with one cluster size or another.
    const std::uint64_t bit = choice == 2 ? below(random, 64) : 9 + below(random, 7);
    if (choice >= 2) store_be64(entry, load_be64(entry) ^ std::uint64_t{1} << bit);
  }
}

std::size_t mutate_qcow2(MutableBytes file, std::size_t most, test::Random& random) {
  if (below(random, 2) == 0) return LLVMFuzzerMutate(file.data, file.size, most);
  mutate_entries(file, random);
  return file.size;
}

}  // namespace omiforge::fuzz
