#pragma once

#include <memory>
#include <string>

#include "format/read_options.h"
#include "image/image.h"

namespace omiforge {

enum class Format { kRaw, kQcow2 };

// Opens a file as the stated format: it is never guessed here, nor is any other file opened that the image
// names. The Image may be one that answers every read with a refusal. Throws ARGUMENT_INVALID for a snapshot
// that is not there.
std::unique_ptr<Image> open_image(const std::string& path, Format format, const ReadOptions& options = {});

}  // namespace omiforge
