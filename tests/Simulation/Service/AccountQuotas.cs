using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>
/// What AWS allows an account to call of Kinesis' control operations, and how much of it was used. The numbers are those of the operations' own
/// pages and of "Quotas and limits" in the developer guide.
/// </summary>
internal sealed class AccountQuotas
{
    /// <summary>A rolling day's calls of UpdateShardCount for one stream.</summary>
    public const int UpdatesADay = 10;

    /// <summary>Shards of a page of ListShards, where a call asks for no other number.</summary>
    public const int ShardsOfAPage = 1_000;

    private readonly SortedDictionary<string, CallRate> _lists = new(StringComparer.Ordinal);

    public CallRate Describes { get; } = new("DescribeStreamSummary", 20, "account");

    public CallRate Limits { get; } = new("DescribeLimits", 1, "account");

    public CallRate Updates { get; } = new("UpdateShardCount", 10, "account");

    /// <summary>Every quota, with what was used of it.</summary>
    public IReadOnlyList<CallRate> All => [.. _lists.Values, Describes, Limits, Updates];

    /// <summary>ListShards of a stream.</summary>
    public CallRate ListsOf(string stream)
    {
        if (!_lists.TryGetValue(stream, out var rate))
            _lists[stream] = rate = new CallRate($"ListShards of {stream}", 1_000, "stream");
        return rate;
    }

    /// <summary>Counts a call.</summary>
    /// <exception cref="KinesisException">The account has made too many of its kind in this second.</exception>
    public static void Take(CallRate rate, long now, double calls = 1)
    {
        if (!rate.TryTake(now, calls))
            throw ServiceErrors.OfCall("LimitExceededException");
    }
}

/// <summary>Counts calls, or units of them, in each simulated second, against what AWS allows.</summary>
/// <param name="name">What is counted.</param>
/// <param name="quota">What AWS allows in a second.</param>
/// <param name="scope">For what the quota holds: an account, a stream, a table.</param>
internal sealed class CallRate(string name, double quota, string scope)
{
    private long _second = -1;
    private double _now;

    public string Name => name;

    public double Quota => quota;

    public string Scope => scope;

    /// <summary>All that was counted.</summary>
    public double Total { get; private set; }

    /// <summary>The most in one second.</summary>
    public double Peak { get; private set; }

    /// <summary>Calls that came above the quota.</summary>
    public long Refused { get; private set; }

    /// <summary>Counts a call. False where it is above the quota of its second.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="units">What it counts for.</param>
    public bool TryTake(long now, double units = 1)
    {
        var second = now / TimeSpan.TicksPerSecond;
        if (second != _second)
            (_second, _now) = (second, 0);
        _now += units;
        Total += units;
        Peak = Math.Max(Peak, _now);
        if (_now <= quota)
            return true;
        Refused++;
        return false;
    }
}
