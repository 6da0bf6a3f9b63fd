// Prints as JSON what feature_reader.hpp reads in serialized messages: print_messages features|tracks FILE...
// Each file of features is a line; those of tracks are one sequence, and its history is printed after the last.

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <fastcdr/Cdr.h>
#include <fastcdr/FastBuffer.h>
#include <superpoint_ros/msg/detail/features__rosidl_typesupport_fastrtps_cpp.hpp>
#include <superpoint_ros/msg/detail/tracks__rosidl_typesupport_fastrtps_cpp.hpp>

#include "feature_reader.hpp"

namespace {

template <typename Message>
Message deserialize(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  eprosima::fastcdr::FastBuffer buffer(bytes.data(), bytes.size());
  eprosima::fastcdr::Cdr cdr(buffer);
  cdr.read_encapsulation();
  Message message;
  if (!superpoint_ros::msg::typesupport_fastrtps_cpp::cdr_deserialize(cdr, message)) {
    throw std::runtime_error(std::string(path) + " is no such message");
  }
  return message;
}

class JsonList {
 public:
  JsonList() { std::printf("["); }
  ~JsonList() { std::printf("]"); }
  void next() {
    std::printf("%s", empty_ ? "" : ", ");
    empty_ = false;
  }

 private:
  bool empty_ = true;
};

void print_features(const char* path) {
  const auto message = deserialize<feature_reader::Features>(path);
  const auto keypoints = feature_reader::keypoints(message);
  const auto descriptors = feature_reader::descriptors(message);
  std::printf("{\"keypoints\": ");
  {
    JsonList list;
    for (const auto& [x, y, score, id] : keypoints) {
      list.next();
      std::printf("[%.9g, %.9g, %.9g, %lld]", double{x}, double{y}, double{score}, static_cast<long long>(id));
    }
  }
  std::printf(", \"descriptors\": ");
  {
    JsonList list;
    for (const float value : descriptors) {
      list.next();
      std::printf("%.9g", double{value});
    }
  }
  std::printf("}\n");
}

void print_history(const feature_reader::TrackHistory& history) {
  JsonList list;
  for (const auto& [id, observations] : history.tracks()) {
    for (const auto& [stamp, x, y] : observations) {
      list.next();
      std::printf("[%lld, %lld, %.9g, %.9g]", static_cast<long long>(id), static_cast<long long>(stamp), double{x},
                  double{y});
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<const char*> paths(argv + 2, argv + argc);
  try {
    if (std::string(argv[1]) == "features") {
      for (const char* path : paths) print_features(path);
    } else {
      feature_reader::TrackHistory history;
      for (const char* path : paths) history.update(deserialize<feature_reader::Tracks>(path));
      print_history(history);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
