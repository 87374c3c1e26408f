using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>A change of a stream's shards, running or ended, or a decision of its policy: an entry of its history.</summary>
public sealed record StreamOperation
{
    /// <summary>Its id; null for what only was decided.</summary>
    public string? OperationId { get; init; }

    /// <summary>What it is.</summary>
    public required StreamOperationKind Kind { get; init; }

    /// <summary>How far it is.</summary>
    public required OperationState State { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The current step, or the last one, from 1; 0 where there is none.</summary>
    public int Step { get; init; }

    /// <summary>How many steps it has.</summary>
    public int Steps { get; init; }

    /// <summary>Why it was begun while it runs, then how it ended.</summary>
    public required string Reason { get; init; }

    /// <summary>What happened, oldest first; at most 200, the first 20 and the latest.</summary>
    public IReadOnlyList<OperationEvent> Events { get; init; } = [];
}

/// <summary>Something that happened to an operation.</summary>
public sealed record OperationEvent
{
    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>In which step, from 1.</summary>
    public int Step { get; init; }

    /// <summary>What happened, and why.</summary>
    public required string Text { get; init; }
}

/// <summary>How far an operation is.</summary>
public enum OperationState
{
    /// <summary>It goes on.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Every step was done.</summary>
    [JsonStringEnumMemberName("done")]
    Done,

    /// <summary>It ended before, because it was asked to or the shards are not those that were planned for. What was done stays.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,

    /// <summary>Kinesis refuses to go on. What was done stays.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>What an entry of a stream's history tells of.</summary>
public enum StreamOperationKind
{
    /// <summary>One shard was to be split.</summary>
    [JsonStringEnumMemberName("split")]
    Split,

    /// <summary>Two shards were to be merged.</summary>
    [JsonStringEnumMemberName("merge")]
    Merge,

    /// <summary>A number of shards was asked for.</summary>
    [JsonStringEnumMemberName("scale")]
    Scale,

    /// <summary>The policy changed the shards.</summary>
    [JsonStringEnumMemberName("policy")]
    Policy,

    /// <summary>The policy decided something that was not carried out, or its settings were changed.</summary>
    [JsonStringEnumMemberName("decision")]
    Decision,
}

/// <summary>An operation that was begun and goes on by itself, also when this process, or the stream's manager, is lost.</summary>
public sealed record StartedOperation
{
    /// <summary>Its id, for <see cref="IStreamAdmin.GetOperationAsync"/>.</summary>
    public required string OperationId { get; init; }

    /// <summary>What it does.</summary>
    public required ShardPlan Plan { get; init; }
}
