#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace omiforge {
namespace {

ErrorCode code_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kIoNotFound;
    case EISDIR:
      return ErrorCode::kIoNotAFile;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kIoAccessDenied;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kIoNoSpace;
    case EFBIG:
      return ErrorCode::kIoTooLarge;
    default:
      return ErrorCode::kIoFailed;
  }
}

const char* advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::kIoNotFound:
      return "; check the path";
    case ErrorCode::kIoAccessDenied:
      return "; check its owner and mode";
    case ErrorCode::kIoNoSpace:
      return "; free some space or choose another place";
    case ErrorCode::kIoTooLarge:
      return "; choose a place that allows files this large";
    default:
      return "";
  }
}

std::string reason(int number) { return std::generic_category().message(number) + advice(code_of(number)); }

[[noreturn]] void fail(const char* operation, int number, const std::string& path) {
  throw Error(code_of(number), std::string(operation) + " failed: " + reason(number), path);
}

[[noreturn]] void fail_at(const char* operation, std::uint64_t offset, int number, const std::string& path) {
  throw Error(code_of(number),
              std::string(operation) + " at byte " + std::to_string(offset) + " failed: " + reason(number),
              path);
}

[[noreturn]] void fail_short(std::uint64_t end, std::uint64_t size, const std::string& path) {
  throw Error(ErrorCode::kIoShortRead,
              "ended at byte " + std::to_string(end) + " but had " + std::to_string(size) +
                  " bytes when it was opened; it must not change while it is read",
              path);
}

[[noreturn]] void fail_not_a_file(const std::string& path) {
  throw Error(ErrorCode::kIoNotAFile, "is neither a regular file nor a block device; use - to read a pipe",
              path);
}

[[noreturn]] void fail_not_regular(const std::string& path) {
  throw Error(ErrorCode::kIoNotAFile, "is not a regular file", path);
}

#ifdef O_PATH
constexpr int kFolderAccess = O_PATH;  // does without the permission to list the folder
#else
constexpr int kFolderAccess = O_RDONLY;
#endif
constexpr int kFolderFlags = kFolderAccess | O_DIRECTORY | O_NOFOLLOW;

FileIdentity identity_of(const struct stat& facts) {
  return {static_cast<std::uint64_t>(facts.st_dev), static_cast<std::uint64_t>(facts.st_ino)};
}

// Opens `name`, which starts from the open folder; `path` is how messages call it.
int open_retrying(int folder, const std::string& name, int flags, const std::string& path) {
  for (;;) {
    // O_NONBLOCK: opening a FIFO must not wait for somebody at its other end. It has no effect on a file.
    const int descriptor = ::openat(folder, name.c_str(), flags | O_CLOEXEC | O_NONBLOCK);
    if (descriptor >= 0) return descriptor;
    // A socket, or a FIFO opened for writing that nobody reads.
    if (errno == ENXIO) fail_not_a_file(path);
    if (errno != EINTR) fail("open", errno, path);
  }
}

}  // namespace

