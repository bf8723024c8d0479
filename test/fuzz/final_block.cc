#include "codec/final_block.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "builders/deflated.h"
#include "codec/deflate.h"
#include "io/error.h"
#include "support/rules.h"

// The walk to the end of a raw deflate stream: where zlib inflates all of it, both see the same last block,
// and in any other bytes the walk ends within them or with its one error.
namespace omiforge::fuzz {
namespace {

using codec::StreamEnd;
using test::Bytes;

constexpr std::size_t kMostContent = 64 << 10;

// Making an engine costs more than using it.
codec::Deflater& deflater(codec::Engine engine, int level) {
  static std::map<std::pair<codec::Engine, int>, std::unique_ptr<codec::Deflater>> made;
  std::unique_ptr<codec::Deflater>& deflater = made[{engine, level}];
  if (!deflater) deflater = codec::make_deflater({engine, level});
  return *deflater;
}

// Bytes of which some came before, so that there are matches of any length and distance.
Bytes some_content(FuzzedDataProvider& choices) {
  Bytes content;
  while (choices.remaining_bytes() > 0 && content.size() < kMostContent) {
    test::append(content, choices.ConsumeBytes<std::uint8_t>(choices.ConsumeIntegral<std::uint8_t>()));
    if (content.empty()) continue;
    const auto distance = choices.ConsumeIntegralInRange<std::size_t>(1, content.size());
    for (int more = choices.ConsumeIntegral<std::uint8_t>(); more > 0; --more) {
      content.push_back(content[content.size() - distance]);
    }
  }
  return content;
}

Bytes deflated_by_some_engine(FuzzedDataProvider& choices) {
  static const std::vector<codec::EngineFacts> engines = codec::engines();
  const codec::EngineFacts& engine =
      engines[choices.ConsumeIntegralInRange<std::size_t>(0, engines.size() - 1)];
  const int level = choices.ConsumeIntegralInRange(engine.least_level, engine.most_level);
  const Bytes content = some_content(choices);
  Bytes stream(codec::deflate_bound(content.size()));
  stream.resize(deflater(engine.engine, level).deflate_stream(test::view(content), test::room(stream)));
  require(test::last_block(stream).has_value(), "zlib inflates what an engine makes");
  return stream;
}

void flip_bit(Bytes& stream, std::size_t bit) {
  stream[bit / 8] = static_cast<std::uint8_t>(stream[bit / 8] ^ 1 << bit % 8);
}

std::optional<StreamEnd> walk(const Bytes& stream) {
  try {
    return codec::find_stream_end(test::view(stream));
  } catch (const Error& error) {
    require(error.code() == ErrorCode::kInternal, "what is no stream is an internal error");
    return std::nullopt;
  }
}

void require_rules(const Bytes& stream) {
  const std::optional<StreamEnd> found = walk(stream);
  if (found) {
    require(found->final_bit < found->end_bit, "the last block is before its end");
    require(divide_up(found->end_bit, 8) == stream.size(), "the end is in the last byte");
  }
  const std::optional<test::LastBlock> block = test::last_block(stream);
  if (!block) return;
  require(found.has_value(), "an end is found where zlib finds one");
  require(found->final_bit == block->begin && found->end_bit == block->end,
          "the last block is where zlib sees it");
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  // Numbers are taken from the end of the input, so that it may be a stream from its beginning on.
  FuzzedDataProvider choices(data, size);
  if (choices.ConsumeBool()) {
    fuzz::require_rules(choices.ConsumeRemainingBytes<std::uint8_t>());
    return 0;
  }
  const bool is_damaged = choices.ConsumeIntegralInRange(0, 3) == 0;
  const auto damage = choices.ConsumeIntegral<std::size_t>();
  test::Bytes stream = fuzz::deflated_by_some_engine(choices);
  if (is_damaged) fuzz::flip_bit(stream, damage % (stream.size() * 8));
  fuzz::require_rules(stream);
  return 0;
}
