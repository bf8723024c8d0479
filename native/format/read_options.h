#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace omiforge {

// Which other files an image may have opened: none, or those within one folder.
struct ExternalFiles {
  std::optional<std::string> folder;
};

// Which state of an image is read, and what is put up with.
struct ReadOptions {
  // The id or the name of an internal snapshot; the active state where there is none.
  std::optional<std::string> snapshot;
  // Read an image that is marked corrupt. What is found damaged while it is read is an error nevertheless.
  bool allow_corrupt = false;
  // The backing and data files that may be read.
  ExternalFiles external{};
  // The image stands in a gzip file that has an index.
  bool in_gzip = false;
  // The size of the disk, where it is to be longer than the image: zeros are behind it then.
  std::optional<std::uint64_t> padded_size{};
};

}  // namespace omiforge
