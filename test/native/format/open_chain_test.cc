#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "builders/deflated.h"
#include "builders/named_files.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "format/open.h"

// What images that name others become, and what is refused along a chain.
namespace omiforge::test {
namespace {

constexpr std::size_t kCluster = 512;

Bytes cluster_of(char value) { return Bytes(kCluster, static_cast<std::uint8_t>(value)); }

std::string layout_of(Image& image) {
  Bytes bytes(static_cast<std::size_t>(image.size()));
  image.read({0}, room(bytes));
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += kCluster) {
    text += bytes[at] == 0 ? '.' : static_cast<char>(bytes[at]);
  }
  return text;
}

// A disk that has a cluster of each letter at its place in `text`; '.' is unallocated, '0' says zeros.
Qcow2Builder disk_of(const std::string& text, std::uint32_t version = 3) {
  Qcow2Builder builder(9, text.size() * kCluster, version);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '0') builder.set_entry(i, 1);
    if (text[i] != '0' && text[i] != '.') builder.add_data(i, cluster_of(text[i]));
  }
  return builder;
}

class ChainFolder {
 public:
  void add(const std::string& name, const std::string& text, const std::string& backing = {},
           const std::string& format = "qcow2") {
    const Qcow2Builder builder = disk_of(text);
    folder.add(name, backing.empty() ? builder.file() : with_backing_file(builder, backing, format));
  }

  std::unique_ptr<Image> open(const std::string& name) const {
    return open_image(folder.path() + "/" + name, Format::kQcow2, {std::nullopt, false, {folder.path()}});
  }

