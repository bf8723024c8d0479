#include "io/error.h"

namespace omiforge {

const char* error_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kIoNotFound:
      return "IO_NOT_FOUND";
    case ErrorCode::kIoNotAFile:
      return "IO_NOT_A_FILE";
    case ErrorCode::kIoAccessDenied:
      return "IO_ACCESS_DENIED";
    case ErrorCode::kIoNoSpace:
      return "IO_NO_SPACE";
    case ErrorCode::kIoTooLarge:
      return "IO_TOO_LARGE";
    case ErrorCode::kIoShortRead:
      return "IO_SHORT_READ";
    case ErrorCode::kIoFailed:
      return "IO_FAILED";
    case ErrorCode::kGzipBadHeader:
      return "GZIP_BAD_HEADER";
    case ErrorCode::kGzipTruncated:
      return "GZIP_TRUNCATED";
    case ErrorCode::kGzipCorrupt:
      return "GZIP_CORRUPT";
    case ErrorCode::kGzipChecksumMismatch:
      return "GZIP_CHECKSUM_MISMATCH";
    case ErrorCode::kQcow2BadHeader:
      return "QCOW2_BAD_HEADER";
    case ErrorCode::kQcow2UnsupportedFeature:
      return "QCOW2_UNSUPPORTED_FEATURE";
    case ErrorCode::kQcow2ExternalFile:
      return "QCOW2_EXTERNAL_FILE";
    case ErrorCode::kQcow2Corrupt:
      return "QCOW2_CORRUPT";
    case ErrorCode::kQcow2Truncated:
      return "QCOW2_TRUNCATED";
    case ErrorCode::kImageTooLarge:
      return "IMAGE_TOO_LARGE";
    case ErrorCode::kArgumentInvalid:
      return "ARGUMENT_INVALID";
    case ErrorCode::kEngineUnavailable:
      return "ENGINE_UNAVAILABLE";
    case ErrorCode::kInternal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

}  // namespace omiforge
