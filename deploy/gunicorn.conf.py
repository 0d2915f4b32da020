"""gunicorn's settings for the site; docs/production.md says how to size it.

gunicorn itself reads WEB_CONCURRENCY (workers), and any option from GUNICORN_CMD_ARGS.
"""

import gc
import os

wsgi_app = "experiment_server.app:create_app()"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8  # each may hold a database connection, of which the server has to allow workers x threads
keepalive = 75  # s; longer than nginx's 60, so that it is nginx who hangs up
timeout = 60  # s without a sign of life after which a worker is replaced
graceful_timeout = 30  # s for requests under way when the site is stopped or loaded anew
worker_tmp_dir = "/dev/shm"  # a heartbeat must not wait for a disk
control_socket_disable = True  # gunicorn 25 and newer would make one in the home folder
accesslog = None  # it would hold addresses, and the ids that panels put into them


def post_worker_init(_worker: object) -> None:
    """Leave what the application holds for good out of the garbage collector's reckoning.

    The collector looks at old objects only when a quarter as many have come; beside the 170,000 of
    the application that is megabytes of waste from requests, piled up and let go for hours.
    """
    gc.collect()
    gc.freeze()
