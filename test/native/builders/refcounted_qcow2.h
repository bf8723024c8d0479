#pragma once

#include "builders/bytes.h"
#include "builders/qcow2_builder.h"

namespace omiforge::test {

// The file of the builder with refcounts of the width that its header states, and copied flags to match, so
// that a check finds nothing in it. Snapshots count too; what else the builder put into the file is taken to
// be referred to once. The references are followed here, not by way of the core.
Bytes refcounted(const Qcow2Builder& builder);

}  // namespace omiforge::test
