namespace Orleans.Kpl.Cli.Tier;

/// <summary>A request that brought no answer. It is not known whether its records were taken, unless <see cref="NotSent"/>.</summary>
internal sealed class TierException(string code, string message, bool notSent, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="RecordErrorCodes"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Nothing reached the tier.</summary>
    public bool NotSent { get; } = notSent;
}
