using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Scaling.Policy;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>
/// A reshard under way: the intent that is saved before every call, so that a process that takes over knows which call may have been made. Immutable;
/// <see cref="OperationRules"/> decides what comes next.
/// </summary>
internal sealed record ReshardOperation
{
    /// <summary>The maximum number of history entries; beyond it, the first and the latest ones are kept.</summary>
    public const int MostHistory = 200;

    private const int LongestText = 500;

    public required string Id { get; init; }

    public required string Stream { get; init; }

    /// <summary>Gets the kind of the operation: its requester and purpose.</summary>
    public StreamOperationKind Kind { get; init; }

    /// <summary>Gets the policy's decision; null where the policy did not begin the operation.</summary>
    public ScalingDecisionKind? Decision { get; init; }

    /// <summary>Gets when the stream was created.</summary>
    public required DateTimeOffset StreamCreated { get; init; }

    public required IReadOnlyList<OperationStep> Steps { get; init; }

    /// <summary>Gets the number of shards that it was planned for; 0 in a row that a former version began.</summary>
    public int Shards { get; init; }

    /// <summary>Gets the index of the current step, from 0.</summary>
    public int Step { get; init; }

    public OperationPhase Phase { get; init; }

    /// <summary>Gets the number of calls of the current step that failed to advance it.</summary>
    public int Failures { get; init; }

    /// <summary>Gets how many calls Kinesis has accepted, or may have; 0 in a row that a former version began.</summary>
    public int Calls { get; init; }

    /// <summary>Gets the earliest time of the next action.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>Gets when the current phase began.</summary>
    public required DateTimeOffset PhaseSince { get; init; }

    /// <summary>Gets since when the stream is ACTIVE and does not show the call that it accepted; null where that was not seen.</summary>
    public DateTimeOffset? ActiveSince { get; init; }

    /// <summary>Gets whether the operation is to stop before its next call.</summary>
    public bool IsStopRequested { get; init; }

    /// <summary>Gets why the operation was begun, and how it ended, in a sentence.</summary>
    public required string Reason { get; init; }

    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    /// <summary>Gets whether this is what an ended operation has left in its row.</summary>
    public bool IsLeft { get; init; }

    /// <summary>The text that only the JSON of what is left has: within values quotation marks are escaped.</summary>
    public const string LeftMark = "\"is_left\":true";

    public bool IsEnded => Phase >= OperationPhase.Done;

    /// <summary>Begins an operation for a plan.</summary>
    public static ReshardOperation Begin(string id, string stream, DateTimeOffset streamCreated, ShardPlan plan, string reason, DateTimeOffset now) =>
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

    /// <summary>Requests that the operation stop before its next call; a call that was already made is waited for.</summary>
    public ReshardOperation RequestStop(string why, DateTimeOffset now) =>
        IsEnded || IsStopRequested ? this : (this with { IsStopRequested = true }).Log(now, why);

    /// <summary>Adds an entry to the history. The errors of others have any length, and the start of a long one is kept: all must fit into the row.</summary>
    public ReshardOperation Log(DateTimeOffset at, string text)
    {
        if (text.Length > LongestText)
            text = text[..(char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)] + "…";
        IEnumerable<HistoryEntry> former = History.Count < MostHistory ? History : [.. History.Take(20), .. History.Skip(21)];
        return this with { History = [.. former, new HistoryEntry(at, Step, text)] };
    }

    /// <summary>Returns what stays in the row once the operation is in the history: a silo that does not know the mark ends it once more.</summary>
    public ReshardOperation Left() => this with { IsLeft = true, Step = 0, Steps = [.. Steps.Skip(Step).Take(1)], History = [History[0], History[^1]] };

    /// <summary>Returns the operation as users see it.</summary>
    public StreamOperation ToStreamOperation() => new()
    {
        OperationId = Id,
        Kind = Kind,
        State = Phase switch
        {
            OperationPhase.Done => OperationState.Done,
            OperationPhase.Stopped => OperationState.Stopped,
            OperationPhase.Failed => OperationState.Failed,
            _ => OperationState.Running,
        },
        StartedAt = History[0].At,
        EndedAt = IsEnded ? PhaseSince : null,
        Step = Math.Min(Step + 1, Steps.Count),
        Steps = Steps.Count,
        Reason = IsEnded ? History[^1].Text : Reason,
        Events = [.. History.Select(e => new OperationEvent { At = e.At, Step = Math.Min(e.Step + 1, Steps.Count), Text = e.Text })],
    };

    public string ToJson() => JsonSerializer.Serialize(this, OperationJson.Default.ReshardOperation);

    /// <exception cref="JsonException">The text is not an operation.</exception>
    public static ReshardOperation FromJson(string json) =>
        JsonSerializer.Deserialize(json, OperationJson.Default.ReshardOperation) ?? throw new JsonException("An operation is expected, and null was found.");
}

/// <summary>The phase of an operation in its current step, or how it ended.</summary>
internal enum OperationPhase
{
    /// <summary>The step's boundaries are to be announced to the senders.</summary>
    Announcing,

    /// <summary>The senders know the boundaries. Kinesis is to be called, or was called and the answer is not known.</summary>
    Calling,

    /// <summary>Kinesis has accepted the call; the stream is to become ACTIVE and show the result.</summary>
    Waiting,

    /// <summary>Every step was done.</summary>
    Done,

    /// <summary>It ended early, by request or because the shards are not those that were planned for. Completed steps stay.</summary>
    Stopped,

    /// <summary>Kinesis refuses to continue. Completed steps stay.</summary>
    Failed,
}

/// <summary>An event in the history of an operation.</summary>
/// <param name="At">When.</param>
/// <param name="Step">The index of the step, from 0.</param>
/// <param name="Text">What happened, and why.</param>
internal sealed record HistoryEntry(DateTimeOffset At, int Step, string Text);

/// <summary>The saved form of a <see cref="ShardPlanStep"/>.</summary>
/// <param name="Kind">The call.</param>
/// <param name="Start">The first hash key of the range that is split, or made by a merge.</param>
/// <param name="End">The range's last hash key.</param>
/// <param name="At">Where the second part starts.</param>
/// <param name="Count">The number of shards that UpdateShardCount makes.</param>
internal sealed record OperationStep(
    [property: JsonPropertyName("k")] ReshardStepKind Kind,
    [property: JsonPropertyName("s")] UInt128 Start,
    [property: JsonPropertyName("e")] UInt128 End,
    [property: JsonPropertyName("a")] UInt128 At,
    [property: JsonPropertyName("n")] int Count)
{
    public static OperationStep Of(ShardPlanStep step) => new(step.Kind, step.StartingHashKey, step.EndingHashKey, step.At ?? 0, step.Shards ?? 0);

    public override string ToString() => Kind switch
    {
        ReshardStepKind.Split => $"split of {Start} to {End} at {At}",
        ReshardStepKind.Merge => $"merge of {Start} to {End} across {At}",
        _ => $"UpdateShardCount to {Count}",
    };
}

/// <summary>Serializes operations to JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters = [typeof(HashKeyConverter)])]
[JsonSerializable(typeof(ReshardOperation))]
internal sealed partial class OperationJson : JsonSerializerContext;

/// <summary>Writes hash keys as hexadecimal text: most readers would round them as JSON numbers.</summary>
internal sealed class HashKeyConverter : JsonConverter<UInt128>
{
    public override UInt128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            && UInt128.TryParse(reader.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key)
            ? key
            : throw new JsonException("A hash key in hexadecimal is expected.");

    public override void Write(Utf8JsonWriter writer, UInt128 value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString("x", CultureInfo.InvariantCulture));
}
