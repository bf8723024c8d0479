#include "format/qcow2/header_file.h"

#include <algorithm>
#include <vector>

namespace omiforge::qcow2 {

Header read_header(const Source& file) {
  // Two reads, as only the header says how long the first cluster is.
  constexpr std::uint64_t kProbeBytes = 512;
  std::vector<std::uint8_t> head(static_cast<std::size_t>(std::min(file.size(), kProbeBytes)));
  file.read(0, {head.data(), head.size()});
  const std::uint64_t wanted = first_cluster_bytes({head.data(), head.size()});
  head.resize(static_cast<std::size_t>(std::min(file.size(), wanted)));
  file.read(0, {head.data(), head.size()});
  return parse_header({head.data(), head.size()});
}

}  // namespace omiforge::qcow2
