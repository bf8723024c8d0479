#pragma once

#include <map>
#include <string>

#include "builders/bytes.h"

// What the corpora begin with, made by the builders of the tests: each seed is one feature, small.
namespace omiforge::fuzz {

using Seeds = std::map<std::string, test::Bytes>;

// Headers of both versions, with each extension and feature bit.
Seeds header_seeds();
// Whole qcow2 files with every kind of cluster.
Seeds image_seeds();
// Whole qcow2 files in which a check finds nothing, with every feature that it knows.
Seeds clean_seeds();
// qcow2 files of clusters that can be placed while they stream by, and of some that cannot.
Seeds placing_seeds();
// Whole gzip files; the last five bytes tell the target to take them as they are, in small pieces.
Seeds gzip_seeds();
// Whole deflate streams; the last byte tells the target to take them as they are.
Seeds final_block_seeds();
// Whole gzip files with an index; the last byte tells the target to take them as they are.
Seeds index_seeds();
// Any bytes are calls.
Seeds layout_seeds();

}  // namespace omiforge::fuzz
