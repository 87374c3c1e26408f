using System.Text.Json;
using Orleans.Kpl.Scaling.Planning;
using Orleans.Kpl.Scaling.Policy;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>
/// A reshard under way: the intent that is kept before every call, so that whoever takes over knows what may have been done. Immutable;
/// <see cref="OperationRules"/> says what comes next.
/// </summary>
internal sealed record ReshardOperation
{
    /// <summary>Entries of history kept; of more the first ones stay and the latest.</summary>
    public const int MostHistory = 200;

    public required string Id { get; init; }

    public required string Stream { get; init; }

    /// <summary>Who asked for it, and for what.</summary>
    public StreamOperationKind Kind { get; init; }

    /// <summary>What the policy decided; null where it was somebody else.</summary>
    public ScalingDecisionKind? Decision { get; init; }

    /// <summary>When the stream was created.</summary>
    public required DateTimeOffset StreamCreated { get; init; }

    public required IReadOnlyList<OperationStep> Steps { get; init; }

    /// <summary>The current step, from 0.</summary>
    public int Step { get; init; }

    public OperationPhase Phase { get; init; }

    /// <summary>Calls of the current step that did not bring it forward.</summary>
    public int Failures { get; init; }

    /// <summary>Nothing is to be done before.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>When the current phase began.</summary>
    public required DateTimeOffset PhaseSince { get; init; }

    /// <summary>Whether it is to end before its next call.</summary>
    public bool IsStopRequested { get; init; }

    /// <summary>Why it was begun, and how it ended, in a sentence.</summary>
    public required string Reason { get; init; }

    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    public bool IsEnded => Phase >= OperationPhase.Done;

    /// <summary>Begins a plan.</summary>
    public static ReshardOperation Begin(string id, string stream, DateTimeOffset streamCreated, ReshardPlan plan, string reason, DateTimeOffset now) =>
        new ReshardOperation
    {
        Id = id,
        Stream = stream,
        StreamCreated = streamCreated,
        Steps = [.. plan.Steps.Select(OperationStep.Of)],
        Phase = plan.Steps.Count == 0 ? OperationPhase.Done : OperationPhase.Announcing,
        PhaseSince = now,
        NotBefore = now,
        Reason = reason,
    }.Log(now, reason);

    /// <summary>Ends it before its next call; a call that was made is waited for.</summary>
    public ReshardOperation RequestStop(string why, DateTimeOffset now) =>
        IsEnded || IsStopRequested ? this : (this with { IsStopRequested = true }).Log(now, why);

    public ReshardOperation Log(DateTimeOffset at, string text) =>
        this with { History = [.. History.Count < MostHistory ? History : [.. History.Take(20), .. History.Skip(21)], new HistoryEntry(at, Step, text)] };

    public string ToJson() => JsonSerializer.Serialize(this, OperationJson.Default.ReshardOperation);

    /// <exception cref="JsonException">It is no operation.</exception>
    public static ReshardOperation FromJson(string json) =>
        JsonSerializer.Deserialize(json, OperationJson.Default.ReshardOperation) ?? throw new JsonException("An operation is expected, and null was found.");
}

/// <summary>Where an operation is in its current step, and how it ended.</summary>
internal enum OperationPhase
{
    /// <summary>The step's boundaries are to be announced to those who send.</summary>
    Announcing,

    /// <summary>They know; Kinesis is to be called, or was called and the answer is not known.</summary>
    Calling,

    /// <summary>Kinesis has accepted the call; the stream is to become ACTIVE and show the result.</summary>
    Waiting,

    /// <summary>Every step was done.</summary>
    Done,

    /// <summary>It ended before, by request or because the shards are not those that were planned for. What was done stays.</summary>
    Stopped,

    /// <summary>Kinesis refuses to go on. What was done stays.</summary>
    Failed,
}

/// <summary>Something that happened to an operation.</summary>
/// <param name="At">When.</param>
/// <param name="Step">In which step, from 0.</param>
/// <param name="Text">What, and why.</param>
internal sealed record HistoryEntry(DateTimeOffset At, int Step, string Text);
