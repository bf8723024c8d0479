#include "support/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "support/rules.h"

namespace omiforge::fuzz {

MemoryFile::MemoryFile() : descriptor_(::memfd_create("fuzz-input", MFD_CLOEXEC)) {
  require(descriptor_ >= 0, "this system has files in memory");
}

MemoryFile::~MemoryFile() { ::close(descriptor_); }

void MemoryFile::replace(ByteView content) {
  write(0, content);
  set_length(content.size);
}

void MemoryFile::replace_leaving_holes(ByteView content) {
  constexpr std::size_t kPage = 4096;
  clear();
  for (std::size_t at = 0; at < content.size; at += kPage) {
    const ByteView page = content.slice(at, std::min(kPage, content.size - at));
    if (!is_zero(page)) write(at, page);
  }
  set_length(content.size);
}

void MemoryFile::clear() { set_length(0); }

void MemoryFile::write(std::uint64_t offset, ByteView bytes) {
  const ssize_t written = ::pwrite(descriptor_, bytes.data, bytes.size, static_cast<off_t>(offset));
  require(written == static_cast<ssize_t>(bytes.size), "there is memory for the input");
}

File MemoryFile::open() const { return File::open_read(path()); }

std::string MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

void MemoryFile::set_length(std::uint64_t length) {
  require(::ftruncate(descriptor_, static_cast<off_t>(length)) == 0,
          "a file in memory can change its length");
}

}  // namespace omiforge::fuzz
