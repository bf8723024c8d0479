#pragma once

#include "io/error.h"

// What a fuzz target demands of the core. A broken rule ends the process, which libFuzzer keeps the input of.
namespace omiforge::fuzz {

// Ends the process with the rule that was to hold.
[[noreturn]] void broken(const char* rule);

inline void require(bool holds, const char* rule) {
  if (!holds) broken(rule);
}

// An image that was made to harm may be refused for what it is, but it must not look like a fault of the
// disk, of the caller or of this program.
void require_fault_of_image(const Error& error);

}  // namespace omiforge::fuzz
