namespace Orleans.Kpl.LocalKinesis;

/// <summary>A stream at one instant.</summary>
public sealed record StreamSnapshot
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its ARN: account 000000000000, region us-east-1.</summary>
    public required string Arn { get; init; }

    /// <summary>Its state.</summary>
    public required StreamStatus Status { get; init; }

    /// <summary>Who decides on its shards.</summary>
    public required StreamMode Mode { get; init; }

    /// <summary>With the name, its identity: a stream made again is another one.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The largest record it takes, data and key.</summary>
    public required int MaxRecordBytes { get; init; }

    /// <summary>Consumers that are registered for enhanced fan-out, whatever state they are in.</summary>
    public required int ConsumerCount { get; init; }

    /// <summary>Every shard it ever had, by index.</summary>
    public required IReadOnlyList<ShardSnapshot> Shards { get; init; }
}
