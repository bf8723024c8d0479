#include "format/qcow2/range_sweep.h"

#include <doctest/doctest.h>

#include <map>

#include "builders/bytes.h"

namespace omiforge::test {

using qcow2::RangeSweep;

TEST_CASE("range sweep: no range, and one without length, cover nothing") {
  RangeSweep sweep;
  CHECK(sweep.runs().empty());
  sweep.add(5, 5);
  CHECK(sweep.runs().empty());
}

TEST_CASE("range sweep: each place is covered as often as ranges were added over it") {
  Random random(3);
  for (int round = 0; round < 200; ++round) {
    RangeSweep sweep;
    std::map<std::uint64_t, std::uint64_t> model;
    for (std::uint64_t i = 1 + below(random, 6); i > 0; --i) {
      const std::uint64_t begin = below(random, 20);
      const std::uint64_t end = begin + below(random, 10);
      sweep.add(begin, end);
      for (std::uint64_t at = begin; at < end; ++at) ++model[at];
    }
    std::map<std::uint64_t, std::uint64_t> covered;
    std::uint64_t last_end = 0;
    for (const RangeSweep::Run& run : sweep.runs()) {
      REQUIRE_LE(last_end, run.begin);
      REQUIRE_LT(run.begin, run.end);
      last_end = run.end;
      for (std::uint64_t at = run.begin; at < run.end; ++at) covered[at] = run.times;
    }
    CHECK(covered == model);
  }
}

}  // namespace omiforge::test
