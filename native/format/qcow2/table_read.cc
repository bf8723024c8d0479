#include "format/qcow2/table_read.h"

#include <algorithm>
#include <cstring>

namespace omiforge::qcow2 {

bool read_table(const Source& file, HostOffset at, MutableBytes out) {
  if (out.size == 0) return false;
  const std::uint64_t in_file = file.size() - std::min(file.size(), at.value);
  const std::size_t stored = static_cast<std::size_t>(std::min<std::uint64_t>(out.size, in_file));
  const bool is_hole = stored == 0 || file.next_data(at.value) >= at.value + stored;
  const std::size_t to_read = is_hole ? 0 : stored;
  file.read(at.value, out.slice(0, to_read));
  std::memset(out.data + to_read, 0, out.size - to_read);
  return !is_hole;
}

}  // namespace omiforge::qcow2
