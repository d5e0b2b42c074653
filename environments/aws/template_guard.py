"""What a delete of a stack would destroy: its templates read, nested ones too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import yaml

# Databases, volumes, buckets, file systems, tables, key stores and the like: types whose deletion loses what people
# put in.
STATEFUL = frozenset(
    {
        "AWS::ACMPCA::CertificateAuthority", "AWS::Cassandra::Table", "AWS::CloudHSM::Cluster",
        "AWS::Cognito::UserPool", "AWS::DAX::Cluster", "AWS::DocDB::DBCluster", "AWS::DocDBElastic::Cluster",
        "AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table", "AWS::EC2::Volume", "AWS::ECR::Repository",
        "AWS::EFS::FileSystem", "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache", "AWS::Elasticsearch::Domain", "AWS::FSx::FileSystem", "AWS::FSx::Volume",
        "AWS::KMS::Key", "AWS::Kinesis::Stream", "AWS::MSK::Cluster", "AWS::MemoryDB::Cluster",
        "AWS::Neptune::DBCluster",
        "AWS::OpenSearchService::Domain", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster",
        "AWS::S3::Bucket", "AWS::S3Express::DirectoryBucket", "AWS::SDB::Domain", "AWS::SecretsManager::Secret",
        "AWS::Timestream::Table", "AWS::Timestream::InfluxDBInstance", "AWS::AmazonMQ::Broker",
        "AWS::RedshiftServerless::Namespace", "AWS::OpenSearchServerless::Collection", "AWS::NeptuneGraph::Graph",
        "AWS::DSQL::Cluster", "AWS::KMS::ReplicaKey", "AWS::Lightsail::Database", "AWS::Lightsail::Disk",
        "AWS::S3Tables::TableBucket", "AWS::CodeCommit::Repository", "AWS::MSK::ServerlessCluster",
        "AWS::Backup::BackupVault", "AWS::RDS::GlobalCluster", "AWS::S3Vectors::VectorBucket",
    }
)  # fmt: skip
NESTED = "AWS::CloudFormation::Stack"
KEEPING = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A stateful resource that a delete destroys for good. `path` names the stacks from the root down."""

    path: str
    logical_id: str
    type: str
    policy: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a delete would destroy, and the fingerprint of exactly these templates."""

    fingerprint: str
    findings: tuple[Finding, ...]

    def rows(self) -> list[dict[str, str]]:
        return [asdict(finding) for finding in self.findings]


def judge(cloudformation: Any, stack: str) -> Verdict:
    """Read the stack's template and those of its nested stacks; list what would be lost.

    botocore's errors pass through. A template changed in any way has another fingerprint. Calls: two a stack.
    """
    templates = dict(_templates(cloudformation, stack, path=""))
    canonical = json.dumps(templates, sort_keys=True, default=str)
    findings = [
        Finding(path=path, logical_id=logical_id, type=resource["Type"], policy=str(resource.get("DeletionPolicy", "")))
        for path, template in templates.items()
        for logical_id, resource in _resources(template).items()
        if is_lost(resource)
    ]
    return Verdict(hashlib.sha256(canonical.encode()).hexdigest(), tuple(findings))


def is_lost(resource: Mapping[str, Any]) -> bool:
    """Whether deleting the resource loses data: it is stateful and neither retained nor snapshotted.

    A database instance inside a cluster holds nothing of its own: the cluster is what counts.
    """
    policy = resource.get("DeletionPolicy")
    # A policy that is no plain word (an intrinsic function) cannot be judged here: it counts as lost.
    if resource.get("Type") not in STATEFUL or (isinstance(policy, str) and policy in KEEPING):
        return False
    return not (resource["Type"] == "AWS::RDS::DBInstance" and "DBClusterIdentifier" in resource.get("Properties", {}))


def _templates(cloudformation: Any, stack: str, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    body = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    template = body if isinstance(body, Mapping) else parse_template(body)
    yield path, template
    kept = {name for name, r in _resources(template).items() if str(r.get("DeletionPolicy")) in KEEPING}
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    for row in (row for page in pages for row in page["StackResourceSummaries"]):
        # A nested stack that is itself retained survives with all that is in it.
        if row["ResourceType"] == NESTED and row.get("PhysicalResourceId") and row["LogicalResourceId"] not in kept:
            below = f"{path}/{row['LogicalResourceId']}".strip("/")
            yield from _templates(cloudformation, row["PhysicalResourceId"], below)


def _resources(template: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {k: v for k, v in (template.get("Resources") or {}).items() if isinstance(v, Mapping)}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (!Ref, !Sub …), whose values do not matter here."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {suffix: loader.construct_mapping(node, deep=True)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_scalar(node)} if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _short_form)


def parse_template(body: str) -> Mapping[str, Any]:
    """Parse a template in JSON or YAML. Raises ValueError, saying where, when it is neither or has no resources."""
    try:
        template = yaml.load(body, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    if not isinstance(template, Mapping) or not isinstance(template.get("Resources"), Mapping):
        raise ValueError("no Resources section")  # noqa: TRY004 (the text is what is wrong)
    return template
