#include "format/qcow2/check.h"

#include <algorithm>
#include <tuple>

#include "builders/bytes.h"
#include "format/qcow2/header_file.h"
#include "format/qcow2/image.h"
#include "support/memory_file.h"
#include "support/mended_qcow2.h"
#include "support/mutation.h"
#include "support/rules.h"

// The check of a file of any bytes: it ends soon, its numbers agree with each other, and what it calls clean
// can be read.
namespace omiforge::fuzz {
namespace {

using qcow2::Checker;
using qcow2::CheckReport;
using qcow2::Header;
using qcow2::Qcow2Image;
using test::below;

constexpr std::uint64_t kMiB = 1 << 20;
// A disk may have as many extents as clusters.
constexpr int kMostExtents = 256;
constexpr std::uint64_t kMostBytes = 4 << 10;
constexpr std::size_t kMostSnapshots = 4;
// More cost milliseconds without anything new in them.
constexpr std::uint32_t kMostTableEntries = 2048;

// A report, or why there is none.
struct Outcome {
  std::string fault;
  CheckReport report;
};

// Each table is gone through once or twice, but L1 and bitmap tables may be longer than the file is.
CheckReport report_of(Checker& checker, std::uint64_t file_bytes, const Header& header) {
  const std::uint64_t most = 6 * (file_bytes + 2 * header.cluster_bytes()) + 80 * kMiB;
  std::uint64_t done = 0;
  for (std::uint64_t steps = 0;; ++steps) {
    require(steps <= most / (4 * kMiB) + 2, "the length of a file bounds the steps of its check");
    const Checker::Progress progress = checker.step();
    require(progress.done_bytes >= done, "a check goes forward");
    done = progress.done_bytes;
    require(done <= most, "the length of a file bounds what its check reads");
    require(progress.total_bytes == 0 || done <= progress.total_bytes,
            "a check knows how much there is to do");
    if (progress.is_done) return checker.report();
  }
}

Outcome check(const MemoryFile& memory, const Header& header) {
  File file = memory.open();
  const std::uint64_t file_bytes = file.size();
  try {
    Checker checker(std::move(file));
    return {{}, report_of(checker, file_bytes, header)};
  } catch (const Error& error) {
    require_fault_of_image(error);
    return {error.what(), {}};
  }
}

auto numbers_of(const CheckReport& report) {
  return std::tie(report.corruptions, report.leaks, report.check_errors, report.image_end,
                  report.total_clusters, report.allocated_clusters, report.fragmented_clusters,
                  report.compressed_clusters, report.findings);
}

void require_consistent(const CheckReport& report, const Header& header, std::uint64_t file_bytes) {
  // What refers to the cluster behind the end of the file counts.
  const std::uint64_t most_clusters = divide_up(file_bytes, header.cluster_bytes()) + 1;
  require(report.image_end % header.cluster_bytes() == 0, "the image ends with a cluster");
  require(report.image_end >= header.cluster_bytes(), "the header is part of the image");
  require(report.image_end <= most_clusters * header.cluster_bytes(), "the image ends with its file");
  require(report.leaks + report.check_errors <= most_clusters, "a cluster leaks, or nothing is known of it");
  require(report.compressed_clusters <= report.fragmented_clusters, "compressed clusters count as fragments");
  require(report.fragmented_clusters <= report.allocated_clusters, "fragments are allocated");
  require(report.total_clusters <= header.size / header.cluster_bytes() + 1, "the disk has its clusters");
  const std::uint64_t faults = report.corruptions + report.leaks + report.check_errors;
  require(report.findings.empty() == (faults == 0), "what is counted is told");
  require(report.findings.size() <= std::min<std::uint64_t>(faults, 100), "what is told is counted");
  for (const std::string& finding : report.findings) {
    require(!finding.empty() && finding.find('\n') == std::string::npos, "a finding is one line");
  }
}

bool is_clean(const CheckReport& report) {
  return report.corruptions == 0 && report.leaks == 0 && report.check_errors == 0;
}

// As with qemu, the check does not mind a zero flag where the format has none, which reading refuses.
void require_zero_flag(const Error& error, const Header& header) {
  require(header.version == 2 || header.has_extended_l2(), "what is clean can be mapped");
  require(std::string(error.what()).rfind("the zero flag is set", 0) == 0, "what is clean can be mapped");
}

void require_readable(Qcow2Image& image, const Extent& extent) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min(extent.length, kMostBytes)));
  try {
    image.read(extent.start, {bytes.data(), bytes.size()});
  } catch (const Error& error) {
    // The check does not decompress anything.
    require(extent.kind == ExtentKind::kCompressed, "what is clean can be read");
    require(error.code() == ErrorCode::kQcow2Corrupt, "compressed data may be damaged");
  }
}

