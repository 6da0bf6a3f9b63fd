// Reads the messages of superpoint_ros; needs their generated headers and the C++17 standard library.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <superpoint_ros/msg/features.hpp>
#include <superpoint_ros/msg/tracks.hpp>

namespace feature_reader {

using superpoint_ros::msg::Features;
using superpoint_ros::msg::Tracks;

struct Keypoint {
  float x;  // pixels of the image as received; integers are pixel centers
  float y;
  float score;            // detector probability
  std::int64_t track_id;  // -1: no track
};

// Keypoints of a message, strongest first. Throws std::invalid_argument if its arrays differ in length.
inline std::vector<Keypoint> keypoints(const Features& message) {
  const std::size_t count = message.x.size();
  if (message.y.size() != count || message.score.size() != count || message.track_id.size() != count) {
    throw std::invalid_argument("Features: x, y, score and track_id differ in length");
  }
  std::vector<Keypoint> result;
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back({message.x[i], message.y[i], message.score[i], message.track_id[i]});
  }
  return result;
}

// IEEE 754 half precision; finite, as all descriptors are.
inline float half_to_float(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                        : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

// The descriptors' elements, of whatever type they traveled in, times their scale.
template <typename Element, typename Convert>
std::vector<float> scaled_elements(const Features& message, Convert convert) {
  const std::size_t count = message.x.size() * message.descriptor_size;
  if (message.descriptors.size() != count * sizeof(Element)) {
    throw std::invalid_argument("Features: " + std::to_string(message.descriptors.size()) + " bytes of descriptors, not " +
                                std::to_string(count * sizeof(Element)));
  }
  std::vector<float> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    Element element;
    std::memcpy(&element, message.descriptors.data() + i * sizeof(Element), sizeof(Element));
    result[i] = convert(element) * message.descriptor_scale;
  }
  return result;
}

// Descriptors, row-major: descriptor_size values for each keypoint. For little-endian processors, as the bytes are.
// Throws std::invalid_argument if the bytes are not those of as many descriptors as there are keypoints.
inline std::vector<float> descriptors(const Features& message) {
  switch (message.descriptor_type) {
    case Features::DESCRIPTOR_FLOAT32:
      return scaled_elements<float>(message, [](float element) { return element; });
    case Features::DESCRIPTOR_FLOAT16:
      return scaled_elements<std::uint16_t>(message, half_to_float);
    case Features::DESCRIPTOR_INT8:
      return scaled_elements<std::int8_t>(message, [](std::int8_t element) { return static_cast<float>(element); });
    default:
      throw std::invalid_argument("Features: unknown descriptor_type " + std::to_string(message.descriptor_type));
  }
}

// Position of each track in every image in which it was seen, for the tracks that have not been given up.
class TrackHistory {
 public:
  struct Observation {
    std::int64_t stamp;  // nanoseconds
    float x;             // pixels of the image as received
    float y;
  };

  // Throws std::invalid_argument, and changes nothing, if the message's arrays differ in length.
  void update(const Tracks& message) {
    if (message.x.size() != message.id.size() || message.y.size() != message.id.size()) {
      throw std::invalid_argument("Tracks: id, x and y differ in length");
    }
    if (message.epoch != epoch_) tracks_.clear();  // ids of another epoch mean other points
    epoch_ = message.epoch;
    for (const std::int64_t id : message.lost_id) tracks_.erase(id);
    const std::int64_t stamp = message.header.stamp.sec * 1'000'000'000LL + message.header.stamp.nanosec;
    for (std::size_t i = 0; i < message.id.size(); ++i) {
      tracks_[message.id[i]].push_back({stamp, message.x[i], message.y[i]});
    }
  }

  const std::map<std::int64_t, std::vector<Observation>>& tracks() const { return tracks_; }

 private:
  std::uint32_t epoch_ = 0;
  std::map<std::int64_t, std::vector<Observation>> tracks_;
};

}  // namespace feature_reader
