#pragma once

#include "io/bytes.h"

namespace omiforge::fuzz {

enum class Mend {
  kRefcounts,  // refcounts and copied flags, so that faults in the tables are all there is to find
  kAll,        // what leads nowhere is taken out of the tables too
};

// Makes the refcounts of a qcow2 of any bytes agree with its tables, as far as they can: chance never changes
// two things that have to agree.
void mend_qcow2(MutableBytes file, Mend what);

}  // namespace omiforge::fuzz
