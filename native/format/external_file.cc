#include "format/external_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace omiforge {
namespace {

namespace fs = std::filesystem;

// As qemu tells them: a colon before the first slash.
bool has_protocol(const std::string& name) {
  const std::size_t colon = name.find(':');
  return colon != std::string::npos && colon < name.find('/');
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const auto [folder_end, path_at] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return folder_end == folder.end() && path_at != path.end();
}

[[noreturn]] void refuse(const std::string& name, const std::string& why, const std::string& image_path) {
  throw Error(ErrorCode::kQcow2ExternalFile, "names the file '" + name + "', " + why, image_path);
}

fs::path real_folder(const std::string& folder) {
  std::error_code failure;
  const fs::path real = fs::canonical(folder, failure);
  if (failure) {
    throw Error(ErrorCode::kIoNotFound,
                "cannot be entered (" + failure.message() + "); name a folder that holds the images", folder);
  }
  return real;
}

}  // namespace

File open_external(const std::string& name, const std::string& image_path, const ExternalFiles& allowed) {
  if (!allowed.folder) refuse(name, "which is not read without --allow-external", image_path);
  if (name.empty() || has_protocol(name)) {
    refuse(name, "which is not a path; only plain files are read", image_path);
  }
  // A NUL would make the system open another file than the one that was checked.
  if (name.find('\0') != std::string::npos) refuse(name.c_str(), "which is not a path", image_path);
  const fs::path folder = real_folder(*allowed.folder);
  const fs::path path = fs::path(image_path).parent_path() / name;
  std::error_code failure;
  // Weakly: whether a file outside of the folder exists is nobody's business.
  const fs::path real = fs::weakly_canonical(fs::absolute(path), failure);
  if (failure || !is_within(real, folder)) {
    refuse(name,
           "which does not lead to a file within the folder " + folder.string() +
               "; move it there, or name its folder with --external-folder",
           image_path);
  }
  try {
    return File::open_beneath(folder.string(), real.lexically_relative(folder).string(), path.string());
  } catch (const Error& error) {
    const bool is_missing = error.code() == ErrorCode::kIoNotFound;
    if (!is_missing && error.code() != ErrorCode::kIoNotAFile) throw;
    const std::string named = ", though " + image_path + " names it; ";
    throw Error(error.code(),
                is_missing ? "is not there" + named + "relative names start from the folder of the image"
                           : "is not a regular file" + named + "no other is read",
                path.string());
  }
}

}  // namespace omiforge
