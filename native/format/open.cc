#include "format/open.h"

#include "format/qcow2/image.h"
#include "format/raw.h"

namespace omiforge {

std::unique_ptr<Image> open_image(const std::string& path, Format format) {
  File file = File::open_read(path);
  if (format == Format::kQcow2) return std::make_unique<qcow2::Qcow2Image>(std::move(file));
  return std::make_unique<RawImage>(std::move(file));
}

}  // namespace omiforge
