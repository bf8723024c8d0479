#pragma once

#include <string>

#include "format/read_options.h"
#include "io/file.h"

namespace omiforge {

// Opens the file that the image at `image_path` calls `name`: relative names start from the image's folder.
// What is opened is a regular file within the allowed folder, with all symbolic links followed; names with a
// protocol ("nbd:", "json:") are never paths. Throws QCOW2_EXTERNAL_FILE for any other name, whether there is
// such a file or not, and what File::open_beneath throws. The file's path() is `name` as it starts from where
// the image is.
File open_external(const std::string& name, const std::string& image_path, const ExternalFiles& allowed);

}  // namespace omiforge
