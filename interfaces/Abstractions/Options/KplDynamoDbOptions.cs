namespace Orleans.Kpl;

/// <summary>How DynamoDB is reached, and how the tables are called: section <c>Kpl:DynamoDb</c>.</summary>
public sealed class KplDynamoDbOptions
{
    /// <summary>
    /// An endpoint instead of AWS's own, such as <c>http://127.0.0.1:8000</c> for DynamoDB Local. Orleans' membership provider signs
    /// with a made-up key there, so it must be one that checks none. Default null.
    /// </summary>
    public Uri? ServiceUrl { get; set; }

    /// <summary>What the names of all tables begin with. Default <c>kpl-</c>; letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, at most 200.</summary>
    public string TablePrefix { get; set; } = "kpl-";

    /// <summary>The region. Default null: AWS's chain; for a loopback endpoint <c>us-east-1</c> where that is empty.</summary>
    public string? Region { get; set; }

    /// <summary>An access key. Default null: AWS's chain.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>The secret to <see cref="AccessKeyId"/>.</summary>
    public string? SecretAccessKey { get; set; }

    /// <summary>The session token of temporary credentials. Default null.</summary>
    public string? SessionToken { get; set; }

    /// <summary>A profile of AWS's shared files. Default null: AWS's chain.</summary>
    public string? Profile { get; set; }

    /// <summary>The table of the cluster's members, which Orleans keeps.</summary>
    public string SilosTable => TablePrefix + "silos";

    /// <summary>The table of what silos share beside membership: the prefix and <c>state</c>.</summary>
    public string StateTable => TablePrefix + "state";

    /// <summary>The table of the durable backlog: the prefix and <c>backlog</c>.</summary>
    public string BacklogTable => TablePrefix + "backlog";
}
