#include "format/qcow2/header.h"

#include <algorithm>

#include "support/rules.h"

// The header parser over any bytes: it refuses them, or all that header.h promises of a Header holds.
namespace omiforge::fuzz {
namespace {

using qcow2::Header;

void require_checked(const Header& header, ByteView head) {
  require(header.version == 2 || header.version == 3, "the version is 2 or 3");
  require(header.cluster_bits >= 9 && header.cluster_bits <= 21, "clusters are 512 bytes to 2 MiB");
  require(header.refcount_order <= 6, "a refcount has at most 64 bits");
  const std::uint64_t cluster = header.cluster_bytes();
  require(header.l1_table.value % cluster == 0, "the L1 table is aligned");
  require(header.refcount_table.value % cluster == 0, "the refcount table is aligned");
  require(header.snapshot_count == 0 || header.snapshot_table.value % cluster == 0,
          "the snapshot table is aligned");
  require(header.refcount_table_clusters * cluster <= 8 << 20, "the refcount table has at most 8 MiB");
  require(header.l1_entries <= (32 << 20) / 8, "the L1 table has at most 32 MiB");
  require(header.header_length <= std::min<std::uint64_t>(cluster, head.size),
          "the header is within its cluster");
  // Twice as many with extended entries, so this is the least in any case.
  const std::uint64_t needed = divide_up(header.size, header.l2_entries() * cluster);
  require(header.l1_entries >= needed, "the L1 table maps the whole disk");
  for (const std::string* text : {&header.backing_file, &header.backing_format, &header.data_file}) {
    require(text->size() <= cluster, "a name is within the first cluster");
  }
}

// The name of the error, or "" when the bytes are a header.
std::string parse(ByteView head, Header& header) {
  try {
    header = qcow2::parse_header(head);
    return {};
  } catch (const Error& error) {
    require_fault_of_image(error);
    return error_name(error.code());
  }
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  const ByteView head{data, size};
  qcow2::Header header;
  const std::string fault = fuzz::parse(head, header);
  fuzz::require(!fault.empty() || qcow2::is_qcow2(head), "what has a header is a qcow2");
  if (fault.empty()) fuzz::require_checked(header, head);

  // What lies behind the first cluster has no say.
  const std::uint64_t first_cluster = qcow2::first_cluster_bytes(head);
  if (first_cluster < size) {
    qcow2::Header again;
    const std::string fault_again =
        fuzz::parse(head.slice(0, static_cast<std::size_t>(first_cluster)), again);
    fuzz::require(fault == fault_again, "the first cluster is all that counts");
    fuzz::require(header.size == again.size && header.backing_file == again.backing_file &&
                      header.data_file == again.data_file &&
                      header.feature_names.size() == again.feature_names.size(),
                  "the first cluster says it all");
  }

  if (!fault.empty()) return 0;
  if (const auto refusal = qcow2::find_refusal(header)) fuzz::require_fault_of_image(*refusal);
  try {
    qcow2::check_header_ranges(header, size);
  } catch (const Error& error) {
    fuzz::require_fault_of_image(error);
  }
  return 0;
}
