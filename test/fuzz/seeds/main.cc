#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "seeds/seeds.h"

// make_seeds FOLDER: writes what each target's corpus begins with to FOLDER/TARGET.
namespace {

using omiforge::fuzz::Seeds;

void write(const std::filesystem::path& folder, const Seeds& seeds) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, bytes] : seeds) {
    std::ofstream stream(folder / name, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!stream.flush()) throw std::runtime_error("cannot write " + (folder / name).string());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: make_seeds FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  try {
    write(folder / "header", omiforge::fuzz::header_seeds());
    for (const char* target : {"mapping", "reading", "check", "snapshots"}) {
      write(folder / target, omiforge::fuzz::image_seeds());
      write(folder / target, omiforge::fuzz::clean_seeds());
    }
    write(folder / "placing", omiforge::fuzz::placing_seeds());
    write(folder / "gzip", omiforge::fuzz::gzip_seeds());
    write(folder / "final_block", omiforge::fuzz::final_block_seeds());
    write(folder / "index", omiforge::fuzz::index_seeds());
    for (const char* target : {"layout", "compressed_layout"}) {
      write(folder / target, omiforge::fuzz::layout_seeds());
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
