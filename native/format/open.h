#pragma once

#include <memory>
#include <string>

#include "format/read_options.h"
#include "image/image.h"
#include "io/source.h"

namespace omiforge {

enum class Format { kRaw, kQcow2 };

// The most images of a chain, the first one counted: more than anybody keeps, few enough to open at once.
constexpr std::size_t kMostImagesOfChain = 64;

// The bytes of a file, or of what an indexed gzip file holds. Throws what File::open_read and IndexedGzip
// throw.
std::unique_ptr<Source> open_source(const std::string& path, bool in_gzip);

// Opens a file as the stated format: it is never guessed, here or in a chain. Other files that the image
// names are opened where the options allow it; the Image then reads as the whole chain. It may be one that
// answers every read with a refusal. Throws ARGUMENT_INVALID for a snapshot that is not there and for a disk
// that would be cut, and for a file that is named what open_external, its header or its refusal says.
std::unique_ptr<Image> open_image(const std::string& path, Format format, const ReadOptions& options = {});

// The image that says what it is: the first one of a chain, without what was put behind it.
const Image& described_image(const Image& image);

}  // namespace omiforge
