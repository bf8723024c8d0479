#include "builders/deflated.h"
#include "seeds/seeds.h"

namespace omiforge::fuzz {

using test::Bytes;
using test::bytes_of;

Seeds gzip_seeds() {
  test::Random random(1);
  test::GzipParts all;
  all.is_text = all.has_header_crc = all.has_extra = all.has_name = all.has_comment = true;
  all.extra = bytes_of("abcd");
  all.name = bytes_of("disk.raw");
  all.comment = bytes_of("made by hand");
  const Bytes member = test::gzip_member(test::mixed_content(random, 700));
  Seeds seeds;
  seeds["member"] = member;
  seeds["all-parts"] = test::gzip_member(bytes_of("content"), all);
  seeds["stored"] = test::gzip_member(test::noise(random, 300), {}, 0);
  seeds["empty"] = test::gzip_member({});
  seeds["zeros"] = test::gzip_member(Bytes(100000));
  seeds["cut-short"] = test::first_bytes(member, member.size() / 2);
  seeds["two-members"] = member;
  test::append(seeds["two-members"], member);
  seeds["padding"] = member;
  test::append(seeds["padding"], Bytes(600));
  seeds["garbage"] = member;
  test::append(seeds["garbage"], bytes_of("\x1fgarbage"));
  // The target takes its numbers from the end: pieces of 7 and 100 bytes, and the file as it is.
  for (auto& [name, file] : seeds) test::append(file, {100, 7, 100, 7, 0});
  return seeds;
}

}  // namespace omiforge::fuzz
