using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>The findings of a check whether this process can deliver records to Kinesis.</summary>
public sealed record KplCheckReport
{
    /// <summary>The questions with their answers, in the order in which a producer depends on them.</summary>
    public required IReadOnlyList<KplCheckLine> Lines { get; init; }

    /// <summary>Whether no question failed. Questions that were not checked do not count.</summary>
    public bool IsHealthy => Lines.All(static line => line.Status != KplCheckStatus.Failed);

    /// <summary>The error code by which Kinesis counts as away; null where it answered, whatever it answered.</summary>
    internal string? AwayCode { get; init; }

    /// <summary>The streams that Kinesis does not know, in the order of the names.</summary>
    internal IReadOnlyList<string> MissingStreams { get; init; } = [];

    /// <summary>The streams that Kinesis knows. Of all others that are not missing it did not tell.</summary>
    internal IReadOnlyList<string> FoundStreams { get; init; } = [];

    /// <summary>Returns a line for each question.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Lines);
}

/// <summary>One question of a check and its answer.</summary>
public sealed record KplCheckLine
{
    /// <summary>
    /// The question: <c>settings</c>, <c>region</c>, <c>credentials</c>, <c>endpoint</c>, <c>endpoints</c>, <c>clock</c>, <c>stream</c>, <c>limits</c>,
    /// <c>certificate</c> (<c>kpl check</c> alone), or the action of IAM whose right was asked for, such as <c>kinesis:PutRecords</c>.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The stream that the question is about; null where it is about the process.</summary>
    public string? Stream { get; init; }

    /// <summary>How it was answered.</summary>
    public required KplCheckStatus Status { get; init; }

    /// <summary>The finding, in a sentence without its full stop; never a secret.</summary>
    public required string Message { get; init; }

    /// <summary>The next step; null where there is nothing to do.</summary>
    public string? Advice { get; init; }

    /// <summary>Returns the answer in one line, such as <c>failed  stream events: … To do: …</c>.</summary>
    public override string ToString()
    {
        var status = Status switch
        {
            KplCheckStatus.Passed => "passed",
            KplCheckStatus.Failed => "failed",
            _ => "not checked",
        };
        var subject = Stream is null ? Name : Name == "stream" ? $"stream {Stream}" : $"{Name} of {Stream}";
        return $"{status,-11}  {subject}: {Message}.{(Advice is null ? "" : $" To do: {Advice}.")}";
    }
}

/// <summary>How a question of a check was answered.</summary>
public enum KplCheckStatus
{
    /// <summary>The answer is what a producer needs.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed,

    /// <summary>The answer is not what a producer needs: records would wait or fail.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It could not be answered, for the reason in the line's message.</summary>
    [JsonStringEnumMemberName("not_checked")]
    NotChecked,
}

/// <summary>Whether a host checks at its start that it can deliver records to Kinesis.</summary>
public enum StartCheck
{
    /// <summary>Nothing is asked.</summary>
    Off,

    /// <summary>The answers are logged once. The start does not wait for them.</summary>
    Log,

    /// <summary>The start waits for the answers, and fails if one of them is <see cref="KplCheckStatus.Failed"/>.</summary>
    Fail,
}

/// <summary>
/// Thrown where a host starts with <see cref="StartCheck.Fail"/> and its way to Kinesis does not work; the message has every line that failed.
/// </summary>
/// <param name="report">What the check found.</param>
public sealed class KplCheckException(KplCheckReport report)
    : Exception(string.Join(Environment.NewLine, report.Lines.Where(static line => line.Status == KplCheckStatus.Failed)))
{
    /// <summary>The report of the check.</summary>
    public KplCheckReport Report { get; } = report;
}
