#pragma once

#include <cstdint>
#include <string>

#include "io/bytes.h"
#include "io/error.h"
#include "io/source.h"

namespace omiforge {

// A regular file, closed when the object goes. Every failure is an Error with the path; short transfers and
// interrupted calls are continued. Several threads may read through one object.
class File final : public Source {
 public:
  // Errors: IO_NOT_FOUND, IO_ACCESS_DENIED, IO_NOT_A_FILE for anything but a regular file or a block device.
  static File open_read(const std::string& path);
  // Opens the regular file `name` beneath `folder`, a path without symbolic links. No part of `name` may be
  // one either, nor be "..", so what is opened is in the folder whatever is renamed meanwhile. `path` is how
  // messages call the file. Errors as above, and IO_NOT_A_FILE for a block device too.
  static File open_beneath(const std::string& folder, const std::string& name, const std::string& path);
  // Opens an existing regular file for writing; creating and naming files is the caller's business.
  static File open_write(const std::string& path);
  // The same for reading as well.
  static File open_read_write(const std::string& path);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() override;

  // The length when the file was opened.
  std::uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }
  FileIdentity identity() const override { return identity_; }

  void read(std::uint64_t offset, MutableBytes out) const override;
  // Writes all of `bytes`.
  void write(std::uint64_t offset, ByteView bytes) const;
  // Takes room for a range that is about to be written, which makes writing it faster: the file system then
  // need not count block by block what it will have to find room for. The length stays. Where the file system
  // cannot do that, nothing changes. IO_NO_SPACE where there is none.
  void reserve(std::uint64_t offset, std::uint64_t length) const;
  // Gives room back: the range reads as zeros then. Where the file system cannot do that, nothing changes.
  void punch_hole(std::uint64_t offset, std::uint64_t length) const;

  std::uint64_t next_data(std::uint64_t from) const override;
  FileRun run_at(std::uint64_t offset) const override;

 private:
  File(int descriptor, std::string path, std::uint64_t size);
  static File open_to_change(const std::string& path, int access);

  int descriptor_ = -1;
  std::string path_;
  std::uint64_t size_ = 0;
  FileIdentity identity_;
};

}  // namespace omiforge
