namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>A call to Datadog that did not succeed.</summary>
/// <param name="message">What is wrong, without the key.</param>
/// <param name="isForGood">Whether the same values would be refused again.</param>
/// <param name="inner">The cause.</param>
internal sealed class DatadogException(string message, bool isForGood = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the same values would be refused again.</summary>
    public bool IsForGood => isForGood;
}
