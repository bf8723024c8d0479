#include "builders/deflated.h"
#include "seeds/seeds.h"

namespace omiforge::fuzz {

using test::Bytes;

Seeds final_block_seeds() {
  test::Random random(1);
  const Bytes content = test::mixed_content(random, 3000);
  Seeds seeds;
  seeds["empty"] = test::deflated({});
  seeds["stored"] = test::deflated(content, 0);
  seeds["fixed"] = test::deflated(test::bytes_of("a few bytes, a few bytes"));
  seeds["fast"] = test::deflated(content, 1);
  seeds["dense"] = test::deflated(content, 9);
  seeds["zeros"] = test::deflated(Bytes(100000));
  for (auto& [name, stream] : seeds) stream.push_back(1);
  return seeds;
}

}  // namespace omiforge::fuzz
