"""The cluster is one: workers of their own, executors of theirs, and what is killed is gone and can come back."""

import os
import signal
import socket
import time

from cluster import Cluster, asked
from daemon import wait_for


def test_the_shared_cluster_has_its_workers_and_the_driver_has_them_all(place):
    state = asked(f"{place.master_page}/json/")
    assert state["aliveworkers"] >= 2, state
    assert state["coresused"] == state["cores"], state
    assert [app["state"] for app in state["activeapps"]] == ["RUNNING"], state


def test_what_is_killed_is_gone_and_comes_back_and_nothing_is_left(place):
    with Cluster(workers=1) as cluster:
        executors = [pid for worker in cluster.workers for pid in worker.executors()]
        assert len(executors) == 1, executors
        freeze(executors)
        cluster.workers[0].kill()
        all_end(executors)
        cluster.workers[0].restart()
        wait_for(lambda: cluster.workers[0].executors(), soon(60), "an executor on the new worker", cluster.workers[0].daemon)
        port = cluster.connect.port
        cluster.connect.kill()
        assert not answers(port)
        cluster.connect.restart()
        assert cluster.connect.port == port and answers(port)
        pids = [cluster.master.pid, cluster.connect.pid, *(worker.pid for worker in cluster.workers)]
        executors = cluster.workers[0].executors()
        freeze(executors)
        folder = cluster.folder
    all_end(pids + executors)
    assert not folder.exists()


def freeze(executors):
    """An executor that loses its worker or driver ends by itself, soon; one that is stopped has to be killed."""
    for pid in executors:
        os.kill(pid, signal.SIGSTOP)


def all_end(pids):
    try:
        # The kernel takes a moment to take an orphan away.
        wait_for(lambda: not any(map(running, pids)), soon(), f"none of {pids} to run")
    finally:
        for pid in filter(running, pids):
            os.kill(pid, signal.SIGKILL)


def soon(seconds=10):
    return time.monotonic() + seconds


def running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return False
    return True
