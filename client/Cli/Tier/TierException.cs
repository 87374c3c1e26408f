namespace Orleans.Kpl.Cli.Tier;

/// <summary>A request that got no answer. Unless <see cref="NotSent"/>, it is unknown whether the tier accepted its records.</summary>
internal sealed class TierException(string code, string message, bool notSent, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="RecordErrorCodes"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Whether nothing of the request reached the tier.</summary>
    public bool NotSent { get; } = notSent;
}
