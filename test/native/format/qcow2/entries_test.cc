#include "format/qcow2/entries.h"

#include <doctest/doctest.h>

namespace omiforge::test {

using qcow2::ClusterKind;
using qcow2::ClusterMapping;
using qcow2::decode_l2_entry;

namespace {

constexpr std::uint64_t bit_mask(unsigned number) { return std::uint64_t{1} << number; }

// The bits of the offset in a compressed cluster descriptor (x in the specification), for every cluster size.
struct CompressedSplit {
  std::uint32_t cluster_bits;
  unsigned offset_bits;
};
constexpr CompressedSplit kSplits[] = {{9, 61},  {10, 60}, {11, 59}, {12, 58}, {13, 57}, {14, 56}, {15, 55},
                                       {16, 54}, {17, 53}, {18, 52}, {19, 51}, {20, 50}, {21, 49}};

}  // namespace

TEST_CASE("entries: the offset in an L1 entry is bits 9 to 55") {
  CHECK_EQ(qcow2::l2_table_offset(0).value, 0);
  CHECK_EQ(qcow2::l2_table_offset(~std::uint64_t{0}).value, 0x00fffffffffffe00);
  for (unsigned bit = 0; bit < 64; ++bit) {
    CHECK_EQ(qcow2::l2_table_offset(bit_mask(bit)).value, bit >= 9 && bit <= 55 ? bit_mask(bit) : 0);
  }
}

TEST_CASE("entries: an owned entry is the offset with bit 63") {
  CHECK_EQ(qcow2::make_owned_entry({0x30000}), 0x8000000000030000);
  CHECK_EQ(qcow2::l2_table_offset(qcow2::make_owned_entry({0x30000})).value, 0x30000);
  const ClusterMapping mapping = decode_l2_entry(qcow2::make_owned_entry({0x30000}), 16);
  CHECK(mapping.kind == ClusterKind::kAllocated);
  CHECK_EQ(mapping.host.value, 0x30000);
}

TEST_CASE("entries: what each single bit of a standard L2 entry means") {
  for (std::uint32_t cluster_bits = 9; cluster_bits <= 21; ++cluster_bits) {
    for (unsigned bit = 0; bit < 64; ++bit) {
      CAPTURE(cluster_bits);
      CAPTURE(bit);
      const ClusterMapping mapping = decode_l2_entry(bit_mask(bit), cluster_bits);
      if (bit == 62) {
        CHECK(mapping.kind == ClusterKind::kCompressed);
      } else if (bit == 0) {
        CHECK(mapping.kind == ClusterKind::kZero);
      } else if (bit >= 9 && bit <= 55) {
        CHECK(mapping.kind == ClusterKind::kAllocated);
        CHECK_EQ(mapping.host.value, bit_mask(bit));
      } else {
        // Bit 63 alone does not allocate anything: that is for external data files.
        CHECK(mapping.kind == ClusterKind::kUnallocated);
      }
    }
  }
}

TEST_CASE("entries: reserved bits change neither the kind nor the offset") {
  constexpr std::uint64_t kReserved = 0x3f000000000001fe;
  const ClusterMapping mapping = decode_l2_entry(0x0000123456780000 | kReserved | bit_mask(63), 16);
  CHECK(mapping.kind == ClusterKind::kAllocated);
  CHECK_EQ(mapping.host.value, 0x0000123456780000);
  CHECK(decode_l2_entry(kReserved, 16).kind == ClusterKind::kUnallocated);
}

TEST_CASE("entries: the largest offset of a plain cluster") {
  const ClusterMapping mapping = decode_l2_entry(0x00fffffffffffe00, 9);
  CHECK(mapping.kind == ClusterKind::kAllocated);
  CHECK_EQ(mapping.host.value, 0x00fffffffffffe00);
}

TEST_CASE("entries: the zero flag wins over an offset, and is no flag in a compressed cluster") {
  CHECK(decode_l2_entry(1, 16).kind == ClusterKind::kZero);
  CHECK(decode_l2_entry(0x8000000000050001, 16).kind == ClusterKind::kZero);
  CHECK(qcow2::has_zero_flag(1));
  CHECK(qcow2::has_zero_flag(0x8000000000050001));
  CHECK_FALSE(qcow2::has_zero_flag(0x8000000000050000));
  CHECK_FALSE(qcow2::has_zero_flag(0));
  // Here bit 0 is the lowest of the offset.
  CHECK_FALSE(qcow2::has_zero_flag(bit_mask(62) | 1));
  CHECK(decode_l2_entry(bit_mask(62) | 1, 16).kind == ClusterKind::kCompressed);
}

TEST_CASE("entries: compressed clusters of 64 KiB, by the numbers") {
  ClusterMapping mapping = decode_l2_entry(0x4000000000050000, 16);
  CHECK(mapping.kind == ClusterKind::kCompressed);
  CHECK_EQ(mapping.host.value, 0x50000);
  CHECK_EQ(mapping.compressed_bytes, 512);
  // One further sector; begins 1 byte into the first.
  mapping = decode_l2_entry(0x4040000000050001, 16);
  CHECK_EQ(mapping.host.value, 0x50001);
  CHECK_EQ(mapping.compressed_bytes, 1023);
  // The last byte of the first sector, and none further.
  mapping = decode_l2_entry(0x40000000000501ff, 16);
  CHECK_EQ(mapping.host.value, 0x501ff);
  CHECK_EQ(mapping.compressed_bytes, 1);
}

TEST_CASE("entries: where the offset ends and the sectors begin, for every cluster size") {
  for (const CompressedSplit& split : kSplits) {
    CAPTURE(split.cluster_bits);
    const std::uint64_t most_offset = bit_mask(split.offset_bits) - 1;
    const std::uint64_t most_sectors = bit_mask(62 - split.offset_bits) - 1;

    ClusterMapping mapping = decode_l2_entry(bit_mask(62) | most_offset, split.cluster_bits);
    CHECK(mapping.kind == ClusterKind::kCompressed);
    CHECK_EQ(mapping.host.value, most_offset);
    CHECK_EQ(mapping.compressed_bytes, 1);

    mapping = decode_l2_entry(bit_mask(62) | bit_mask(split.offset_bits), split.cluster_bits);
    CHECK_EQ(mapping.host.value, 0);
    CHECK_EQ(mapping.compressed_bytes, 1024);

    // The most that fits in the descriptor: two clusters.
    mapping = decode_l2_entry(bit_mask(62) | most_sectors << split.offset_bits, split.cluster_bits);
    CHECK_EQ(mapping.host.value, 0);
    CHECK_EQ(mapping.compressed_bytes, 2 * bit_mask(split.cluster_bits));

    // All bits: bit 63 has no meaning here, and none of them reaches into another field.
    mapping = decode_l2_entry(~std::uint64_t{0}, split.cluster_bits);
    CHECK(mapping.kind == ClusterKind::kCompressed);
    CHECK_EQ(mapping.host.value, most_offset);
    CHECK_EQ(mapping.compressed_bytes, 2 * bit_mask(split.cluster_bits) - 511);
  }
}

TEST_CASE("entries: every bit of a compressed descriptor, for every cluster size") {
  for (const CompressedSplit& split : kSplits) {
    for (unsigned bit = 0; bit < 62; ++bit) {
      CAPTURE(split.cluster_bits);
      CAPTURE(bit);
      const ClusterMapping mapping = decode_l2_entry(bit_mask(62) | bit_mask(bit), split.cluster_bits);
      const bool in_offset = bit < split.offset_bits;
      CHECK_EQ(mapping.host.value, in_offset ? bit_mask(bit) : 0);
      const std::uint64_t sectors = in_offset ? 1 : 1 + bit_mask(bit - split.offset_bits);
      const std::uint64_t skipped = bit < 9 ? bit_mask(bit) : 0;
      CHECK_EQ(mapping.compressed_bytes, sectors * 512 - skipped);
    }
  }
}

TEST_CASE("entries: a compressed offset above bit 55 is damage, where the field has room for it") {
  for (const CompressedSplit& split : kSplits) {
    for (unsigned bit = 0; bit < 62; ++bit) {
      CAPTURE(split.cluster_bits);
      CAPTURE(bit);
      const ClusterMapping mapping = decode_l2_entry(bit_mask(62) | bit_mask(bit), split.cluster_bits);
      CHECK_EQ(mapping.fault != nullptr, bit > 55 && bit < split.offset_bits);
    }
  }
}

TEST_CASE("entries: in a data file offset 0 is a place where the copied flag says so") {
  const auto decode = [](std::uint64_t entry) {
    return decode_l2_entry(entry, 16, qcow2::ClusterPlace::kDataFile);
  };
  CHECK(decode(bit_mask(63)).kind == ClusterKind::kAllocated);
  CHECK(decode(bit_mask(63)).has_host);
  CHECK(decode(0).kind == ClusterKind::kUnallocated);
  CHECK(decode_l2_entry(bit_mask(63), 16).kind == ClusterKind::kUnallocated);
  CHECK(decode(0x30000).kind == ClusterKind::kAllocated);
  // Beside the zero flag it tells nothing.
  CHECK(decode(bit_mask(63) | 1).kind == ClusterKind::kZero);
  CHECK_FALSE(decode(bit_mask(63) | 1).has_host);
  CHECK(decode(0x30001).has_host);
  CHECK(decode(bit_mask(62) | 0x30000).fault != nullptr);
}

}  // namespace omiforge::test
