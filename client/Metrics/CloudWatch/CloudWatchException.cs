namespace Orleans.Kpl.Metrics.CloudWatch;

/// <summary>A call to CloudWatch that did not succeed.</summary>
/// <param name="code">CloudWatch's code, or the kind of failure.</param>
/// <param name="message">What is wrong.</param>
/// <param name="isForGood">Whether the same values would be refused again.</param>
/// <param name="inner">The cause.</param>
internal sealed class CloudWatchException(string code, string message, bool isForGood = false, Exception? inner = null) : Exception($"{code}: {message}", inner)
{
    /// <summary>Whether the same values would be refused again.</summary>
    public bool IsForGood => isForGood;

    /// <summary>CloudWatch's code, or the kind of failure.</summary>
    public string Code => code;
}
