#include "support/rules.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace omiforge::fuzz {

void broken(const char* rule) {
  std::fprintf(stderr, "broken rule: %s\n", rule);
  std::abort();
}

void require_fault_of_image(const Error& error) {
  if (std::string(error_name(error.code())).rfind("QCOW2_", 0) == 0) return;
  std::fprintf(stderr, "%s: %s\n", error_name(error.code()), error.what());
  broken("an image is refused with an error about qcow2");
}

}  // namespace omiforge::fuzz
