#include "builders/qcow2_builder.h"

#include <algorithm>

namespace omiforge::test {

Qcow2Builder::Qcow2Builder(std::uint32_t cluster_bits, std::uint64_t size, std::uint32_t version,
                           std::uint64_t incompatible_features) {
  header.incompatible_features = incompatible_features;
  header.cluster_bits = cluster_bits;
  header.size = size;
  header.version = version;
  header.l1_size = static_cast<std::uint32_t>(divide_up(size, l2_entries() * cluster_bytes()));
  header.refcount_table_offset = cluster_bytes();
  header.l1_table_offset = 2 * cluster_bytes();
  file_.resize(static_cast<std::size_t>(header.l1_table_offset + std::uint64_t{header.l1_size} * 8));
}

std::uint64_t Qcow2Builder::append_aligned(const Bytes& content) {
  file_.resize(static_cast<std::size_t>(divide_up(file_.size(), cluster_bytes()) * cluster_bytes()));
  return append_packed(content);
}

std::uint64_t Qcow2Builder::append_packed(const Bytes& content) {
  const std::uint64_t at = file_.size();
  append(file_, content);
  return at;
}

void Qcow2Builder::add_extension(std::uint32_t type, const Bytes& data) {
  header.header_length = 112;
  extensions_end_ = put_extension(file_, extensions_end_, type, data);
}

void Qcow2Builder::set_l1(std::uint64_t index, std::uint64_t entry) {
  store_be64(file_.data() + header.l1_table_offset + index * 8, entry);
}

void Qcow2Builder::set_entry(std::uint64_t guest_cluster, std::uint64_t entry, std::uint64_t bitmap) {
  const std::uint64_t index = guest_cluster / l2_entries();
  const std::uint64_t at_l1 = header.l1_table_offset + index * 8;
  std::uint64_t table = load_be64(file_.data() + at_l1) & ~kCopied;
  if (table == 0) {
    table = append_aligned(Bytes(static_cast<std::size_t>(cluster_bytes())));
    set_l1(index, table | kCopied);
  }
  std::uint8_t* at = file_.data() + table + guest_cluster % l2_entries() * l2_entry_bytes();
  store_be64(at, entry);
  if (l2_entry_bytes() == 16) store_be64(at + 8, bitmap);
}

void Qcow2Builder::add_data(std::uint64_t guest_cluster, const Bytes& content) {
  // The L2 table first, or it would stand between the data of two clusters.
  set_entry(guest_cluster, 0);
  set_entry(guest_cluster, append_aligned(content) | kCopied);
}

void Qcow2Builder::add_compressed(std::uint64_t guest_cluster, const Bytes& deflated) {
  // The L2 table first: where it goes depends on the end of the file.
  set_entry(guest_cluster, 0);
  const std::uint64_t host = append_packed(deflated);
  set_entry(guest_cluster, compressed_entry(host, deflated.size(), header.cluster_bits));
}

Bytes Qcow2Builder::file() const {
  Bytes whole = file_;
  const Bytes head = header_bytes(header);
  std::copy(head.begin(), head.begin() + 112, whole.begin());
  return whole;
}

std::uint64_t compressed_entry(std::uint64_t host, std::uint64_t length, std::uint32_t cluster_bits) {
  const std::uint64_t last = host + length - 1;
  return kCompressed | (last / 512 - host / 512) << (70 - cluster_bits) | host;
}

}  // namespace omiforge::test
