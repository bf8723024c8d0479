#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "builders/deflated.h"
#include "builders/named_files.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/open.h"

// Images whose guest clusters are in another file.
namespace omiforge::test {
namespace {

constexpr std::size_t kCluster = 512;
// Large enough for subclusters.
constexpr std::uint32_t kExtendedBits = 14;

class DataFolder {
 public:
  std::unique_ptr<Image> open(const Qcow2Builder& builder, const Bytes& data,
                              const std::string& name = "data") const {
    folder.add("data", data);
    const std::string path = folder.add("disk", with_data_file(builder, name));
    return open_image(path, Format::kQcow2, {std::nullopt, false, {folder.path()}});
  }

  TemporaryFolder folder;
};

Qcow2Builder disk_of(std::uint64_t clusters) { return Qcow2Builder(9, clusters * kCluster, 3, kDataFile); }

Bytes read_all(Image& image) {
  Bytes bytes(static_cast<std::size_t>(image.size()), 0xee);
  image.read({0}, room(bytes));
  return bytes;
}

}  // namespace

TEST_CASE("data file: clusters are read from it, the first one at its offset 0") {
  const DataFolder files;
  Random random(1);
  const Bytes data = noise(random, 4 * kCluster);
  Qcow2Builder builder = disk_of(4);
  builder.set_entry(0, kCopied);
  builder.set_entry(2, kCopied | 2 * kCluster);
  builder.set_entry(3, kCopied | 3 * kCluster | 1);
  const std::unique_ptr<Image> image = files.open(builder, data);
  Bytes expected = data;
  std::fill(expected.begin() + kCluster, expected.begin() + 2 * kCluster, std::uint8_t{0});
  std::fill(expected.begin() + 3 * kCluster, expected.end(), std::uint8_t{0});
  CHECK_EQ(read_all(*image), expected);
  CHECK_EQ(image->external_files(), std::vector<std::string>{files.folder.path() + "/data"});

  const Extent first = image->next_extent({100}, 1000);
  CHECK(first.kind == ExtentKind::kData);
  CHECK_EQ(first.length, kCluster - 100);
  CHECK_EQ(first.host->value, 100);
  CHECK(image->next_extent({kCluster}, 10).kind == ExtentKind::kUnallocated);
  const Extent zeros = image->next_extent({3 * kCluster}, 10);
  CHECK(zeros.kind == ExtentKind::kZero);
  CHECK_EQ(zeros.host->value, 3 * kCluster);
}

TEST_CASE("data file: offset 0 without the copied flag is no cluster, nor is it one in other images") {
  const DataFolder files;
  Qcow2Builder builder = disk_of(1);
  builder.set_entry(0, 0);
  CHECK(files.open(builder, Bytes(kCluster, 'x'))->next_extent({0}, 1).kind == ExtentKind::kUnallocated);
  builder.header.incompatible_features = 0;
  builder.set_entry(0, kCopied);
  CHECK(files.open(builder, Bytes(kCluster, 'x'))->next_extent({0}, 1).kind == ExtentKind::kUnallocated);
}

TEST_CASE("data file: subclusters, those of the first cluster too") {
  const DataFolder files;
  Random random(2);
  const std::size_t cluster = std::size_t{1} << kExtendedBits;
  const Bytes data = noise(random, 2 * cluster);
  Qcow2Builder builder(kExtendedBits, 2 * cluster, 3, kDataFile | kExtendedL2);
  builder.set_entry(0, kCopied, 0x0000000200000001);
  builder.set_entry(1, kCopied | cluster, 0xffffffff);
  const std::unique_ptr<Image> image = files.open(builder, data);
  Bytes expected = data;
  std::fill(expected.begin() + 512, expected.begin() + static_cast<std::ptrdiff_t>(cluster), std::uint8_t{0});
  CHECK(read_all(*image) == expected);
  const Extent zeros = image->next_extent({512}, cluster);
  CHECK(zeros.kind == ExtentKind::kZero);
  CHECK_EQ(zeros.length, 512);
  CHECK_EQ(zeros.host->value, 512);
}

TEST_CASE("data file: a cluster that is elsewhere than on the disk, or compressed, is a fault") {
  const DataFolder files;
  const Bytes data(4 * kCluster, 'x');
  for (const std::uint64_t entry : {kCopied | 2 * kCluster, 2 * kCluster | 1, kCopied}) {
    Qcow2Builder builder = disk_of(4);
    builder.set_entry(1, entry);
    const std::unique_ptr<Image> image = files.open(builder, data);
    const Thrown thrown = thrown_by([&] { image->next_extent({kCluster}, 1); });
    CHECK_EQ(thrown.code, "QCOW2_CORRUPT");
    CHECK(thrown.says("guest offset 512 is at byte"));
  }
  Qcow2Builder builder = disk_of(4);
  builder.add_compressed(1, deflated(Bytes(kCluster, 'z')));
  const std::unique_ptr<Image> image = files.open(builder, data);
  const Thrown thrown = thrown_by([&] { image->next_extent({kCluster}, 1); });
  CHECK_EQ(thrown.code, "QCOW2_CORRUPT");
  CHECK(thrown.says("is compressed"));
}

TEST_CASE("data file: one that ends before a cluster was cut, one that ends within it need not have been") {
  const DataFolder files;
  Qcow2Builder builder = disk_of(2);
  builder.set_entry(0, kCopied);
  builder.set_entry(1, kCopied | kCluster);
  Bytes expected(kCluster + 10, 'x');
  const std::unique_ptr<Image> image = files.open(builder, expected);
  expected.resize(2 * kCluster);
  CHECK_EQ(read_all(*image), expected);

  const std::unique_ptr<Image> cut = files.open(builder, Bytes(kCluster, 'x'));
  const Thrown thrown = thrown_by([&] { read_all(*cut); });
  CHECK_EQ(thrown.code, "QCOW2_TRUNCATED");
  CHECK_EQ(thrown.path, files.folder.path() + "/data");
}

TEST_CASE("data file: with a backing file") {
  const DataFolder files;
  Qcow2Builder builder = disk_of(2);
  builder.set_entry(1, kCopied | kCluster);
  files.folder.add("data", Bytes(2 * kCluster, 'd'));
  files.folder.add("middle", with_data_file(builder, "data"));
  Qcow2Builder top(9, 3 * kCluster);
  top.add_data(0, Bytes(kCluster, 't'));
  const std::string path = files.folder.add("top", with_backing_file(top, "middle", "qcow2"));
  const std::unique_ptr<Image> image =
      open_image(path, Format::kQcow2, {std::nullopt, false, {files.folder.path()}});
  Bytes expected(kCluster, 't');
  append(expected, Bytes(kCluster, 'd'));
  expected.resize(3 * kCluster);
  CHECK_EQ(read_all(*image), expected);
  CHECK_EQ(image->external_files().size(), 2);
}

TEST_CASE("data file: one without a name, one that is the image itself, and one for a snapshot") {
  const DataFolder files;
  Qcow2Builder builder = disk_of(1);
  CHECK_EQ(thrown_by([&] { files.open(builder, {}, ""); }).code, "QCOW2_EXTERNAL_FILE");
  CHECK(thrown_by([&] { files.open(builder, {}, "disk"); }).says("is in the chain already"));
  CHECK_EQ(thrown_by([&] { files.open(builder, {}, "/etc/passwd"); }).code, "QCOW2_EXTERNAL_FILE");
  CHECK_EQ(thrown_by([&] { files.open(builder, {}, "nbd:x"); }).code, "QCOW2_EXTERNAL_FILE");
  REQUIRE_EQ(::mkfifo((files.folder.path() + "/fifo").c_str(), 0600), 0);
  CHECK_EQ(thrown_by([&] { files.open(builder, {}, "fifo"); }).code, "IO_NOT_A_FILE");
  const std::string path = files.folder.path() + "/disk";
  const ReadOptions options{"one", false, {files.folder.path()}};
  CHECK_EQ(thrown_by([&] { open_image(path, Format::kQcow2, options); }).code, "QCOW2_UNSUPPORTED_FEATURE");
}

}  // namespace omiforge::test
