#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <string>

#include "builders/deflated.h"
#include "codec/gzip_inflater.h"
#include "io/error.h"
#include "support/rules.h"

// The gzip inflater over any file: how the file is cut into pieces of input and output does not matter.
namespace omiforge::fuzz {
namespace {

using test::Bytes;

// A few KiB of deflate may hold many MiB.
constexpr std::size_t kMostOutput = 16 << 10;
constexpr std::size_t kMostContent = 2 << 10;

// What came out before the bound, and how it ended.
struct Outcome {
  Bytes content;
  std::string fault;
  bool is_cut = false;
  bool has_garbage = false;
  std::uint64_t member_bytes = 0;
};

// Gives all of `in`; true once the bound is reached.
bool feed(codec::GzipInflater& inflater, ByteView in, std::size_t out_piece, Outcome& outcome) {
  Bytes out;
  for (std::size_t used = 0;;) {
    out.resize(std::min(out_piece, kMostOutput - outcome.content.size()));
    const auto step = inflater.inflate(in.slice(used, in.size - used), test::room(out));
    require(step.consumed <= in.size - used, "no more is consumed than there is");
    require(step.produced <= out.size(), "no more is produced than there is room");
    used += step.consumed;
    test::append(outcome.content, test::first_bytes(out, step.produced));
    if (outcome.content.size() == kMostOutput) return true;
    if (used == in.size && step.produced < out.size()) return false;
    require(step.consumed + step.produced > 0, "with input and room the inflater moves on");
  }
}

// Inflates `file` in pieces of input and output of so many bytes, which take turns.
Outcome inflate(const Bytes& file, const Bytes& in_pieces, const Bytes& out_pieces) {
  codec::GzipInflater inflater;
  Outcome outcome;
  try {
    std::size_t turn = 0;
    for (std::size_t given = 0; given < file.size() && !outcome.is_cut; ++turn) {
      // 0 stands for all.
      const std::size_t wanted = in_pieces[turn % in_pieces.size()];
      const std::size_t piece = wanted == 0 ? file.size() - given : std::min(wanted, file.size() - given);
      const std::size_t room = out_pieces[turn % out_pieces.size()];
      // A copy of exactly these bytes, so that the sanitizer sees a step beyond them.
      const auto begin = file.begin() + static_cast<std::ptrdiff_t>(given);
      const Bytes in(begin, begin + static_cast<std::ptrdiff_t>(piece));
      outcome.is_cut = feed(inflater, test::view(in), room == 0 ? kMostOutput : room, outcome);
      given += piece;
    }
    if (!outcome.is_cut) inflater.finish();
  } catch (const Error& error) {
    outcome.fault = error_name(error.code());
    require(outcome.fault.rfind("GZIP_", 0) == 0, "a damaged file is an error about gzip");
  }
  outcome.has_garbage = inflater.has_trailing_garbage();
  outcome.member_bytes = inflater.member_bytes();
  return outcome;
}

void require_same(const Outcome& whole, const Outcome& pieces) {
  const std::size_t common = std::min(whole.content.size(), pieces.content.size());
  require(std::equal(whole.content.begin(), whole.content.begin() + static_cast<std::ptrdiff_t>(common),
                     pieces.content.begin()),
          "pieces inflate to what the whole does");
  // One of them may have met its end, good or bad, just before it had the bytes up to the bound.
  if (whole.is_cut || pieces.is_cut) return;
  require(whole.fault == pieces.fault, "pieces have the fault of the whole");
  if (!whole.fault.empty()) return;
  require(whole.content.size() == pieces.content.size(), "pieces inflate to as much as the whole");
  require(whole.has_garbage == pieces.has_garbage, "pieces end with garbage where the whole does");
  require(whole.member_bytes == pieces.member_bytes, "pieces have as many bytes of members as the whole");
}

Bytes some_bytes(FuzzedDataProvider& choices, std::size_t most) {
  return choices.ConsumeBytes<std::uint8_t>(choices.ConsumeIntegralInRange<std::size_t>(0, most));
}

// A file, and what it holds where that is known.
struct GzipFile {
  Bytes bytes;
  Bytes content;
  bool is_sound = true;
  bool has_padding = false;
};

void add_member(GzipFile& file, FuzzedDataProvider& choices) {
  test::GzipParts parts;
  parts.is_text = choices.ConsumeBool();
  parts.has_header_crc = choices.ConsumeBool();
  parts.has_extra = choices.ConsumeBool();
  if (parts.has_extra) parts.extra = some_bytes(choices, 16);
  parts.has_name = choices.ConsumeBool();
  const int level = choices.ConsumeIntegralInRange(0, 9);
  Bytes content = some_bytes(choices, kMostContent);
  // Long runs now and then: they are what gives more output than input.
  if (choices.ConsumeBool()) content.resize(content.size() + 100 * choices.ConsumeIntegral<std::uint8_t>());
  test::append(file.bytes, test::gzip_member(content, parts, level));
  test::append(file.content, content);
  // Behind padding nothing is a member.
  if (file.has_padding) file.is_sound = false;
}

void cut(GzipFile& file, FuzzedDataProvider& choices) {
  const std::size_t most = std::min<std::size_t>(32, file.bytes.size());
  file.bytes.resize(file.bytes.size() - choices.ConsumeIntegralInRange<std::size_t>(0, most));
  file.is_sound = false;
}

// A chance change of a byte almost never leaves a checksum right, so most files are put together from
// members.
GzipFile put_together(FuzzedDataProvider& choices) {
  GzipFile file;
  add_member(file, choices);
  while (choices.remaining_bytes() > 0 && file.bytes.size() < kMostOutput) {
    switch (choices.ConsumeIntegralInRange(0, 6)) {
      case 0:
        file.bytes.resize(file.bytes.size() + choices.ConsumeIntegralInRange<std::size_t>(1, 1024));
        file.has_padding = true;
        break;
      case 1:
        test::append(file.bytes, some_bytes(choices, 64));
        file.is_sound = false;
        break;
      case 2:
        // May be the beginning of a member.
        file.bytes.push_back(0x1f);
        file.is_sound = false;
        break;
      case 3:
        cut(file, choices);
        break;
      default:
        add_member(file, choices);
    }
  }
  return file;
}

// The file as the input has it, of which nothing is known.
GzipFile as_given(FuzzedDataProvider& choices) {
  return {choices.ConsumeRemainingBytes<std::uint8_t>(), {}, false, false};
}

void require_sound(const GzipFile& file, const Outcome& outcome) {
  require(outcome.fault.empty() && !outcome.has_garbage, "a sound file is taken as one");
  require(outcome.content == test::first_bytes(file.content, std::min(file.content.size(), kMostOutput)),
          "a sound file inflates to what was deflated");
  require(outcome.is_cut || file.has_padding || outcome.member_bytes == file.bytes.size(),
          "members alone are all of the file");
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  // Numbers are taken from the end of the input, so that it may be a gzip file from its beginning on.
  FuzzedDataProvider choices(data, size);
  const bool is_as_given = choices.ConsumeIntegral<std::uint8_t>() % 4 == 0;
  test::Bytes in_pieces{choices.ConsumeIntegral<std::uint8_t>(), choices.ConsumeIntegral<std::uint8_t>()};
  test::Bytes out_pieces{choices.ConsumeIntegral<std::uint8_t>(), choices.ConsumeIntegral<std::uint8_t>()};
  const fuzz::GzipFile file = is_as_given ? fuzz::as_given(choices) : fuzz::put_together(choices);
  const fuzz::Outcome whole = fuzz::inflate(file.bytes, {0}, {0});
  if (file.is_sound) fuzz::require_sound(file, whole);
  fuzz::require_same(whole, fuzz::inflate(file.bytes, in_pieces, out_pieces));
  return 0;
}
