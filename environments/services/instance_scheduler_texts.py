"""What an import says about fields of AWS Instance Scheduler that have no place here, and why."""

from __future__ import annotations

from typing import Final

from .instance_scheduler_files import Text


def say(en: str, ko: str) -> Text:
    return {"en": en, "ko": ko}


HIBERNATE: Final = say(
    "hibernate: a schedule here only says when; what it stops is stopped, not hibernated",
    "hibernate: 여기서 일정은 시각만 정해요. 최대 절전이 아니라 그냥 중지돼요",
)
MAINTENANCE: Final = say(
    "use_maintenance_window: maintenance windows of RDS and EC2 start nothing here; add a period or an exception for"
    " them",
    "use_maintenance_window: RDS와 EC2의 유지 관리 기간에는 아무것도 시작하지 않아요. 필요하면 시간 구간이나 예외를"
    " 추가하세요",
)
METRICS: Final = say(
    "use_metrics: the portal writes no CloudWatch metrics; it keeps a history of its own",
    "use_metrics: 포털은 CloudWatch 지표를 쓰지 않고 자체 기록을 남겨요",
)
STOP_NEW: Final = say(
    "stop_new_instances: what runs when an environment is added is left alone here until its next planned stop",
    "stop_new_instances: 환경을 추가할 때 이미 실행 중인 것은 다음 예정된 중지까지 그대로 둬요",
)
KEEP_NEW: Final = say(
    "stop_new_instances=False: needs no setting here; what runs when an environment is added is always left alone"
    " until its next planned stop",
    "stop_new_instances=False: 여기서는 설정이 필요 없어요. 환경을 추가할 때 이미 실행 중인 것은 언제나 다음 예정된"
    " 중지까지 그대로 둬요",
)
BOTH_ONE_SIDED: Final = say(
    "It has periods that only start and periods that only stop: here a start lasts until the next stop, over days;"
    " Instance Scheduler judges each day for itself",
    "시작만 하는 시간 구간과 중지만 하는 시간 구간이 함께 있어요. 여기서는 시작이 며칠이 지나도 다음 중지까지 이어지고,"
    " Instance Scheduler는 날마다 따로 판단해요",
)
NO_PERIODS: Final = say(
    "it has neither periods nor an override: Instance Scheduler refuses such a schedule, and here it would stop its"
    " environments for good",
    "시간 구간도 일정 무시(override_status)도 없어요. Instance Scheduler도 거부하는 일정이고, 여기서는"
    " 환경이 계속 중지돼요",
)
CUT_OFF: Final = say(
    "it holds only part of the table (there is a NextToken or LastEvaluatedKey): scan the rest, too",
    "테이블의 일부만 들어 있어요(NextToken 또는 LastEvaluatedKey가 있음). 나머지도 스캔해 주세요",
)

# Fields of the configuration that decide nothing about when something runs here.
CONFIG: Final[dict[str, Text]] = {
    "tagname": say(
        "the tag that names the schedule: environments choose their schedule here",
        "일정 이름을 담는 태그: 여기서는 환경이 일정을 직접 골라요",
    ),
    "regions": say("regions are written at each target here", "리전은 여기서 대상마다 적어요"),
    "crossaccountroles": say(
        "roles in other accounts are written at each AWS account here", "다른 계정의 역할은 여기서 AWS 계정마다 적어요"
    ),
    "remoteaccountids": say(
        "other accounts are added as AWS accounts here, each with its role",
        "다른 계정은 여기서 AWS 계정으로 역할과 함께 추가해요",
    ),
    "organizationid": say(
        "accounts are added one by one here, not by organization", "계정은 조직 단위가 아니라 하나씩 추가해요"
    ),
    "schedulerrolename": say("the role is written at each AWS account here", "역할은 여기서 AWS 계정마다 적어요"),
    "schedulelambdaaccount": say(
        "whether its own account is scheduled: here only what is a target is",
        "자체 계정 포함 여부: 여기서는 대상으로 등록한 것만 다뤄요",
    ),
    "scheduledservices": say("services are kinds of target here", "서비스는 여기서 대상의 종류로 정해요"),
    "scheduleclusters": say("clusters are targets of their own here", "클러스터는 여기서 별도의 대상이에요"),
    "createrdssnapshot": say(
        "a snapshot before a stop is an option of the target here", "중지 전 스냅샷은 여기서 대상의 옵션이에요"
    ),
    "startedtags": say("tags are not written to what was started", "시작한 리소스에 태그를 달지 않아요"),
    "stoppedtags": say("tags are not written to what was stopped", "중지한 리소스에 태그를 달지 않아요"),
    "enablessmmaintenancewindows": say(
        "SSM maintenance windows start nothing here", "SSM 유지 관리 기간에는 아무것도 시작하지 않아요"
    ),
    "usemetrics": say("the portal writes no CloudWatch metrics", "포털은 CloudWatch 지표를 쓰지 않아요"),
    "trace": say("the portal has a log level of its own", "포털에는 자체 로그 수준 설정이 있어요"),
    "namespace": say("names of its stack mean nothing here", "스택 이름은 여기서 쓰이지 않아요"),
    "awspartition": say(
        "the partition follows from the role of an AWS account here", "파티션은 여기서 AWS 계정의 역할에서 정해져요"
    ),
}


