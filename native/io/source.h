#pragma once

#include <cstdint>
#include <string>

#include "io/bytes.h"

namespace omiforge {

// Which file it is, by whatever name it was opened.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  bool operator==(const FileIdentity& other) const { return device == other.device && inode == other.inode; }
};

// A range of a source in which all is data, or all a hole. What lies past the end of it is one too.
struct FileRun {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool is_hole = false;

  bool contains(std::uint64_t offset) const { return offset >= begin && offset < end; }
};

// Bytes that an image stands in, read at any offset: a file, or what a file holds in another form. Every
// failure is an Error with the path.
class Source {
 public:
  virtual ~Source() = default;

  virtual std::uint64_t size() const = 0;
  virtual const std::string& path() const = 0;
  virtual FileIdentity identity() const = 0;

  // Fills all of `out`. IO_SHORT_READ if the source ends before.
  virtual void read(std::uint64_t offset, MutableBytes out) const = 0;
  // The next offset at or after `from` that holds data, or size() where only a hole follows. A file system
  // that does not tell holes answers `from`. `from` <= size(). IO_SHORT_READ if the file now ends before
  // size() and holds nothing from here on.
  virtual std::uint64_t next_data(std::uint64_t from) const = 0;
  // The run that goes on from there, as far as it is one.
  virtual FileRun run_at(std::uint64_t offset) const = 0;
};

}  // namespace omiforge
