"""`python -m workers`: one worker process."""

if __name__ == "__main__":
    # The processes that analyse strips load this file as well and need nothing of what a worker needs.
    from workers.process import run

    run()
