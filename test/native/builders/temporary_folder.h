#pragma once

#include <string>

#include "builders/bytes.h"
#include "io/file.h"

namespace omiforge::test {

// A folder of its own for one test, removed with all in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::string& path() const { return path_; }
  // The path of a new file with that content.
  std::string add(const std::string& name, const Bytes& content) const;

 private:
  std::string path_;
};

// A file with that content, open for reading. It has no name any more, so nothing is left behind.
File file_with(const Bytes& content);

Bytes content_of(const std::string& path);

}  // namespace omiforge::test
