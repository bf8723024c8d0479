#pragma once

#include "builders/bytes.h"

// What libFuzzer itself does to an input; answers with its new size, which is `most` or less.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace omiforge::fuzz {

// Changes some entries of the tables of a qcow2 where they stand: bytes that are put in or taken out move all
// that follows them out of its clusters.
void mutate_entries(MutableBytes file, test::Random& random);

// That, or what libFuzzer itself does. Answers with the new size.
std::size_t mutate_qcow2(MutableBytes file, std::size_t most, test::Random& random);

}  // namespace omiforge::fuzz
