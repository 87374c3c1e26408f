namespace Orleans.Kpl.Administration;

/// <summary>The last hour of a stream in one process, or in all: a column for each number, with one value for each period, oldest first.</summary>
internal sealed record StreamHistory
{
    /// <summary>How long a period is.</summary>
    public const int PeriodSeconds = 30;

    /// <summary>Records accepted a second.</summary>
    public IReadOnlyList<long> Accepted { get; init; } = [];

    /// <summary>Records a second that failed or whose outcome is unknown.</summary>
    public IReadOnlyList<long> Failed { get; init; } = [];

    /// <summary>Records in memory, at the end of the period.</summary>
    public IReadOnlyList<long> InFlight { get; init; } = [];

    /// <summary>Records in the backlog, at the end of the period.</summary>
    public IReadOnlyList<long> InBacklog { get; init; } = [];

    /// <summary>Calls to Kinesis a second.</summary>
    public IReadOnlyList<long> Calls { get; init; } = [];

    /// <summary>Adds up what several processes kept, by the latest periods that they have.</summary>
    public static StreamHistory Sum(IReadOnlyList<StreamHistory> parts) => new()
    {
        Accepted = Sum(parts, static p => p.Accepted),
        Failed = Sum(parts, static p => p.Failed),
        InFlight = Sum(parts, static p => p.InFlight),
        InBacklog = Sum(parts, static p => p.InBacklog),
        Calls = Sum(parts, static p => p.Calls),
    };

    private static long[] Sum(IReadOnlyList<StreamHistory> parts, Func<StreamHistory, IReadOnlyList<long>> column)
    {
        var columns = parts.Select(column).ToList();
        var sum = new long[columns.Select(static c => c.Count).DefaultIfEmpty().Max()];
        foreach (var values in columns)
        {
            for (var i = 1; i <= values.Count; i++)
                sum[^i] += values[^i];
        }

        return sum;
    }
}
