#include "format/open.h"

#include "format/qcow2/image.h"
#include "format/raw.h"

namespace omiforge {

std::unique_ptr<Image> open_image(const std::string& path, Format format, const ReadOptions& options) {
  File file = File::open_read(path);
  if (format == Format::kQcow2) return std::make_unique<qcow2::Qcow2Image>(std::move(file), options);
  if (options.snapshot) {
    throw Error(ErrorCode::kArgumentInvalid, "is raw, which has no snapshots; leave the snapshot out", path);
  }
  return std::make_unique<RawImage>(std::move(file));
}

}  // namespace omiforge
