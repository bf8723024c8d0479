#include "seeds/seeds.h"

namespace omiforge::fuzz {

Seeds layout_seeds() {
  Seeds seeds;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    test::Random random(seed);
    seeds["calls-" + std::to_string(seed)] = test::noise(random, 200);
  }
  return seeds;
}

}  // namespace omiforge::fuzz
