using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>An entry of a stream's history: a change of its shards, running or completed, or a decision of its policy.</summary>
public sealed record StreamOperation
{
    /// <summary>The id of the operation; null for a decision that was not carried out.</summary>
    public string? OperationId { get; init; }

    /// <summary>The kind of entry.</summary>
    public required StreamOperationKind Kind { get; init; }

    /// <summary>The progress of the operation.</summary>
    public required OperationState State { get; init; }

    /// <summary>When the operation began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the operation ended; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The current or last step, from 1; 0 if there are no steps.</summary>
    public int Step { get; init; }

    /// <summary>The number of steps.</summary>
    public int Steps { get; init; }

    /// <summary>While the operation runs, why it was begun; afterwards, how it ended.</summary>
    public required string Reason { get; init; }

    /// <summary>The events of the operation, oldest first; at most 200: the first 20 and the latest.</summary>
    public IReadOnlyList<OperationEvent> Events { get; init; } = [];
}

/// <summary>An event of an operation.</summary>
public sealed record OperationEvent
{
    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The step in which it happened, from 1.</summary>
    public int Step { get; init; }

    /// <summary>The event and its reason.</summary>
    public required string Text { get; init; }
}

/// <summary>The progress of an operation.</summary>
public enum OperationState
{
    /// <summary>The operation is running.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Every step was completed.</summary>
    [JsonStringEnumMemberName("done")]
    Done,

    /// <summary>The operation stopped early: on request, or because the shards are not those of the plan. Completed steps stay.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,

    /// <summary>Kinesis rejected a step. Completed steps stay.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>The kind of an entry of a stream's history.</summary>
public enum StreamOperationKind
{
    /// <summary>A request to split one shard.</summary>
    [JsonStringEnumMemberName("split")]
    Split,

    /// <summary>A request to merge two shards.</summary>
    [JsonStringEnumMemberName("merge")]
    Merge,

    /// <summary>A request for a number of shards.</summary>
    [JsonStringEnumMemberName("scale")]
    Scale,

    /// <summary>The policy changed the shards.</summary>
    [JsonStringEnumMemberName("policy")]
    Policy,

    /// <summary>The policy made a decision that was not carried out, or its settings or the capacity were changed.</summary>
    [JsonStringEnumMemberName("decision")]
    Decision,
}

/// <summary>
/// An operation that has begun and continues by itself: in a cluster with a DynamoDB table even if silos are lost, elsewhere until the process ends or the
/// producer is disposed.
/// </summary>
public sealed record StartedOperation
{
    /// <summary>Its id, for <see cref="IStreamAdmin.GetOperationAsync"/>.</summary>
    public required string OperationId { get; init; }

    /// <summary>The steps of the operation.</summary>
    public required ShardPlan Plan { get; init; }
}
