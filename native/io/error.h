#pragma once

#include <stdexcept>
#include <string>

namespace omiforge {

// The codes the core can raise. Each name also stands in src/errors.ts; a test compares the two lists.
enum class ErrorCode {
  kIoNotFound,
  kIoNotAFile,
  kIoAccessDenied,
  kIoNoSpace,
  kIoTooLarge,
  kIoShortRead,
  kIoFailed,
  kGzipBadHeader,
  kGzipTruncated,
  kGzipCorrupt,
  kGzipChecksumMismatch,
  kQcow2BadHeader,
  kQcow2UnsupportedFeature,
  kQcow2ExternalFile,
  kQcow2Corrupt,
  kQcow2Truncated,
  kImageTooLarge,
  kArgumentInvalid,
  kEngineUnavailable,
  kInternal,
};

// The stable name of a code, such as "QCOW2_CORRUPT".
const char* error_name(ErrorCode code);

// The one exception of the core. The message says what was found, what is allowed and what to do, on one line
// and without the file's name, which `path` holds where it is known.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string path = {})
      : std::runtime_error(message), code_(code), path_(std::move(path)) {}

  ErrorCode code() const { return code_; }
  const std::string& path() const { return path_; }

 private:
  ErrorCode code_;
  std::string path_;
};

}  // namespace omiforge
