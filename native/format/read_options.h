#pragma once

#include <optional>
#include <string>

namespace omiforge {

// Which state of an image is read, and what is put up with.
struct ReadOptions {
  // The id or the name of an internal snapshot; the active state where there is none.
  std::optional<std::string> snapshot;
  // Read an image that is marked corrupt. What is found damaged while it is read is an error nevertheless.
  bool allow_corrupt = false;
};

}  // namespace omiforge
