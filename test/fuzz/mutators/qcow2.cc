#include "support/mutation.h"

// How the inputs of targets change that read a whole qcow2. libFuzzer finds it by its name, so only these
// targets are linked with it.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  omiforge::test::Random random(seed);
  return omiforge::fuzz::mutate_qcow2({data, size}, most, random);
}
