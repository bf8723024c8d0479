#include "builders/named_files.h"

#include <algorithm>

namespace omiforge::test {
namespace {

constexpr std::size_t kExtensionsAt = 104;
// Behind any extensions that are put here, within the smallest cluster.
constexpr std::size_t kNameAt = 300;
constexpr std::uint32_t kBackingFormatType = 0xe2792aca;
constexpr std::uint32_t kDataFileType = 0x44415441;

}  // namespace

Bytes with_backing_file(Qcow2Builder builder, const std::string& name, const std::string& format) {
  builder.header.backing_file_offset = kNameAt;
  builder.header.backing_file_size = static_cast<std::uint32_t>(name.size());
  Bytes file = builder.file();
  if (!format.empty()) put_extension(file, kExtensionsAt, kBackingFormatType, bytes_of(format));
  std::copy(name.begin(), name.end(), file.begin() + kNameAt);
  return file;
}

Bytes with_data_file(const Qcow2Builder& builder, const std::string& name) {
  Bytes file = builder.file();
  put_extension(file, kExtensionsAt, kDataFileType, bytes_of(name));
  return file;
}

}  // namespace omiforge::test
