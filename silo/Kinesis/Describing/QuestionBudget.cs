using System.Collections.Concurrent;
using Orleans.Kpl.Http.Identities.Quotas;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>
/// How many questions to Kinesis clients may cause. The account allows 20 calls a second of DescribeStreamSummary and 5 of ListStreams (AWS, Kinesis API),
/// to the producers too, and whoever makes up names of streams or instants of a filter finds no answer in the cache. So all clients of a tier together
/// have half of that, and one identity a part of it, so that others still get theirs. Safe on any thread.
/// </summary>
/// <param name="processes">How many processes the tier has now: each has its part.</param>
internal sealed class QuestionBudget(TimeProvider time, Func<int> processes)
{
    /// <summary>Questions a second, of the whole tier.</summary>
    public const double PerSecond = 10;

    /// <summary>So many at once, after a while without: clients that start together ask together.</summary>
    public const int Burst = 20;

    /// <summary>Questions a second of one identity, of the whole tier.</summary>
    public const double PerSecondOfOne = 5;

    /// <summary>So many of one identity at once.</summary>
    public const int BurstOfOne = 10;

    private readonly BurstBucket _all = new(Burst, time.GetTimestamp());
    private readonly ConcurrentDictionary<string, BurstBucket> _callers = new(StringComparer.Ordinal);

    /// <summary>Takes a question.</summary>
    /// <param name="caller">Whose it is; null where everybody is taken.</param>
    /// <exception cref="FrontException">There were too many.</exception>
    public void Take(string? caller)
    {
        var (now, parts) = (time.GetTimestamp(), Math.Max(1, processes()));
        // One that asks too much must not use up what others have: at each process there are two more for them, however many there are. A description that
        // is in no cache asks two questions.
        var (burst, burstOfOne) = (Math.Max(4, Burst / parts), Math.Max(2, BurstOfOne / parts));
        var own = caller is null ? null : _callers.GetOrAdd(caller, static (_, begun) => new BurstBucket(BurstOfOne, begun), now);
        if (own?.TryTake(PerSecondOfOne / parts, burstOfOne, now, time) == false)
            throw FrontErrors.TooManyQuestions();
        if (_all.TryTake(PerSecond / parts, burst, now, time))
            return;
        own?.Return();
        throw FrontErrors.TooManyQuestions();
    }
}