struct Mapped {
  std::uint64_t stored_clusters = 0;
  std::uint64_t compressed_clusters = 0;
};

// Reads a clean image, or as much of it as the bound allows.
Mapped read_through(Qcow2Image& image, const CheckReport& report) {
  const std::uint64_t cluster = image.header().cluster_bytes();
  Mapped mapped;
  std::uint64_t at = 0;
  for (int count = 0; count < kMostExtents && at < image.size(); ++count) {
    try {
      const Extent extent = image.next_extent({at}, image.size() - at);
      const bool is_compressed = extent.kind == ExtentKind::kCompressed;
      // Rounded down, as several extents may be of one cluster with subclusters.
      const std::uint64_t clusters = extent.length / cluster;
      if (is_compressed || extent.host) mapped.stored_clusters += clusters;
      if (is_compressed) mapped.compressed_clusters += clusters;
      require(!extent.host || extent.host->value + extent.length <= report.image_end,
              "the image ends behind all that it stores");
      require_readable(image, extent);
      at += extent.length;
    } catch (const Error& error) {
      require_zero_flag(error, image.header());
      break;
    }
  }
  return mapped;
}

void require_clean_reads(const MemoryFile& file, const CheckReport& report) {
  Qcow2Image image(file.open());
  if (image.refusal()) return;
  const Mapped mapped = read_through(image, report);
  require(mapped.stored_clusters <= report.allocated_clusters, "what is stored is allocated");
  require(mapped.compressed_clusters <= report.compressed_clusters, "compressed clusters are counted");
  // The check does not ask whether the L1 table of a snapshot is long enough for its disk.
  const std::vector<qcow2::Snapshot> snapshots = image.snapshots();
  for (std::size_t i = 0; i < snapshots.size() && i < kMostSnapshots; ++i) {
    ReadOptions options;
    options.snapshot = snapshots[i].id;
    Qcow2Image state(file.open(), options);
    read_through(state, report);
  }
}

// Some of the inputs that were clean, of which the corpus has ever fewer. Their room is taken once: what an
// input leaves behind would look like a leak.
class CleanInputs {
 public:
  CleanInputs() : inputs_(64) {
    for (test::Bytes& input : inputs_) input.reserve(kMostInputBytes);
  }

  void add(ByteView content) {
    if (content.size <= kMostInputBytes)
      inputs_[added_++ % inputs_.size()].assign(content.data, content.data + content.size);
  }

  // Empty where there is none yet.
  const test::Bytes& any(test::Random& random) const { return inputs_[below(random, inputs_.size())]; }

 private:
  static constexpr std::size_t kMostInputBytes = 128 << 10;

  std::vector<test::Bytes> inputs_;
  std::size_t added_ = 0;
};

CleanInputs clean_inputs;

// Chance alone hardly ever leaves an image clean, so half of what comes out is mended.
std::size_t mutate(MutableBytes file, std::size_t most, test::Random& random) {
  const std::uint64_t choice = below(random, 4);
  const test::Bytes& clean = clean_inputs.any(random);
  if (choice == 0 && !clean.empty()) {
    file.size = std::min(clean.size(), most);
    std::copy_n(clean.begin(), file.size, file.data);
  }
  if (choice < 2) {
    mutate_entries(file, random);
  } else {
    file.size = LLVMFuzzerMutate(file.data, file.size, most);
  }
  if (choice % 2 == 0) mend_qcow2(file, below(random, 2) == 0 ? Mend::kAll : Mend::kRefcounts);
  return file.size;
}

void check_twice(const MemoryFile& file, ByteView content) {
  const Header header = qcow2::read_header(file.open());
  if (header.snapshot_count > kMostTableEntries) return;
  static MemoryFile sparse;
  sparse.replace_leaving_holes(content);
  const Outcome outcome = check(file, header);
  const Outcome again = check(sparse, header);
  require(outcome.fault == again.fault, "holes are no fault of their own");
  require(numbers_of(outcome.report) == numbers_of(again.report), "holes are zeros");
  if (!outcome.fault.empty()) return;
  require_consistent(outcome.report, header, content.size);
  if (!is_clean(outcome.report)) return;
  require_clean_reads(sparse, outcome.report);
  if (outcome.report.allocated_clusters > 0) clean_inputs.add(content);
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  omiforge::test::Random random(seed);
  return omiforge::fuzz::mutate({data, size}, most, random);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  static fuzz::MemoryFile file;
  file.replace({data, size});
  try {
    fuzz::check_twice(file, {data, size});
  } catch (const Error& error) {
    fuzz::require_fault_of_image(error);
  }
  return 0;
}