def ssm_window(windows: str) -> Text:
    return say(
        f"ssm_maintenance_window ({windows}): SSM maintenance windows start nothing here; add a period or an exception"
        " for them",
        f"ssm_maintenance_window({windows}): SSM 유지 관리 기간에는 아무것도 시작하지 않아요. 필요하면 시간 구간이나"
        " 예외를 추가하세요",
    )


def in_stack(stack: str) -> Text:
    return say(
        f"configured_in_stack ({stack}): the stack goes on to write Instance Scheduler's table only; from now on this"
        " schedule is changed here",
        f"configured_in_stack({stack}): 스택은 앞으로도 Instance Scheduler의 테이블만 바꿔요. 이 일정은 여기서 바꿔"
        " 주세요",
    )


def instance_type(period: str, kind: str) -> Text:
    return say(
        f"{period}@{kind}: the period is taken over without the instance type; a schedule here resizes nothing",
        f"{period}@{kind}: 인스턴스 유형 없이 시간 구간만 가져와요. 여기서 일정은 크기를 바꾸지 않아요",
    )


def period_description(period: str, description: str) -> Text:
    return say(
        f"period {period}: its description (“{description}”); a period here has a name only",
        f"시간 구간 {period}: 설명(“{description}”). 여기서 시간 구간에는 이름만 있어요",
    )


def cut_description(limit: int) -> Text:
    return say(
        f"description: what is beyond {limit} characters",
        f"description: {limit}자를 넘는 부분",
    )


def unknown_field(name: str) -> Text:
    return say(f"{name}: a field that is not known here", f"{name}: 여기서 알지 못하는 항목이에요")


def zone_assumed(zone: str, source: str) -> Text:
    """`source` is where it comes from: config, given, or nothing said."""
    en = {
        "config": f"No time zone of its own: {zone}, the default of Instance Scheduler's configuration, is taken.",
        "given": f"No time zone of its own: {zone} is taken, as chosen for this import.",
        "": f"No time zone of its own and no default in the files: {zone} is taken, as Instance Scheduler does. A"
        " default may be set in its CloudFormation stack (DefaultTimezone); give that one for the import, if so.",
    }
    ko = {
        "config": f"자체 시간대가 없어 Instance Scheduler 설정의 기본값 {zone}을(를) 써요.",
        "given": f"자체 시간대가 없어 이번 가져오기에서 고른 {zone}을(를) 써요.",
        "": f"자체 시간대도, 파일에 기본값도 없어 Instance Scheduler처럼 {zone}을(를) 써요. CloudFormation 스택의"
        " DefaultTimezone에 기본값이 있다면 그 값을 골라 다시 가져와 주세요.",
    }
    return say(en[source], ko[source])


def step_differs(period: str, part: str) -> Text:
    return say(
        f"period {period}, {part}: here the step means what it says; Instance Scheduler 3.2 reads its last digit only",
        f"시간 구간 {period}, {part}: 여기서는 간격을 적힌 그대로 읽어요. Instance Scheduler 3.2는 마지막 숫자만"
        " 읽어요",
    )
