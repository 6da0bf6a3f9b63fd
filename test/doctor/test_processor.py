import pytest

from superpoint_ros.doctor.processor import (
    check_processor,
    check_this_processor,
    check_threads,
    processor_features,
    read_cpu_quota,
)

ZEN_4 = "processor : 0\nmodel name : EPYC\nflags\t\t: sse avx2 avx512f avx512_vnni avx512_bf16\n"
JETSON = "processor : 0\nFeatures\t: fp asimd asimddp\n"
ATOM = "flags : sse4_2\n"


def test_features_of_three_processors():
    assert [name for name, there in processor_features(ZEN_4).items() if there] == [
        "AVX2", "AVX-512", "VNNI", "bfloat16",
    ]  # fmt: skip
    assert processor_features(JETSON) == {"dot product": True, "int8 matrices": False, "bfloat16": False}
    assert not any(processor_features(ATOM).values())
    assert processor_features("") == {}


def test_what_a_processor_lacks_is_said():
    assert check_processor(processor_features(ZEN_4), "EPYC").text == (
        "EPYC: has AVX2, AVX-512, VNNI, bfloat16; no AMX"
    )
    jetson = check_processor(processor_features(JETSON), "aarch64")
    assert jetson.level == "OK"
    assert jetson.text.endswith("; bfloat16 gain less than in docs/backends.md")
    atom = check_processor(processor_features(ATOM), "Atom")
    assert atom.level == "WARN"
    assert "int8 and bfloat16 gain less" in atom.text
    assert "without AVX2" in atom.cure
    assert check_processor({}, "M1").level == "OK"


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        (
            {
                "proc/self/cgroup": "0::/pod/container\n",
                "sys/fs/cgroup/pod/cpu.max": "100000 100000\n",
                "sys/fs/cgroup/pod/container/cpu.max": "300000 100000\n",
            },
            1.0,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/a\n3:cpu,cpuacct:/docker/abc\n",
                "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            2.0,
        ),
    ],
)
def test_the_limit_of_a_container_is_the_smallest_of_its_groups(tmp_path, files, quota):
    for path, text in files.items():
        write(tmp_path, path, text)
    assert read_cpu_quota(tmp_path) == quota


def test_a_limit_that_holds_threads_back_is_a_warning_with_the_number_that_fits():
    held = check_threads(16, 16, 2.5, {})
    assert held.level == "WARN"
    assert "allows 2.5 at once: 16 threads are held back" in held.text
    assert held.commands == ("export OMP_NUM_THREADS=2",)
    assert check_threads(16, 16, 0.5, {}).commands == ("export OMP_NUM_THREADS=1",)
    assert check_threads(16, 16, 2.5, {"OMP_NUM_THREADS": "2"}).level == "OK"
    assert check_threads(16, 2, 2.5, {}).text == "2 of 16 CPU threads may be used"
    assert check_threads(16, 16, None, {}).level == "OK"


def test_this_machine():
    assert [finding.subject for finding in check_this_processor()] == ["processor", "threads"]