  Thrown error(const std::string& name) const {
    return thrown_by([&] { open(name); });
  }

  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("open chain: the images shine through, shorter and longer ones") {
  ChainFolder chain;
  chain.add("c", "ccc");
  chain.add("b", "b0.....b", "c");
  chain.add("a", "..a..", "b");
  const std::unique_ptr<Image> image = chain.open("a");
  CHECK_EQ(layout_of(*image), "b.a..");
  CHECK_EQ(image->external_files(),
           std::vector<std::string>{chain.folder.path() + "/b", chain.folder.path() + "/c"});
  chain.add("long", ".........x", "b");
  CHECK_EQ(layout_of(*chain.open("long")), "b.c....b.x");
}

TEST_CASE("open chain: a raw base, which may end within a sector") {
  ChainFolder chain;
  Bytes raw = cluster_of('r');
  append(raw, Bytes(100, 's'));
  chain.folder.add("base", raw);
  chain.add("a", "...x", "base", "raw");
  const std::unique_ptr<Image> image = chain.open("a");
  CHECK_EQ(layout_of(*image), "rs.x");
  Bytes sector(kCluster, 0xee);
  image->read({kCluster}, room(sector));
  Bytes expected(100, 's');
  expected.resize(kCluster);
  CHECK_EQ(sector, expected);
  const Extent extent = image->next_extent({0}, image->size());
  CHECK_EQ(extent.length, kCluster + 100);
  CHECK_EQ(extent.depth, 1);
  CHECK_EQ(extent.host->value, 0);
}

TEST_CASE("open chain: a raw base stays raw, whatever it looks like") {
  ChainFolder chain;
  chain.folder.add("secret", cluster_of('s'));
  chain.folder.add("base", with_backing_file(disk_of("...."), "secret", "raw"));
  chain.add("a", "....", "base", "raw");
  Bytes head(kCluster);
  chain.open("a")->read({0}, room(head));
  CHECK_EQ(load_be32(head.data()), 0x514649fb);
}

TEST_CASE("open chain: version 2, and compressed clusters beneath") {
  ChainFolder chain;
  Qcow2Builder base = disk_of("b...");
  base.add_compressed(2, deflated(cluster_of('z')));
  chain.folder.add("base", base.file());
  Qcow2Builder top = disk_of(".t..", 2);
  top.header.backing_file_offset = 300;
  top.header.backing_file_size = 4;
  Bytes file = top.file();
  // The extensions of version 2 begin right behind its shorter header.
  put_extension(file, 72, 0xe2792aca, bytes_of("qcow2"));
  const Bytes name = bytes_of("base");
  std::copy(name.begin(), name.end(), file.begin() + 300);
  chain.folder.add("a", file);
  const std::unique_ptr<Image> image = chain.open("a");
  CHECK_EQ(layout_of(*image), "btz.");
  CHECK(image->next_extent({2 * kCluster}, kCluster).kind == ExtentKind::kCompressed);
}

TEST_CASE("open chain: names start from the image that has them") {
  ChainFolder chain;
  REQUIRE_EQ(::mkdir((chain.folder.path() + "/sub").c_str(), 0700), 0);
  chain.add("sub/c", "c.");
  chain.add("sub/b", ".b", "c");
  chain.add("a", "..", "sub/b");
  CHECK_EQ(layout_of(*chain.open("a")), "cb");
}

TEST_CASE("open chain: without leave nothing is opened") {
  ChainFolder chain;
  chain.add("a", "..", "absent");
  const std::unique_ptr<Image> image = open_image(chain.folder.path() + "/a", Format::kQcow2);
  CHECK_EQ(thrown_by([&] { image->next_extent({0}, 1); }).code, "QCOW2_EXTERNAL_FILE");
  CHECK(image->external_files().empty());
}

TEST_CASE("open chain: a format that is missing or not read") {
  ChainFolder chain;
  chain.add("base", "bb");
  chain.add("none", "..", "base", "");
  Thrown thrown = chain.error("none");
  CHECK_EQ(thrown.code, "QCOW2_EXTERNAL_FILE");
  CHECK(thrown.says("names a backing file ('base') without its format"));
  CHECK(thrown.says("'qemu-img rebase -u -b FILE -F FORMAT'"));
  for (const char* format : {"vmdk", "host_device", "RAW", "raw "}) {
    chain.add("other", "..", "base", format);
    thrown = chain.error("other");
    CHECK_EQ(thrown.code, "QCOW2_UNSUPPORTED_FEATURE");
    CHECK(thrown.says("of format '" + std::string(format) + "'"));
    CHECK_EQ(thrown.path, chain.folder.path() + "/other");
  }
}

TEST_CASE("open chain: loops are told, not followed") {
  ChainFolder chain;
  chain.add("self", "..", "self");
  CHECK(chain.error("self").says("which is in the chain already"));
  chain.add("one", "..", "two");
  chain.add("two", "..", "one");
  const Thrown thrown = chain.error("one");
  CHECK_EQ(thrown.code, "QCOW2_EXTERNAL_FILE");
  CHECK_EQ(thrown.path, chain.folder.path() + "/two");
  // The same file by another name.
  REQUIRE_EQ(::link((chain.folder.path() + "/self").c_str(), (chain.folder.path() + "/other").c_str()), 0);
  chain.add("self", "..", "other");
  CHECK(chain.error("self").says("in the chain already"));
}

TEST_CASE("open chain: as many images as are allowed, and no more") {
  ChainFolder chain;
  chain.add("1", "x");
  for (int i = 2; i <= 65; ++i) chain.add(std::to_string(i), ".", std::to_string(i - 1));
  CHECK_EQ(layout_of(*chain.open("64")), "x");
  const Thrown thrown = chain.error("65");
  CHECK_EQ(thrown.code, "QCOW2_EXTERNAL_FILE");
  CHECK(thrown.says("behind 64 images"));
  CHECK_EQ(thrown.path, chain.folder.path() + "/2");
}

TEST_CASE("open chain: a fault of any image is told with its path") {
  ChainFolder chain;
  chain.add("a", "..", "b");
  const std::string path = chain.folder.path() + "/b";
  chain.folder.add("b", bytes_of("no qcow2"));
  Thrown thrown = chain.error("a");
  CHECK_EQ(thrown.code, "QCOW2_BAD_HEADER");
  CHECK_EQ(thrown.path, path);

  Qcow2Builder builder = disk_of("bb");
  builder.header.crypt_method = 1;
  chain.folder.add("b", builder.file());
  thrown = chain.error("a");
  CHECK_EQ(thrown.code, "QCOW2_UNSUPPORTED_FEATURE");
  CHECK_EQ(thrown.path, path);

  builder = disk_of("bb");
  builder.header.incompatible_features = 1 << 9;
  chain.folder.add("b", builder.file());
  CHECK_EQ(chain.error("a").code, "QCOW2_UNSUPPORTED_FEATURE");

  builder.header.incompatible_features = 2;
  chain.folder.add("b", builder.file());
  CHECK_EQ(chain.error("a").code, "QCOW2_CORRUPT");
  const std::string top = chain.folder.path() + "/a";
  CHECK_EQ(layout_of(*open_image(top, Format::kQcow2, {std::nullopt, true, {chain.folder.path()}})), "bb");

  ::unlink(path.c_str());
  thrown = chain.error("a");
  CHECK_EQ(thrown.code, "IO_NOT_FOUND");
  CHECK_EQ(thrown.path, path);
}

TEST_CASE("open chain: the L1 tables together are bounded") {
  ChainFolder chain;
  for (int i = 1; i <= 3; ++i) {
    Qcow2Builder builder(9, std::uint64_t{64} << 30);  // an L1 table of 16 MiB
    const std::string name = std::to_string(i);
    chain.folder.add(name,
                     i == 1 ? builder.file() : with_backing_file(builder, std::to_string(i - 1), "qcow2"));
  }
  CHECK_EQ(chain.open("2")->size(), std::uint64_t{64} << 30);
  const Thrown thrown = chain.error("3");
  CHECK_EQ(thrown.code, "IMAGE_TOO_LARGE");
  CHECK(thrown.says("50331648 bytes"));
}

}  // namespace omiforge::test
