#include "format/open.h"

#include "codec/indexed_gzip.h"
#include "format/chain_image.h"
#include "format/external_file.h"
#include "format/padded_image.h"
#include "format/qcow2/image.h"
#include "format/raw.h"

namespace omiforge {
namespace {

using qcow2::Qcow2Image;

// Puts a chain together, from the image that names the others on.
class ChainOpening {
 public:
  explicit ChainOpening(const ReadOptions& options)
      : options_{std::nullopt, options.allow_corrupt, options.external} {}

  std::unique_ptr<Image> open_on(std::unique_ptr<Qcow2Image> top);

 private:
  void take(std::unique_ptr<Qcow2Image> image);
  void note_file(const Source& file, const std::string& named_by);
  void open_backing();
  Format backing_format() const;
  std::unique_ptr<Qcow2Image> open_qcow2(File file) const;

  ReadOptions options_;  // of the backing images
  std::vector<std::unique_ptr<Image>> images_;
  std::vector<FileIdentity> files_;
  std::vector<std::string> paths_;
  const Qcow2Image* last_ = nullptr;  // the one whose backing file is next; null behind a raw one
  std::uint64_t l1_bytes_ = 0;
};

std::unique_ptr<Image> ChainOpening::open_on(std::unique_ptr<Qcow2Image> top) {
  files_.push_back(top->file().identity());
  take(std::move(top));
  while (last_ != nullptr && last_->header().has_backing_file) open_backing();
  if (images_.size() == 1) return std::move(images_.front());
  return std::make_unique<ChainImage>(std::move(images_), std::move(paths_));
}

void ChainOpening::take(std::unique_ptr<Qcow2Image> image) {
  const std::string& path = image->file().path();
  if (image->data_file()) note_file(*image->data_file(), path);
  l1_bytes_ += image->l1_bytes();
  // Each thread has them all in memory.
  if (l1_bytes_ > qcow2::kMaxL1Bytes) {
    throw Error(ErrorCode::kImageTooLarge,
                "the L1 tables of the chain up to this image take " + std::to_string(l1_bytes_) +
                    " bytes; at most 32 MiB are allowed; merge it with 'qemu-img convert -O qcow2' first",
                path);
  }
  last_ = image.get();
  images_.push_back(std::move(image));
}

void ChainOpening::note_file(const Source& file, const std::string& named_by) {
  for (const FileIdentity& known : files_) {
    if (!(known == file.identity())) continue;
    throw Error(
        ErrorCode::kQcow2ExternalFile,
        "names the file '" + file.path() + "', which is in the chain already; a chain must come to an end",
        named_by);
  }
  files_.push_back(file.identity());
  paths_.push_back(file.path());
}

void ChainOpening::open_backing() {
  const std::string& name = last_->header().backing_file;
  const std::string path = last_->file().path();
  if (images_.size() == kMostImagesOfChain) {
    throw Error(ErrorCode::kQcow2ExternalFile,
                "names a backing file ('" + name + "') behind " + std::to_string(kMostImagesOfChain) +
                    " images, which is the most that a chain may have; merge some with 'qemu-img rebase'",
                path);
  }
  const Format format = backing_format();
  File file = open_external(name, path, options_.external);
  note_file(file, path);
  if (format == Format::kQcow2) {
    take(open_qcow2(std::move(file)));
    return;
  }
  images_.push_back(std::make_unique<RawImage>(std::move(file), RawEnd::kWholeSector));
  last_ = nullptr;
}

// Never found out from the content, which may be what a virtual machine has written into its raw disk.
Format ChainOpening::backing_format() const {
  const qcow2::Header& header = last_->header();
  if (header.backing_format == "raw") return Format::kRaw;
  if (header.backing_format == "qcow2") return Format::kQcow2;
  const std::string named = "names a backing file ('" + header.backing_file + "') ";
  const std::string& path = last_->file().path();
  if (header.backing_format.empty()) {
    throw Error(ErrorCode::kQcow2ExternalFile,
                named +
                    "without its format, which is never guessed; write it into the image with 'qemu-img "
                    "rebase -u -b FILE -F FORMAT'",
                path);
  }
  throw Error(ErrorCode::kQcow2UnsupportedFeature,
              named + "of format '" + header.backing_format +
                  "'; raw and qcow2 are read; merge it with 'qemu-img convert -O qcow2' first",
              path);
}

std::unique_ptr<Qcow2Image> ChainOpening::open_qcow2(File file) const {
  const std::string path = file.path();
  try {
    auto image = std::make_unique<Qcow2Image>(std::move(file), options_);
    if (image->refusal()) throw *image->refusal();
    return image;
  } catch (const Error& error) {
    if (!error.path().empty()) throw;
    throw Error(error.code(), error.what(), path);
  }
}

// The disk as long as it is.
std::unique_ptr<Image> open_unpadded(const std::string& path, Format format, const ReadOptions& options) {
  std::unique_ptr<Source> file = open_source(path, options.in_gzip);
  if (format == Format::kRaw) {
    if (!options.snapshot) return std::make_unique<RawImage>(std::move(file));
    throw Error(ErrorCode::kArgumentInvalid, "is raw, which has no snapshots; leave the snapshot out", path);
  }
  auto image = std::make_unique<Qcow2Image>(std::move(file), options);
  if (image->refusal() || !options.external.folder) return image;
  return ChainOpening(options).open_on(std::move(image));
}

}  // namespace

std::unique_ptr<Source> open_source(const std::string& path, bool in_gzip) {
  if (in_gzip) return std::make_unique<codec::IndexedGzip>(File::open_read(path));
  return std::make_unique<File>(File::open_read(path));
}

std::unique_ptr<Image> open_image(const std::string& path, Format format, const ReadOptions& options) {
  std::unique_ptr<Image> image = open_unpadded(path, format, options);
  const std::uint64_t size = options.padded_size.value_or(image->size());
  if (size == image->size()) return image;
  if (size > image->size()) return std::make_unique<PaddedImage>(std::move(image), size);
  throw Error(ErrorCode::kArgumentInvalid,
              "is a disk of " + std::to_string(image->size()) + " bytes, which is not cut to " +
                  std::to_string(size) + "; choose a size of at least that",
              path);
}

const Image& described_image(const Image& image) {
  const auto* padded = dynamic_cast<const PaddedImage*>(&image);
  if (padded != nullptr) return described_image(padded->inner());
  const auto* chain = dynamic_cast<const ChainImage*>(&image);
  return chain == nullptr ? image : chain->top();
}

}  // namespace omiforge
