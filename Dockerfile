# The package on a ROS 2 distribution:
#     docker build --build-arg ROS_DISTRO=jazzy -t superpoint_ros .
#     docker run --rm --network host --ipc host superpoint_ros ros2 launch superpoint_ros frontend.launch.py topic:=/camera/image_raw
# --ipc host: Fast DDS hands images on through shared memory, of which a container has 64 MB by default.
ARG ROS_DISTRO=jazzy
FROM ros:${ROS_DISTRO}-ros-base

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /ws
COPY . src/superpoint_ros

# Some of rosdep's Python packages come by pip; OpenVINO and safetensors it has not.
# hadolint ignore=DL3008,DL3013
RUN export PIP_BREAK_SYSTEM_PACKAGES=1 \
    && apt-get update \
    && apt-get install -y --no-install-recommends python3-pip \
    && rosdep update --rosdistro "$ROS_DISTRO" \
    && rosdep install --from-paths src --ignore-src -y --rosdistro "$ROS_DISTRO" \
    && python3 -m pip install --no-cache-dir openvino safetensors \
    && rm -rf /var/lib/apt/lists/*

# hadolint ignore=SC1090,SC1091
RUN source "/opt/ros/$ROS_DISTRO/setup.bash" \
    && colcon build --packages-select superpoint_ros \
    && sed -i 's#^exec #source /ws/install/setup.bash --\nexec #' /ros_entrypoint.sh

CMD ["ros2", "launch", "superpoint_ros", "frontend.launch.py"]
