namespace Orleans.Kpl;

/// <summary>
/// Thrown where a host starts with <see cref="StartCheck.Fail"/> and its way to Kinesis does not work; the message has every line that failed.
/// </summary>
/// <param name="report">What the check found.</param>
public sealed class KplCheckException(KplCheckReport report)
    : Exception(string.Join(Environment.NewLine, report.Lines.Where(static line => line.Status == KplCheckStatus.Failed)))
{
    /// <summary>What the check found.</summary>
    public KplCheckReport Report { get; } = report;
}
