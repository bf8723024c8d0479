#include "format/qcow2/image.h"

#include <algorithm>
#include <cstring>

#include "codec/zstd_frames.h"
#include "format/external_file.h"
#include "format/qcow2/header_file.h"

namespace omiforge::qcow2 {
namespace {

Header read_checked_header(const Source& file) {
  Header header = read_header(file);
  check_header_ranges(header, file.size());
  return header;
}

ExtentKind kind_of(ClusterKind kind) {
  switch (kind) {
    case ClusterKind::kAllocated:
      return ExtentKind::kData;
    case ClusterKind::kCompressed:
      return ExtentKind::kCompressed;
    case ClusterKind::kZero:
      return ExtentKind::kZero;
    case ClusterKind::kUnallocated:
      break;
  }
  return ExtentKind::kUnallocated;
}

}  // namespace

Qcow2Image::Qcow2Image(std::unique_ptr<Source> file, const ReadOptions& options)
    : file_(std::move(file)),
      header_(read_checked_header(*file_)),
      refusal_(find_refusal(header_, options)),
      size_(header_.size) {
  // Nothing of them is needed to read the disk, but like qemu nobody should go on with an image that is
  // damaged there, unless told to.
  if (header_.bitmaps && header_.has_consistent_bitmaps() && !options.allow_corrupt) {
    bitmaps_ = read_bitmap_directory(*file_, header_, *header_.bitmaps);
  }
  if (refusal_) return;
  if (header_.has_data_file()) open_data_file(options);
  ClusterMap::L1Table l1{header_.l1_table, header_.l1_entries};
  if (options.snapshot) {
    const std::vector<Snapshot> table = snapshots();
    const Snapshot& snapshot = find_snapshot(table, *options.snapshot);
    check_snapshot_l1(*file_, header_, snapshot);
    size_ = snapshot.disk_bytes;
    l1 = {snapshot.l1_table, snapshot.l1_entries};
  }
  map_.emplace(*file_, header_, data_file_ ? &*data_file_ : nullptr, l1, size_);
  refusal_ = map_->find_sharing();
}

void Qcow2Image::open_data_file(const ReadOptions& options) {
  if (options.snapshot) {
    fail(ErrorCode::kQcow2UnsupportedFeature,
         "keeps its data in an external file, of which there are no snapshots; leave the snapshot out");
  }
  if (header_.data_file.empty()) {
    fail(ErrorCode::kQcow2ExternalFile,
         "keeps its data in an external file that it does not name; write the name into it with 'qemu-img "
         "amend -o data_file=NAME'");
  }
  data_file_ = open_external(header_.data_file, file_->path(), options.external);
}

std::vector<std::string> Qcow2Image::external_files() const {
  if (!data_file_) return {};
  return {data_file_->path()};
}

std::vector<Snapshot> Qcow2Image::snapshots() const { return read_snapshots(*file_, header_); }

void Qcow2Image::fail(ErrorCode code, const std::string& message) const {
  throw Error(code, message, file_->path());
}

bool Qcow2Image::continues(const ClusterMapping& first, const ClusterMapping& next,
                           std::uint64_t subclusters) const {
  if (next.kind != first.kind) return false;
  if (next.has_host != first.has_host) return false;
  if (!first.has_host || first.kind == ClusterKind::kCompressed) return true;
  return next.host.value == first.host.value + subclusters * header_.subcluster_bytes();
}

std::uint64_t Qcow2Image::stored_bytes() const {
  return file_->size() + (data_file_ ? data_file_->size() : 0);
}

Extent Qcow2Image::unallocated_extent(GuestOffset from, std::uint64_t limit) const {
  const std::uint64_t per_table = header_.l2_entries() * header_.cluster_bytes();
  std::uint64_t index = from.value / per_table + 1;
  while (index < map_->tables() && index * per_table - from.value < limit && map_->is_empty(index)) ++index;
  return {from, std::min(limit, index * per_table - from.value), ExtentKind::kUnallocated, std::nullopt};
}

Extent Qcow2Image::next_extent(GuestOffset from, std::uint64_t limit) {
  if (refusal_) fail(refusal_->code(), refusal_->what());
  const std::uint64_t unit = header_.subcluster_bytes();
  const std::uint64_t per_table = header_.l2_entries() * header_.subclusters();
  const std::uint64_t subcluster = from.value / unit;
  if (map_->is_empty(subcluster / per_table)) return unallocated_extent(from, limit);
  const ClusterMapping first = map_->at(subcluster);
  const std::uint64_t within = from.value % unit;
  const std::uint64_t to_table_end = per_table - subcluster % per_table;
  std::uint64_t count = 1;
  while (count < to_table_end && count * unit - within < limit &&
         continues(first, map_->at(subcluster + count), count)) {
    ++count;
  }
  const std::uint64_t length = std::min(limit, count * unit - within);
  if (first.kind == ClusterKind::kAllocated) return data_extent(from, length, first.host + within);
  std::optional<HostOffset> host;
  if (first.kind == ClusterKind::kZero && first.has_host) host = first.host + within;
  return {from, length, kind_of(first.kind), host};
}

Extent Qcow2Image::data_extent(GuestOffset from, std::uint64_t limit, HostOffset host) {
  const Source& file = cluster_file();
  if (!data_run_.contains(host.value)) data_run_ = file.run_at(host.value);
  // What the last cluster lacks behind the end of the file belongs to it.
  const bool is_last = data_run_.end >= file.size();
  const std::uint64_t length = is_last ? limit : std::min(limit, data_run_.end - host.value);
  return {from, length, ExtentKind::kData, host, 0, data_run_.is_hole};
}

void Qcow2Image::read_plain(HostOffset from, MutableBytes out) const {
  const Source& file = cluster_file();
  const std::uint64_t in_file = file.size() - std::min(file.size(), from.value);
  const std::size_t stored = static_cast<std::size_t>(std::min<std::uint64_t>(out.size, in_file));
  // A writer need not fill the last cluster of the file; what is missing of it reads as zeros.
  file.read(from.value, out.slice(0, stored));
  std::memset(out.data + stored, 0, out.size - stored);
}

bool Qcow2Image::is_compressed_by(CompressionType type) const {
  return header_.compression_type == static_cast<std::uint8_t>(type);
}

void Qcow2Image::load_compressed(std::uint64_t guest_cluster) {
  const ClusterMapping mapping = map_->at(guest_cluster * header_.subclusters());
  // The last sector is counted in full though the data may end before, even before the end of the file.
  const std::uint64_t length = std::min(mapping.compressed_bytes, file_->size() - mapping.host.value);
  compressed_.resize(static_cast<std::size_t>(length));
  file_->read(mapping.host.value, {compressed_.data(), compressed_.size()});
}

bool Qcow2Image::inflate_loaded() {
  cluster_.resize(static_cast<std::size_t>(header_.cluster_bytes()));
  const ByteView in{compressed_.data(), compressed_.size()};
  const MutableBytes out{cluster_.data(), cluster_.size()};
  if (is_compressed_by(CompressionType::kZstd)) {
    stream_bytes_ = codec::decompress_zstd_exactly(in, out);
    return stream_bytes_.has_value();
  }
  stream_bytes_ = inflater_.inflate_whole_stream(in, out);
  return stream_bytes_ || inflater_.inflate_exactly(in, out);
}

void Qcow2Image::inflate_cluster(std::uint64_t guest_cluster) {
  if (cluster_index_ == guest_cluster) return;
  cluster_index_.reset();
  load_compressed(guest_cluster);
  if (!inflate_loaded()) {
    const HostOffset host = map_->at(guest_cluster * header_.subclusters()).host;
    fail(ErrorCode::kQcow2Corrupt, "the compressed cluster at byte " + std::to_string(host.value) +
                                       at_guest(guest_cluster * header_.cluster_bytes()) +
                                       " does not inflate to one cluster; the image is damaged");
  }
  cluster_index_ = guest_cluster;
}

std::optional<CompressedCluster> Qcow2Image::compressed_cluster(GuestOffset from, std::uint64_t cluster_bytes,
                                                                CompressionType type) {
  if (cluster_bytes != header_.cluster_bytes() || from.value % cluster_bytes != 0) return std::nullopt;
  if (!is_compressed_by(type)) return std::nullopt;
  if (next_extent(from, cluster_bytes).kind != ExtentKind::kCompressed) return std::nullopt;
  inflate_cluster(from.value / cluster_bytes);
  if (!stream_bytes_) return std::nullopt;
  return CompressedCluster{{compressed_.data(), *stream_bytes_}, {cluster_.data(), cluster_.size()}};
}

void Qcow2Image::read_stored(const Extent& extent, MutableBytes out) {
  if (extent.kind == ExtentKind::kData) {
    read_plain(*extent.host, out);
    return;
  }
  std::size_t done = 0;
  while (done < out.size) {
    const std::uint64_t at = extent.start.value + done;
    const std::size_t within = static_cast<std::size_t>(at % header_.cluster_bytes());
    inflate_cluster(at / header_.cluster_bytes());
    const std::size_t count = std::min(out.size - done, cluster_.size() - within);
    std::memcpy(out.data + done, cluster_.data() + within, count);
    done += count;
  }
}

}  // namespace omiforge::qcow2
