// Subscribes to the features and tracks of one camera; says for each image what it reads.
//
//   ros2 run feature_listener feature_listener --ros-args -r features:=/frontend/camera/features
//     -r tracks:=/frontend/camera/tracks

#include <exception>
#include <memory>
#include <vector>

#include <rclcpp/rclcpp.hpp>

#include "feature_reader.hpp"

using feature_reader::Features;
using feature_reader::Keypoint;
using feature_reader::Tracks;

class FeatureListener : public rclcpp::Node {
 public:
  FeatureListener() : Node("feature_listener") {
    features_ = create_subscription<Features>("features", 5, [this](const Features& message) { on_features(message); });
    tracks_ = create_subscription<Tracks>("tracks", 5, [this](const Tracks& message) { on_tracks(message); });
  }

 private:
  void on_features(const Features& message) {
    try {
      const std::vector<Keypoint> keypoints = feature_reader::keypoints(message);
      const std::vector<float> descriptors = feature_reader::descriptors(message);
      RCLCPP_INFO(get_logger(), "%zu keypoints, %zu descriptor values", keypoints.size(), descriptors.size());
      if (!keypoints.empty()) {
        const Keypoint& best = keypoints.front();
        RCLCPP_INFO(get_logger(), "strongest at (%.1f, %.1f) px, score %.3f, track %ld", static_cast<double>(best.x),
                    static_cast<double>(best.y), static_cast<double>(best.score), static_cast<long>(best.track_id));
      }
    } catch (const std::exception& error) {
      RCLCPP_WARN(get_logger(), "message skipped: %s", error.what());
    }
  }

  void on_tracks(const Tracks& message) {
    try {
      history_.update(message);
    } catch (const std::exception& error) {
      RCLCPP_WARN(get_logger(), "message skipped: %s", error.what());
      return;
    }
    for (const auto& [id, observations] : history_.tracks()) {
      RCLCPP_DEBUG(get_logger(), "track %ld seen in %zu images", static_cast<long>(id), observations.size());
    }
    RCLCPP_INFO(get_logger(), "%zu tracks in the image, %zu alive", message.id.size(), history_.tracks().size());
  }

  feature_reader::TrackHistory history_;
  rclcpp::Subscription<Features>::SharedPtr features_;
  rclcpp::Subscription<Tracks>::SharedPtr tracks_;
};

int main(int argc, char** argv) {
  rclcpp::init(argc, argv);
  rclcpp::spin(std::make_shared<FeatureListener>());
  rclcpp::shutdown();
}
