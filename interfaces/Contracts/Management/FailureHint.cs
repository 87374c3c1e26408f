namespace Orleans.Kpl;

/// <summary>
/// Announces that records of a Kinesis stream ended without success: an event of the Orleans stream with namespace <see cref="StreamNamespace"/> and the
/// Kinesis stream's name as its key. It is sent where <see cref="KplClusterOptions.FailureStreamProvider"/> names a stream provider.
/// </summary>
/// <remarks>
/// A hint only: it may come late, twice or never, and at most ten of a stream come in a second. The list has the failures themselves: after a hint, and
/// now and then without one, read on with <see cref="IStreamManager.GetFailures"/> from the last number that you have.
/// </remarks>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.FailureHint")]
public sealed record FailureHint
{
    /// <summary>The namespace of the hints' streams.</summary>
    public const string StreamNamespace = "kpl-failures";

    /// <summary>The Kinesis stream: its name, or its ARN where it is of another region or account.</summary>
    [Id(0)] public required string Stream { get; init; }

    /// <summary>The number of the last failure on the list when the hint was sent (<see cref="StreamFailure.Number"/>).</summary>
    [Id(1)] public long Last { get; init; }

    /// <summary>How many failures came onto the list since the hint before it; at least 1.</summary>
    [Id(2)] public long Count { get; init; }

    /// <summary>When the list was begun (<see cref="FailurePage.Since"/>). Numbers of an earlier list have no meaning in this one.</summary>
    [Id(3)] public DateTimeOffset Since { get; init; }
}
