from datetime import UTC, datetime, timedelta

import dagster as dg
import time_machine

from aicmo_dagster.retention import KEEP_DAYS, forget_runs, retention

NOW = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)


@dg.op
def _nothing() -> None:
    pass


@dg.job
def _empty() -> None:
    _nothing()


def test_old_runs_go_with_their_events_and_younger_ones_stay() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        with time_machine.travel(NOW - timedelta(days=KEEP_DAYS + 1)):
            old = _empty.execute_in_process(instance=instance).run_id
        with time_machine.travel(NOW - timedelta(days=1)):
            young = _empty.execute_in_process(instance=instance).run_id
        with time_machine.travel(NOW):
            assert retention.execute_in_process(instance=instance).success
        assert instance.get_run_by_id(old) is None
        assert not instance.all_logs(old)
        assert instance.get_run_by_id(young) is not None
        assert instance.all_logs(young)


def test_a_run_that_has_not_ended_is_never_forgotten() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(_empty)
        assert forget_runs(instance, datetime.now(UTC) + timedelta(days=1)) == 0
        assert instance.get_run_by_id(run.run_id) is not None
