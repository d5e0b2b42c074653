"""CloudWatch alarms of the sample that were heard of before: all is well with them, since some days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from environments.models import AlarmCheck
from environments.models.alarm import Alarm

# As the simulated CloudWatch has them: environment -> name, namespace, metric, dimensions.
ALARMS: Final = {
    "chat-dev": (
        "chat-dev-errors",
        "AWS/ApplicationELB",
        "HTTPCode_Target_5XX_Count",
        {"LoadBalancer": "app/chat-dev/50dc6c495c0c"},
    ),
    "payments-qa": ("payments-qa-db-cpu", "AWS/RDS", "CPUUtilization", {"DBInstanceIdentifier": "payments-qa-db"}),
}
SINCE: Final = timedelta(days=6, hours=3)
WHY: Final = "Threshold Crossed: 1 datapoint [3.0] was not greater than the threshold (80.0)."


def heard(check: AlarmCheck, now: datetime) -> None:
    """The last message about the alarm of the check's environment; none for an environment without one."""
    if check.environment.name not in ALARMS:
        return
    name, namespace, metric, dimensions = ALARMS[check.environment.name]
    target = check.environment.targets.select_related("account").order_by("pk")[0]
    whose = target.account.account_id
    Alarm.objects.create(
        arn=f"arn:aws:cloudwatch:{target.region}:{whose}:alarm:{name}",
        name=name,
        account_id=whose,
        region=target.region,
        check_row=check,
        state=Alarm.State.OK,
        reason=WHY,
        namespace=namespace,
        metric=metric,
        dimensions=dimensions,
        changed_at=now - SINCE,
        received_at=now - SINCE,
    )
