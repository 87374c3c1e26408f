using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>A stream as it was just read. Its status is read first and its open shards after that, so that shards of an ACTIVE stream are new enough.</summary>
internal sealed record ObservedStream
{
    public required StreamState State { get; init; }

    public bool IsOnDemand { get; init; }

    /// <summary>Gets when the stream was created; another time means another stream of the same name.</summary>
    public DateTimeOffset CreationTime { get; init; }

    /// <summary>Gets the open shards; empty where they could not be read.</summary>
    public IReadOnlyList<ShardRange> Shards { get; init; } = [];
}

/// <summary>A stream's status as DescribeStreamSummary reports it.</summary>
internal enum StreamState
{
    /// <summary>It is being created.</summary>
    Creating,

    /// <summary>It can be resharded.</summary>
    Active,

    /// <summary>A reshard or another change is running; records flow.</summary>
    Updating,

    /// <summary>It is being deleted.</summary>
    Deleting,

    /// <summary>There is no stream of that name.</summary>
    Missing,
}
