using System.Globalization;

namespace Orleans.Kpl;

/// <summary>
/// The health of a producer: whether its own calls to Kinesis succeed, and which records failed lately. An idle producer makes no calls and learns nothing;
/// a host that cannot reach Kinesis at its start (<see cref="KplOptions.CheckAtStart"/>) asks again until it can.
/// </summary>
public sealed record KplHealth
{
    /// <summary>
    /// Whether consecutive calls to Kinesis fail because it cannot be reached or refuses everything: no connection, no answer, an internal failure, missing
    /// rights or credentials. Records then wait, or go to the backlog. The next success ends it. Throttles do not count.
    /// </summary>
    public bool IsDegraded => DegradedSince is not null;

    /// <summary>When calls to Kinesis began to fail (<see cref="IsDegraded"/>); null while they do not.</summary>
    public DateTimeOffset? DegradedSince { get; init; }

    /// <summary>
    /// The error code of the latest call that failed so, such as <see cref="RecordErrorCodes.ConnectionFailed"/> or <c>AccessDeniedException</c>; null
    /// while none do. It is never a message of the service.
    /// </summary>
    public string? DegradedCode { get; init; }

    /// <summary>The streams whose calls fail.</summary>
    public IReadOnlyList<string> DegradedStreams { get; init; } = [];

    /// <summary>
    /// The records of all streams that ended without success lately, with the code that came last; null if none did within five minutes. They do not affect
    /// <see cref="IsDegraded"/>: calls to Kinesis may succeed meanwhile.
    /// </summary>
    public LatestFailures? Failures { get; init; }

    /// <summary>
    /// Why the store of the durable backlog cannot be used, in the store's words; null while it can, or if there is none. Until it can, a put that asks for
    /// <see cref="AckLevel.Persisted"/> is answered on delivery.
    /// </summary>
    public string? BacklogError { get; init; }

    /// <summary>
    /// The number of records of all streams that are set aside as dead letters, until somebody requeues or drops them (<see cref="IBacklogAdmin"/>). They
    /// do not affect <see cref="IsDegraded"/>. 0 without a backlog, and in a silo, where the streams' managers keep dead letters.
    /// </summary>
    public long SetAside { get; init; }

    /// <summary>The backlog of this process: its records, their age and whether more go there; null where there is none.</summary>
    internal BacklogStatus? Backlog { get; init; }

    /// <summary>The records in memory and in the backlog, each once; null where there is no backlog.</summary>
    internal long? Waiting { get; init; }

    /// <summary>The streams that have some of <see cref="SetAside"/>.</summary>
    internal IReadOnlyList<string> SetAsideStreams { get; init; } = [];

    /// <summary>The segments of the backlog that could not be read and were moved aside (<see cref="BacklogStatus.DamagedSegments"/>).</summary>
    internal long DamagedSegments { get; init; }

    /// <summary>The streams that have some of <see cref="DamagedSegments"/>.</summary>
    internal IReadOnlyList<string> DamagedStreams { get; init; } = [];

    /// <summary>The streams of the settings that Kinesis does not know, as a host's check finds (<see cref="KplOptions.CheckAtStart"/>).</summary>
    internal IReadOnlyList<string> MissingStreams { get; init; } = [];

    /// <summary>Since when this silo can use no table of the cluster's state, and why; null while it can, and outside a cluster.</summary>
    internal (DateTimeOffset Since, string Why)? StateTrouble { get; init; }

    /// <summary>Since when records go through other silos, because this one does not reach Kinesis; null while none do, and outside a cluster.</summary>
    internal DateTimeOffset? RelayedSince { get; init; }

    /// <summary>The age of the oldest record that has not ended, in memory or in the backlog of this process; null where there is none.</summary>
    public TimeSpan? OldestRecordAge { get; init; }

    /// <summary>How long the oldest record has been in memory, where one in the backlog is older.</summary>
    internal TimeSpan? OldestInMemory { get; init; }

    /// <summary>Returns the values as text, with the names of the streams.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"KplHealth {{ IsDegraded = {IsDegraded}, DegradedSince = {DegradedSince:O}, DegradedCode = {DegradedCode}, "
        + $"DegradedStreams = [{string.Join(", ", DegradedStreams)}], Failures = {Failures}, BacklogError = {BacklogError}, SetAside = {SetAside}, "
        + $"OldestRecordAge = {OldestRecordAge} }}");
}