File::File(int descriptor, std::string path, std::uint64_t size)
    : descriptor_(descriptor), path_(std::move(path)), size_(size) {}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      size_(other.size_),
      identity_(other.identity_) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(identity_, other.identity_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File File::open_read(const std::string& path) {
  File file(open_retrying(AT_FDCWD, path, O_RDONLY, path), path, 0);
  struct stat facts {};
  if (::fstat(file.descriptor_, &facts) != 0) fail("stat", errno, path);
  if (S_ISDIR(facts.st_mode)) throw Error(ErrorCode::kIoNotAFile, "is a directory; name a file", path);
  if (!S_ISREG(facts.st_mode) && !S_ISBLK(facts.st_mode)) fail_not_a_file(path);
  const off_t end = S_ISREG(facts.st_mode) ? facts.st_size : ::lseek(file.descriptor_, 0, SEEK_END);
  if (end < 0) fail("seek", errno, path);
  file.size_ = static_cast<std::uint64_t>(end);
  file.identity_ = identity_of(facts);
  return file;
}

File File::open_beneath(const std::string& folder, const std::string& name, const std::string& path) {
  File place(open_retrying(AT_FDCWD, folder, kFolderFlags, path), path, 0);
  std::size_t begin = 0;
  for (std::size_t end; (end = name.find('/', begin)) != std::string::npos; begin = end + 1) {
    const std::string part = name.substr(begin, end - begin);
    place = File(open_retrying(place.descriptor_, part, kFolderFlags, path), path, 0);
  }
  const std::string last = name.substr(begin);
  struct stat facts {};
  // Before it is opened: opening some devices does something already.
  if (::fstatat(place.descriptor_, last.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) fail("stat", errno, path);
  if (!S_ISREG(facts.st_mode)) fail_not_regular(path);
  File file(open_retrying(place.descriptor_, last, O_RDONLY | O_NOFOLLOW, path), path, 0);
  if (::fstat(file.descriptor_, &facts) != 0) fail("stat", errno, path);
  if (!S_ISREG(facts.st_mode)) fail_not_regular(path);
  file.size_ = static_cast<std::uint64_t>(facts.st_size);
  file.identity_ = identity_of(facts);
  return file;
}

File File::open_write(const std::string& path) { return open_to_change(path, O_WRONLY); }

File File::open_read_write(const std::string& path) { return open_to_change(path, O_RDWR); }

File File::open_to_change(const std::string& path, int access) {
  File file(open_retrying(AT_FDCWD, path, access, path), path, 0);
  struct stat facts {};
  if (::fstat(file.descriptor_, &facts) != 0) fail("stat", errno, path);
  if (!S_ISREG(facts.st_mode)) fail_not_regular(path);
  file.size_ = static_cast<std::uint64_t>(facts.st_size);
  return file;
}

void File::read(std::uint64_t offset, MutableBytes out) const {
  std::size_t done = 0;
  while (done < out.size) {
    const ssize_t count =
        ::pread(descriptor_, out.data + done, out.size - done, static_cast<off_t>(offset + done));
    if (count < 0) {
      if (errno == EINTR) continue;
      fail_at("read", offset + done, errno, path_);
    }
    if (count == 0) fail_short(offset + done, size_, path_);
    done += static_cast<std::size_t>(count);
  }
}

void File::write(std::uint64_t offset, ByteView bytes) const {
  // In calls of a megabyte and more ext4 takes a quarter longer for the same bytes.
  constexpr std::size_t kMostPerCall = 256 * 1024;
  std::size_t done = 0;
  while (done < bytes.size) {
    const std::size_t wanted = std::min(bytes.size - done, kMostPerCall);
    const ssize_t count = ::pwrite(descriptor_, bytes.data + done, wanted, static_cast<off_t>(offset + done));
    if (count < 0) {
      if (errno == EINTR) continue;
      fail_at("write", offset + done, errno, path_);
    }
    done += static_cast<std::size_t>(count);
  }
}

void File::reserve(std::uint64_t offset, std::uint64_t length) const {
#ifdef FALLOC_FL_KEEP_SIZE
  constexpr int kMode = FALLOC_FL_KEEP_SIZE;
  while (::fallocate(descriptor_, kMode, static_cast<off_t>(offset), static_cast<off_t>(length)) != 0) {
    if (errno == EINTR) continue;
    if (errno == ENOSPC || errno == EDQUOT) fail_at("write", offset, errno, path_);
    // Writing tells whatever else is wrong.
    return;
  }
#else
  static_cast<void>(offset);
  static_cast<void>(length);
#endif
}

void File::punch_hole(std::uint64_t offset, std::uint64_t length) const {
#ifdef FALLOC_FL_PUNCH_HOLE
  constexpr int kMode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  while (::fallocate(descriptor_, kMode, static_cast<off_t>(offset), static_cast<off_t>(length)) != 0) {
    if (errno == EINTR) continue;
    if (errno == EOPNOTSUPP || errno == ENOSYS) return;
    fail_at("free", offset, errno, path_);
  }
#else
  static_cast<void>(offset);
  static_cast<void>(length);
#endif
}

std::uint64_t File::next_data(std::uint64_t from) const {
  if (from >= size_) return size_;
  const off_t found = ::lseek(descriptor_, static_cast<off_t>(from), SEEK_DATA);
  if (found >= 0)
    return static_cast<std::uint64_t>(found) < size_ ? static_cast<std::uint64_t>(found) : size_;
  // ENXIO: nothing but a hole up to the end. Anything else means that holes are not told here.
  if (errno != ENXIO) return from;
  // The end may have come nearer since: what was cut off must not read as zeros.
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  if (end < 0) fail("seek", errno, path_);
  if (static_cast<std::uint64_t>(end) < size_) fail_short(static_cast<std::uint64_t>(end), size_, path_);
  return size_;
}

FileRun File::run_at(std::uint64_t offset) const {
  constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t data = next_data(offset);
  if (data >= size_) return {offset, kForever, true};
  if (data > offset) return {offset, data, true};
  const off_t found = ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_HOLE);
  if (found < 0 || static_cast<std::uint64_t>(found) > size_) return {offset, size_, false};
  // A file that is being punched while it is read can answer with a hole right here; it then reads as zeros.
  return {offset, std::max(static_cast<std::uint64_t>(found), offset + 1), false};
}

}  // namespace omiforge
