"""Which types of CloudFormation's resources keep what people put in, and which certainly do not.

Source: what each type is, as in
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html. What stands
in neither list is not known: AWS adds types every week, and registries have those of others.
"""

from __future__ import annotations

# Databases, volumes, buckets, file systems, tables, key stores, logs, queues and the like: types whose deletion loses
# what was put in.
KEEPS = frozenset(
    {
        "AWS::ACMPCA::CertificateAuthority", "AWS::AmazonMQ::Broker", "AWS::APS::Workspace",
        "AWS::Backup::BackupVault", "AWS::Cassandra::Table", "AWS::CloudFront::KeyValueStore",
        "AWS::CloudHSM::Cluster", "AWS::CodeArtifact::Domain", "AWS::CodeArtifact::Repository",
        "AWS::CodeCommit::Repository", "AWS::Cognito::IdentityPool", "AWS::Cognito::UserPool", "AWS::DAX::Cluster",
        "AWS::DocDB::DBCluster", "AWS::DocDBElastic::Cluster", "AWS::DSQL::Cluster", "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table", "AWS::EC2::Volume", "AWS::ECR::PublicRepository", "AWS::ECR::Repository",
        "AWS::EFS::FileSystem", "AWS::EKS::Cluster", "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::ServerlessCache",
        "AWS::ElasticBeanstalk::Environment", "AWS::Elasticsearch::Domain", "AWS::Events::Archive",
        "AWS::FSx::FileSystem", "AWS::FSx::Volume", "AWS::KMS::Key", "AWS::KMS::ReplicaKey", "AWS::Kinesis::Stream",
        "AWS::Lightsail::Database", "AWS::Lightsail::Disk", "AWS::Lightsail::Instance", "AWS::Logs::LogGroup",
        "AWS::Logs::LogStream", "AWS::MSK::Cluster", "AWS::MSK::ServerlessCluster", "AWS::MemoryDB::Cluster",
        "AWS::Neptune::DBCluster", "AWS::NeptuneGraph::Graph", "AWS::OpenSearchServerless::Collection",
        "AWS::OpenSearchService::Domain", "AWS::QLDB::Ledger", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance",
        "AWS::RDS::GlobalCluster", "AWS::Redshift::Cluster", "AWS::RedshiftServerless::Namespace", "AWS::S3::Bucket",
        "AWS::S3Express::DirectoryBucket", "AWS::S3Tables::TableBucket", "AWS::S3Vectors::VectorBucket",
        "AWS::SDB::Domain", "AWS::SQS::Queue", "AWS::SecretsManager::Secret",
        "AWS::ServiceCatalog::CloudFormationProvisionedProduct", "AWS::Timestream::InfluxDBInstance",
        "AWS::Timestream::Table", "AWS::WorkSpaces::Workspace",
    }
)  # fmt: skip
# Services none of whose types keeps data, but for those above.
_HARMLESS_SERVICES = frozenset(
    {
        "ApiGateway", "ApiGatewayV2", "AppMesh", "AppRunner", "AppSync", "ApplicationAutoScaling", "AutoScaling",
        "AutoScalingPlans", "Batch", "Budgets", "CDK", "CertificateManager", "Chatbot", "CloudFront", "CloudTrail",
        "CloudWatch", "CodeBuild", "CodeDeploy", "CodePipeline", "CodeStarNotifications", "ECS",
        "ElasticLoadBalancing", "ElasticLoadBalancingV2", "Events", "GlobalAccelerator", "IAM", "Lambda",
        "NetworkFirewall", "Pipes", "RAM", "ResourceGroups", "Route53", "SNS", "SSM", "Scheduler",
        "ServiceDiscovery", "StepFunctions", "VpcLattice", "WAF", "WAFRegional", "WAFv2", "XRay",
    }
)  # fmt: skip
# Of services that keep data, what is only around it.
_HARMLESS = {
    "AmazonMQ": {"Configuration", "ConfigurationAssociation"},
    "Backup": {"BackupPlan", "BackupSelection"},
    "CloudFormation": {"Macro", "Stack", "WaitCondition", "WaitConditionHandle"},
    "Cognito": {
        "IdentityPoolRoleAttachment", "UserPoolClient", "UserPoolDomain", "UserPoolGroup", "UserPoolResourceServer"
    },
    "DAX": {"ParameterGroup", "SubnetGroup"},
    # Its instances hold nothing of their own: a cluster keeps the data. So it is with Neptune's.
    "DocDB": {"DBClusterParameterGroup", "DBInstance", "DBSubnetGroup", "EventSubscription"},
    "EC2": {
        "CarrierGateway", "ClientVpnAuthorizationRule", "ClientVpnEndpoint", "ClientVpnRoute",
        "ClientVpnTargetNetworkAssociation", "CustomerGateway", "DHCPOptions", "EC2Fleet", "EIP", "EIPAssociation",
        "EgressOnlyInternetGateway", "FlowLog", "GatewayRouteTableAssociation", "InternetGateway", "KeyPair",
        "LaunchTemplate", "NatGateway", "NetworkAcl", "NetworkAclEntry", "NetworkInterface",
        "NetworkInterfaceAttachment", "NetworkInterfacePermission", "PlacementGroup", "PrefixList", "Route",
        "RouteTable", "SecurityGroup", "SecurityGroupEgress", "SecurityGroupIngress", "SecurityGroupVpcAssociation",
        "SpotFleet", "Subnet", "SubnetCidrBlock", "SubnetNetworkAclAssociation", "SubnetRouteTableAssociation",
        "TransitGateway", "TransitGatewayAttachment", "TransitGatewayRoute", "TransitGatewayRouteTable",
        "TransitGatewayRouteTableAssociation", "TransitGatewayRouteTablePropagation",
        "TransitGatewayVpcAttachment", "VPC", "VPCCidrBlock", "VPCDHCPOptionsAssociation", "VPCEndpoint",
        "VPCEndpointService", "VPCEndpointServicePermissions", "VPCGatewayAttachment", "VPCPeeringConnection",
        "VPNConnection", "VPNConnectionRoute", "VPNGateway", "VPNGatewayRoutePropagation", "VolumeAttachment",
    },
    "ECR": {"PullThroughCacheRule", "RegistryPolicy", "ReplicationConfiguration", "RepositoryCreationTemplate"},
    "EFS": {"AccessPoint", "MountTarget"},
    "EKS": {"AccessEntry", "Addon", "FargateProfile", "Nodegroup", "PodIdentityAssociation"},
    "ElastiCache": {"ParameterGroup", "SecurityGroup", "SubnetGroup", "User", "UserGroup"},
    "ElasticBeanstalk": {"Application", "ApplicationVersion", "ConfigurationTemplate"},
    "KMS": {"Alias"},
    "Kinesis": {"ResourcePolicy", "StreamConsumer"},
    "Logs": {"MetricFilter", "QueryDefinition", "ResourcePolicy", "SubscriptionFilter"},
    "MSK": {"ClusterPolicy", "Configuration"},
    "MemoryDB": {"ACL", "ParameterGroup", "SubnetGroup", "User"},
    "Neptune": {
        "DBClusterParameterGroup", "DBInstance", "DBParameterGroup", "DBSubnetGroup", "EventSubscription"
    },
    "OpenSearchServerless": {"AccessPolicy", "SecurityPolicy", "VpcEndpoint"},
    "RDS": {
        "DBClusterParameterGroup", "DBParameterGroup", "DBProxy", "DBProxyEndpoint", "DBProxyTargetGroup",
        "DBSecurityGroup", "DBSecurityGroupIngress", "DBSubnetGroup", "EventSubscription", "OptionGroup",
    },
    "Redshift": {"ClusterParameterGroup", "ClusterSubnetGroup"},
    "S3": {"AccessPoint", "BucketPolicy"},
    "SQS": {"QueueInlinePolicy", "QueuePolicy"},
    "SecretsManager": {"ResourcePolicy", "RotationSchedule", "SecretTargetAttachment"},
}  # fmt: skip


def is_harmless(type_: str) -> bool:
    """Whether the type certainly keeps nothing. False for all that is not known, whoever made it."""
    if type_ in KEEPS:
        return False
    owner, _, rest = type_.partition("::")
    service, _, name = rest.partition("::")
    return owner == "AWS" and bool(name) and (service in _HARMLESS_SERVICES or name in _HARMLESS.get(service, ()))
