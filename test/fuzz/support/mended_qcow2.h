#pragma once

#include "io/bytes.h"

namespace omiforge::fuzz {

// Takes out of the tables of a qcow2 of any bytes what leads nowhere, and makes refcounts and
// copied flags agree with the rest, as far as they can: chance never changes two things that have to agree.
void mend_qcow2(MutableBytes file);

}  // namespace omiforge::fuzz
