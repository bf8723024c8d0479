#pragma once

#include <map>

#include "builders/bytes.h"
#include "format/qcow2/layout.h"

namespace omiforge::test {

// The bytes of a qcow2 as whoever uses a Layout puts them together: contents and tables in the order of the
// calls, then the front matter, which was left free.
//
// `clusters` holds the content of each guest cluster that has one; `per_call` guest clusters are added at
// once.
Bytes assemble_qcow2(qcow2::Layout& layout, std::uint64_t virtual_size,
                     const std::map<std::uint64_t, Bytes>& clusters, std::uint64_t per_call);

// The same for a layout with compressed clusters: `clusters` holds what each one takes of the file, a whole
// cluster for one that is plain.
Bytes assemble_compressed_qcow2(qcow2::Layout& layout, std::uint64_t virtual_size,
                                const std::map<std::uint64_t, Bytes>& clusters, std::uint64_t per_call);

}  // namespace omiforge::test
