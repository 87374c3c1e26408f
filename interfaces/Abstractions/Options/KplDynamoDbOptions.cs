namespace Orleans.Kpl;

/// <summary>How DynamoDB is reached, and the names of the tables: section <c>Kpl:DynamoDb</c>.</summary>
public sealed class KplDynamoDbOptions
{
    /// <summary>An endpoint instead of AWS's own, such as <c>http://127.0.0.1:8000</c> for DynamoDB Local. Default null.</summary>
    public Uri? ServiceUrl { get; set; }

    /// <summary>The prefix of all table names. Default <c>kpl-</c>; letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, at most 200.</summary>
    public string TablePrefix { get; set; } = "kpl-";

    /// <summary>
    /// Whether a silo creates the tables that are missing. False: a silo without one of its tables does not start, and says which is missing; so a
    /// mistyped prefix founds no second cluster. Default true.
    /// </summary>
    public bool CreateTables { get; set; } = true;

    /// <summary>The region. Default null: AWS's chain; if that is empty, <c>us-east-1</c> for a loopback endpoint.</summary>
    public string? Region { get; set; }

    /// <summary>An access key. Default null: AWS's chain.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>The secret access key for <see cref="AccessKeyId"/>.</summary>
    public string? SecretAccessKey { get; set; }

    /// <summary>The session token of temporary credentials. Default null.</summary>
    public string? SessionToken { get; set; }

    /// <summary>A profile in AWS's shared files. Default null: AWS's chain.</summary>
    public string? Profile { get; set; }

    /// <summary>The table of the cluster's members, which Orleans maintains.</summary>
    public string SilosTable => TablePrefix + "silos";

    /// <summary>The table of other state that silos share: the prefix and <c>state</c>.</summary>
    public string StateTable => TablePrefix + "state";

    /// <summary>The table of the durable backlog: the prefix and <c>backlog</c>.</summary>
    public string BacklogTable => TablePrefix + "backlog";
}
