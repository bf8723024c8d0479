#include <doctest/doctest.h>

#include <string>

#include "builders/bytes.h"
#include "format/qcow2/entries.h"

// Extended L2 entries: a descriptor and the bitmap of 32 subclusters.
namespace omiforge::test {

using qcow2::ClusterKind;
using qcow2::ClusterMapping;
using qcow2::decode_extended_l2_entry;

namespace {

constexpr std::uint64_t kHost = 0x0000123456780000;
constexpr std::uint64_t kBit63 = std::uint64_t{1} << 63;
constexpr std::uint64_t kBit62 = std::uint64_t{1} << 62;

std::string fault_of(std::uint64_t descriptor, std::uint64_t bitmap) {
  const char* fault = decode_extended_l2_entry(descriptor, bitmap, 16, 0).fault;
  return fault == nullptr ? "" : fault;
}

}  // namespace

TEST_CASE("extended entries: each bit of the bitmap is about one subcluster") {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (std::uint32_t index = 0; index < qcow2::kSubclusters; ++index) {
      CAPTURE(bit);
      CAPTURE(index);
      const ClusterMapping mapping =
          decode_extended_l2_entry(kHost | kBit63, std::uint64_t{1} << bit, 16, index);
      CHECK(mapping.fault == nullptr);
      if (bit == index) {
        CHECK(mapping.kind == ClusterKind::kAllocated);
        CHECK_EQ(mapping.host.value, kHost);
      } else if (bit == index + 32) {
        CHECK(mapping.kind == ClusterKind::kZero);
      } else {
        CHECK(mapping.kind == ClusterKind::kUnallocated);
      }
    }
  }
}

TEST_CASE("extended entries: zeros need no host cluster, nothing else may go without one") {
  CHECK_EQ(fault_of(0, 0), "");
  CHECK_EQ(fault_of(0, 0xffffffff00000000), "");
  CHECK(decode_extended_l2_entry(0, 0xffffffff00000000, 16, 31).kind == ClusterKind::kZero);
  CHECK(decode_extended_l2_entry(kHost, 0, 16, 31).kind == ClusterKind::kUnallocated);
  for (unsigned bit = 0; bit < 32; ++bit) {
    CHECK_EQ(fault_of(0, std::uint64_t{1} << bit),
             "subclusters are said to be allocated in a cluster that is not");
  }
}

TEST_CASE("extended entries: a subcluster that is both allocated and zero is damage for all of its cluster") {
  for (unsigned bit = 0; bit < 32; ++bit) {
    CHECK_EQ(fault_of(kHost, std::uint64_t{0x0000000100000001} << bit),
             "a subcluster is said to be both allocated and zero");
  }
  CHECK_EQ(fault_of(kHost, 0x00000000ffffffff), "");
  CHECK_EQ(fault_of(kHost, 0xaaaaaaaa55555555), "");
}

TEST_CASE("extended entries: the zero flag is damage") {
  CHECK_EQ(fault_of(1, 0), "the zero flag is set, which extended L2 entries do not have");
  CHECK_EQ(fault_of(kHost | 1, 1), "the zero flag is set, which extended L2 entries do not have");
}

TEST_CASE("extended entries: a compressed cluster is decoded as ever, whatever the bitmap holds") {
  Random random(5);
  for (int round = 0; round < 1000; ++round) {
    const std::uint64_t descriptor = random() | kBit62;
    const auto bits = static_cast<std::uint32_t>(14 + below(random, 8));
    const ClusterMapping standard = qcow2::decode_l2_entry(descriptor, bits);
    const ClusterMapping extended =
        decode_extended_l2_entry(descriptor, random(), bits, static_cast<std::uint32_t>(below(random, 32)));
    REQUIRE(extended.kind == ClusterKind::kCompressed);
    REQUIRE_EQ(extended.host.value, standard.host.value);
    REQUIRE_EQ(extended.compressed_bytes, standard.compressed_bytes);
    REQUIRE_EQ(extended.fault, standard.fault);
  }
}

TEST_CASE("extended entries: in a data file the first cluster has subclusters too") {
  const auto decode = [](std::uint64_t descriptor, std::uint64_t bitmap, std::uint32_t index) {
    return decode_extended_l2_entry(descriptor, bitmap, 16, index, qcow2::ClusterPlace::kDataFile);
  };
  CHECK(decode(kBit63, 1, 0).kind == ClusterKind::kAllocated);
  CHECK(decode(kBit63, 1, 0).fault == nullptr);
  CHECK(decode(kBit63, 1, 1).kind == ClusterKind::kUnallocated);
  CHECK(decode(kBit63, std::uint64_t{1} << 33, 1).has_host);
  CHECK_FALSE(decode(0, std::uint64_t{1} << 33, 1).has_host);
  CHECK(decode(0, 1, 0).fault != nullptr);
}

}  // namespace omiforge::test
