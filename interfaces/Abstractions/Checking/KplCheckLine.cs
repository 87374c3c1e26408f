namespace Orleans.Kpl;

/// <summary>One question of a check and its answer.</summary>
public sealed record KplCheckLine
{
    /// <summary>
    /// The question: <c>settings</c>, <c>region</c>, <c>credentials</c>, <c>endpoint</c>, <c>clock</c>, <c>stream</c>, <c>limits</c>,
    /// <c>certificate</c> (<c>kpl check</c> alone), or the action of IAM whose right was asked for, such as <c>kinesis:PutRecords</c>.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The stream that the question is about; null where it is about the process.</summary>
    public string? Stream { get; init; }

    /// <summary>How it was answered.</summary>
    public required KplCheckStatus Status { get; init; }

    /// <summary>What was found, in a sentence without its full stop; never a secret.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it; null where there is nothing to do.</summary>
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
