#include "format/external_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {
namespace {

Bytes content_of(const File& file) {
  Bytes bytes(static_cast<std::size_t>(file.size()));
  file.read(0, room(bytes));
  return bytes;
}

std::string code_of(const std::string& name, const std::string& image, const ExternalFiles& allowed) {
  return code_thrown_by([&] { open_external(name, image, allowed); });
}

}  // namespace

TEST_CASE("external file: none is opened unless a folder is allowed") {
  const TemporaryFolder folder;
  const std::string image = folder.add("image.qcow2", {});
  folder.add("base.raw", {});
  const Thrown thrown = thrown_by([&] { open_external("base.raw", image, {}); });
  CHECK_EQ(thrown.code, "QCOW2_EXTERNAL_FILE");
  CHECK(thrown.says("'base.raw'"));
  CHECK(thrown.says("--allow-external"));
  CHECK_EQ(thrown.path, image);
}

TEST_CASE("external file: names start from the image's folder and stay within the allowed one") {
  const TemporaryFolder folder;
  REQUIRE_EQ(::mkdir((folder.path() + "/in").c_str(), 0700), 0);
  const std::string image = folder.add("in/image.qcow2", {});
  const std::string inner = folder.add("in/base.raw", bytes_of("inner"));
  folder.add("base.raw", bytes_of("outer"));
  const ExternalFiles allowed{folder.path() + "/in"};
  for (const std::string& name : {std::string("base.raw"), std::string("./base.raw"), inner,
                                  std::string("../in/base.raw"), std::string("gone/../base.raw")}) {
    CAPTURE(name);
    CHECK_EQ(content_of(open_external(name, image, allowed)), bytes_of("inner"));
  }
  CHECK_EQ(open_external("base.raw", image, allowed).path(), inner);
  for (const char* outside :
       {"/etc/passwd", "../../../../../../../../etc/passwd", "..", ".", "../base.raw"}) {
    CAPTURE(outside);
    CHECK_EQ(code_of(outside, image, allowed), "QCOW2_EXTERNAL_FILE");
  }
  CHECK_EQ(content_of(open_external("../base.raw", image, {folder.path()})), bytes_of("outer"));
}

TEST_CASE("external file: nothing tells whether a file outside of the folder exists") {
  const TemporaryFolder folder;
  const std::string image = folder.add("image.qcow2", {});
  const auto message = [&](const std::string& name) {
    const Thrown thrown = thrown_by([&] { open_external(name, image, {folder.path()}); });
    CHECK_EQ(thrown.code, "QCOW2_EXTERNAL_FILE");
    return thrown.message.substr(thrown.message.find("', "));
  };
  CHECK_EQ(message("/etc/passwd"), message("/etc/passwd-of-nobody"));
  CHECK_EQ(message("../../etc/passwd"), message("gone/../../../etc/gone"));
}

TEST_CASE("external file: a folder whose name begins as the allowed one's does is another folder") {
  const TemporaryFolder folder;
  const std::string image = folder.add("image.qcow2", {});
  REQUIRE_EQ(::mkdir((folder.path() + "/in").c_str(), 0700), 0);
  REQUIRE_EQ(::mkdir((folder.path() + "/inside").c_str(), 0700), 0);
  folder.add("inside/base.raw", {});
  CHECK_EQ(code_of("inside/base.raw", image, {folder.path() + "/in"}), "QCOW2_EXTERNAL_FILE");
}

TEST_CASE("external file: symbolic links are followed before the folder is looked at") {
  const TemporaryFolder folder;
  const std::string image = folder.add("image.qcow2", {});
  folder.add("real.raw", bytes_of("real"));
  const auto link = [&](const char* target, const char* name) {
    REQUIRE_EQ(::symlink(target, (folder.path() + "/" + name).c_str()), 0);
  };
  link("/etc/passwd", "out.raw");
  link("/etc", "out");
  link("real.raw", "in.raw");
  link("loop.raw", "loop.raw");
  const ExternalFiles allowed{folder.path()};
  CHECK_EQ(code_of("out.raw", image, allowed), "QCOW2_EXTERNAL_FILE");
  CHECK_EQ(code_of("out/passwd", image, allowed), "QCOW2_EXTERNAL_FILE");
  CHECK_EQ(code_of("loop.raw", image, allowed), "QCOW2_EXTERNAL_FILE");
  CHECK_EQ(content_of(open_external("in.raw", image, allowed)), bytes_of("real"));
  // A folder may itself be named through a link.
  link(".", "here");
  CHECK_EQ(content_of(open_external("in.raw", image, {folder.path() + "/here"})), bytes_of("real"));
}

TEST_CASE("external file: what has a protocol is no path") {
  const TemporaryFolder folder;
  const std::string image = folder.add("image.qcow2", {});
  for (const char* name : {"nbd://localhost/x", "json:{\"driver\":\"raw\"}", "file:base.raw", ":", ""}) {
    const Thrown thrown = thrown_by([&] { open_external(name, image, {folder.path()}); });
    CHECK_EQ(thrown.code, "QCOW2_EXTERNAL_FILE");
    CHECK(thrown.says("not a path"));
  }
  // A colon behind a slash is part of a file's name.
  folder.add("a:b.raw", bytes_of("colon"));
  CHECK_EQ(content_of(open_external("./a:b.raw", image, {folder.path()})), bytes_of("colon"));
  const std::string with_nul("base\0.raw", 9);
  CHECK_EQ(code_of(with_nul, image, {folder.path()}), "QCOW2_EXTERNAL_FILE");
}

TEST_CASE("external file: one that is not there, and a folder that is not") {
  const TemporaryFolder folder;
  const std::string image = folder.add("image.qcow2", {});
  const Thrown thrown = thrown_by([&] { open_external("gone.raw", image, {folder.path()}); });
  CHECK_EQ(thrown.code, "IO_NOT_FOUND");
  CHECK_EQ(thrown.path, folder.path() + "/gone.raw");
  const Thrown no_folder = thrown_by([&] { open_external("a", image, {folder.path() + "/gone"}); });
  CHECK_EQ(no_folder.code, "IO_NOT_FOUND");
  CHECK_EQ(no_folder.path, folder.path() + "/gone");
}

TEST_CASE("external file: only regular files are opened") {
  const TemporaryFolder folder;
  const std::string image = folder.add("image.qcow2", {});
  REQUIRE_EQ(::mkfifo((folder.path() + "/fifo").c_str(), 0600), 0);
  REQUIRE_EQ(::mkdir((folder.path() + "/folder").c_str(), 0700), 0);
  for (const char* name : {"fifo", "folder"})
    CHECK_EQ(code_of(name, image, {folder.path()}), "IO_NOT_A_FILE");
  CHECK_EQ(code_of("/dev/null", image, {std::string("/dev")}), "IO_NOT_A_FILE");
}

}  // namespace omiforge::test
