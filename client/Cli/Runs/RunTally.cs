using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>Counts what became of the records of a run.</summary>
internal sealed class RunTally(StatusLine status)
{
    private readonly FailurePrinter _failures = new(status);
    private long _taken;
    private long _delivered;
    private long _persisted;
    private long _kept;

    /// <summary>The records that came.</summary>
    public long Taken => Volatile.Read(ref _taken);

    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>The records that the backlog has and delivers.</summary>
    public long Persisted => Volatile.Read(ref _persisted);

    public long Failed => _failures.Count;

    /// <summary>The failed records that are in the fallback's file.</summary>
    public long Kept => Volatile.Read(ref _kept);

    /// <summary>The records that have no outcome yet.</summary>
    public long UnderWay => Taken - Delivered - Persisted - Failed;

    /// <summary>The failures by code.</summary>
    public string FailuresByCode => _failures.ByCode();

    /// <summary>Counts a record that came; returns its number, from 1.</summary>
    public long Take() => Interlocked.Increment(ref _taken);

    /// <summary>Counts an outcome.</summary>
    /// <param name="isKept">Whether a record that failed is in the fallback's file.</param>
    /// <param name="isTold">Whether a failure is told, if it is one of the first.</param>
    public void End(long number, in PutOutcome outcome, bool isKept, bool isTold)
    {
        if (outcome.Delivered)
            Interlocked.Increment(ref _delivered);
        else if (outcome.Persisted)
            Interlocked.Increment(ref _persisted);
        else
            _failures.Add(number, outcome.ErrorCode ?? "Unknown", outcome.ErrorMessage, isTold);
        if (isKept)
            Interlocked.Increment(ref _kept);
    }
}
