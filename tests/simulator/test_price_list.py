"""The simulated Price List: products in the shape that AWS documents, found by their attributes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import Stacks
from tests.support.simulator import Simulator

SEOUL = "ap-northeast-2"


def products(aws: Simulator, service_code: str, **filters: str) -> list[dict[str, Any]]:
    wanted = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters.items()]
    pages = aws.client("pricing", "ap-south-1").get_paginator("get_products")
    answers = pages.paginate(ServiceCode=service_code, Filters=wanted, PaginationConfig={"PageSize": 3})
    return [json.loads(text) for page in answers for text in page["PriceList"]]


def test_a_product_is_a_text_with_attributes_and_what_a_unit_costs_on_demand(aws: Simulator) -> None:
    (found,) = products(aws, "AmazonEC2", regionCode=SEOUL, instanceType="t3.small", capacitystatus="Used",
                        operation="RunInstances")  # fmt: skip
    assert found["product"]["attributes"]["usagetype"] == "APN2-BoxUsage:t3.small"
    (term,) = found["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    assert (dimension["unit"], dimension["pricePerUnit"]) == ("Hrs", {"USD": "0.0230000000"})


def test_all_filters_count_and_one_that_no_product_has_finds_none(aws: Simulator) -> None:
    assert len(products(aws, "AmazonEC2", regionCode=SEOUL, instanceType="t3.small")) == 3
    assert {one["product"]["attributes"]["regionCode"] for one in products(aws, "AmazonVPC")} == {
        "ap-northeast-2",
        "eu-central-1",
        "us-east-1",
    }
    assert products(aws, "AmazonEC2", instanceType="t3.small", colour="blue") == []


def test_a_service_that_sells_nothing_is_not_found(aws: Simulator) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        products(aws, "AmazonQuantum")


def test_prices_of_china_are_in_its_currency(aws: Simulator) -> None:
    (found,) = products(aws, "AmazonEC2", regionCode="cn-north-1")
    (term,) = found["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    assert list(dimension["pricePerUnit"]) == ["CNY"]


def test_databases_and_caches_of_a_stack_are_shown_by_their_own_services_until_it_is_deleted(
    aws: Simulator, stacks: Stacks
) -> None:
    template = {
        "Resources": {
            "Cluster": {"Type": "AWS::DocDB::DBCluster", "DeletionPolicy": "Delete", "Properties": {}},
            "Member": {
                "Type": "AWS::DocDB::DBInstance",
                "Properties": {"DBClusterIdentifier": {"Ref": "Cluster"}, "DBInstanceClass": "db.t3.medium"},
            },
            "Cache": {
                "Type": "AWS::ElastiCache::CacheCluster",
                "Properties": {"Engine": "memcached", "CacheNodeType": "cache.t3.micro", "NumCacheNodes": 2},
            },
        }
    }
    stacks.client.create_stack(StackName="data", TemplateBody=json.dumps(template))
    rds, caches = aws.client("rds"), aws.client("elasticache")
    (cluster,) = rds.describe_db_clusters()["DBClusters"]
    (member,) = rds.describe_db_instances()["DBInstances"]
    (cache,) = caches.describe_cache_clusters()["CacheClusters"]
    assert (cluster["Engine"], cluster["Status"]) == ("docdb", "available")
    assert (member["DBInstanceClass"], member["DBClusterIdentifier"]) == (
        "db.t3.medium",
        cluster["DBClusterIdentifier"],
    )
    assert (cache["CacheNodeType"], cache["NumCacheNodes"]) == ("cache.t3.micro", 2)
    stacks.client.delete_stack(StackName="data")
    assert not rds.describe_db_clusters()["DBClusters"]
    assert not rds.describe_db_instances()["DBInstances"]
    assert not caches.describe_cache_clusters()["CacheClusters"]
