using System.Text.Json.Serialization;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>
/// A fault that a test switches on, and the calls that it may hit. Which of the matching calls are hit depends on the endpoint's seed and the order of
/// calls alone.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LatencyFault), "latency")]
[JsonDerivedType(typeof(RecordErrorFault), "record_error")]
[JsonDerivedType(typeof(ThrottleShardFault), "throttle_shard")]
[JsonDerivedType(typeof(DropBeforeFault), "drop_before")]
[JsonDerivedType(typeof(DropAfterFault), "drop_after")]
[JsonDerivedType(typeof(ApplyLateFault), "apply_late")]
[JsonDerivedType(typeof(WrongCountFault), "wrong_count")]
[JsonDerivedType(typeof(OvertakenAnswerFault), "overtaken_answer")]
[JsonDerivedType(typeof(FallingSequenceNumberFault), "falling_sequence_number")]
[JsonDerivedType(typeof(StaleMapFault), "stale_map")]
[JsonDerivedType(typeof(ErrorFault), "error")]
[JsonDerivedType(typeof(SubscriptionErrorFault), "subscription_error")]
[JsonDerivedType(typeof(ClockSkewFault), "clock_skew")]
[JsonDerivedType(typeof(HalfOpenFault), "half_open")]
[JsonDerivedType(typeof(ResetFault), "reset")]
[JsonDerivedType(typeof(SlowDripFault), "slow_drip")]
[JsonDerivedType(typeof(HtmlErrorFault), "html_error")]
[JsonDerivedType(typeof(EmptyPageFault), "empty_page")]
[JsonDerivedType(typeof(OutageFault), "outage")]
public abstract record Fault
{
    /// <summary>Only calls that name this stream, by its name or its ARN. Default: null, all calls.</summary>
    public string? Stream { get; init; }

    /// <summary>Only calls of this operation, for example <c>PutRecords</c>. Default: null, all.</summary>
    public string? Operation { get; init; }

    /// <summary>Only calls whose Content-Length is larger, in bytes, as proxies refuse by size. Default: null, all calls.</summary>
    public int? OverBytes { get; init; }

    /// <summary>How likely a matching call is hit. Default: 1. Range: 0 to 1.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>How many matching calls pass before the first may be hit. Default: 0.</summary>
    public int After { get; init; }

    /// <summary>How many calls are hit in all. Default: null, no end.</summary>
    public int? Count { get; init; }

    /// <summary>How long the fault lasts from when it was added. Default: null, until it is removed.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>Whether it acts before the request's body is read, when nobody knows the stream yet.</summary>
    internal virtual bool ActsBeforeBody => false;

    /// <summary>The marks that the account keeps of records that a hit call applied.</summary>
    internal virtual RecordMarks Marks => RecordMarks.None;

    /// <summary>Acts before the operation.</summary>
    internal virtual Task BeforeAsync(FaultedCall call)
    {
        Before(call);
        return Task.CompletedTask;
    }

    /// <summary>Acts before the operation, where there is nothing to wait for.</summary>
    internal virtual void Before(FaultedCall call)
    {
    }

    /// <summary>Acts when the answer is ready and not yet sent.</summary>
    internal virtual Task AfterAsync(FaultedCall call) => Task.CompletedTask;

    /// <summary>Mistakes in the settings.</summary>
    internal IEnumerable<string> Errors()
    {
        if (Probability is not (>= 0 and <= 1)) yield return "probability must be 0 to 1";
        if (OverBytes < 0) yield return "over_bytes must not be negative";
        if (After < 0) yield return "after must not be negative";
        if (Count < 1) yield return "count must be at least 1";
        if (For <= TimeSpan.Zero) yield return "for must be positive";
        if (ActsBeforeBody && Stream is not null) yield return "stream cannot be selected: the fault acts before the body is read";
        foreach (var error in Check()) yield return error;
    }

    /// <summary>Mistakes in the settings that this kind alone has.</summary>
    internal virtual IEnumerable<string> Check() => [];
}
