namespace Orleans.Kpl;

/// <summary>How the silos of a cluster find each other.</summary>
public enum ClusterMembership
{
    /// <summary>One silo, which keeps the list of members in memory. Setting <c>localhost</c>.</summary>
    Localhost = 0,

    /// <summary>Any number of silos, whose list is a DynamoDB table. Setting <c>dynamodb</c>.</summary>
    DynamoDb,
}
