#include "format/open.h"

#include <doctest/doctest.h>

#include "builders/qcow2_builder.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {

TEST_CASE("open: a file is what the caller says, whatever it looks like") {
  const TemporaryFolder folder;
  const Qcow2Builder builder(16, 3 << 20);
  const std::string path = folder.add("disk", builder.file());
  CHECK_EQ(open_image(path, Format::kQcow2)->size(), 3 << 20);
  // Probing a raw disk would let a guest choose what its bytes mean.
  CHECK_EQ(open_image(path, Format::kRaw)->size(), builder.end());
  const std::string text = folder.add("text", Bytes(1000, 'x'));
  CHECK_EQ(open_image(text, Format::kRaw)->size(), 1000);
  CHECK_EQ(thrown_by([&] { open_image(text, Format::kQcow2); }).code, "QCOW2_BAD_HEADER");
}

TEST_CASE("open: a snapshot of a raw file") {
  const TemporaryFolder folder;
  const std::string text = folder.add("text", Bytes(1000, 'x'));
  const Thrown error = thrown_by([&] { open_image(text, Format::kRaw, {std::string("one"), false}); });
  CHECK_EQ(error.code, "ARGUMENT_INVALID");
  CHECK_EQ(error.message, "is raw, which has no snapshots; leave the snapshot out");
}

TEST_CASE("open: the backing file that an image names is not opened") {
  const TemporaryFolder folder;
  Qcow2Builder builder(16, 1 << 20);
  builder.header.backing_file_offset = 112;
  builder.header.backing_file_size = 6;
  Bytes file = builder.file();
  const Bytes name = bytes_of("absent");
  std::copy(name.begin(), name.end(), file.begin() + 112);
  const std::unique_ptr<Image> image = open_image(folder.add("disk", file), Format::kQcow2);
  CHECK_EQ(image->size(), 1 << 20);
  CHECK_EQ(thrown_by([&] { image->next_extent({0}, 1); }).code, "QCOW2_EXTERNAL_FILE");
}

}  // namespace omiforge::test
