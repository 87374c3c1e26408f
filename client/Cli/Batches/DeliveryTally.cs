using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Batches;

/// <summary>Counts what became of the records of a <c>kpl put</c> or <c>kpl run</c>, and says so at its end, for people and for programs.</summary>
/// <param name="unit">What the numbers of failures count: records, or lines of the input.</param>
internal sealed class DeliveryTally(StatusLine status, string unit = "record")
{
    private readonly FailurePrinter _failures = new(status, unit);
    private long _taken;
    private long _delivered;
    private long _persisted;
    private long _kept;
    private long _left;

    /// <summary>The records that came.</summary>
    public long Taken => Volatile.Read(ref _taken);

    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>The records that the backlog has and delivers.</summary>
    public long Persisted => Volatile.Read(ref _persisted);

    public long Failed => _failures.Count;

    /// <summary>The records that have an outcome.</summary>
    public long Ended => Delivered + Persisted + Failed;

    /// <summary>The records that have no outcome yet.</summary>
    public long UnderWay => Taken - Ended - Volatile.Read(ref _left);

    /// <summary>Counts a record that came; returns its number, from 1.</summary>
    public long Take() => Interlocked.Increment(ref _taken);

    /// <summary>Counts so many delivered records.</summary>
    public void Deliver(int records) => Interlocked.Add(ref _delivered, records);

    /// <summary>Counts a record that the next run reads again: it is neither delivered nor failed.</summary>
    public void Leave() => Interlocked.Increment(ref _left);

    /// <summary>Counts an outcome.</summary>
    /// <param name="number">The number of the record, or of its line.</param>
    /// <param name="isKept">Whether a record that failed is in the fallback's file.</param>
    /// <param name="isTold">Whether a failure is told, if it is one of the first.</param>
    /// <param name="place">Says where the record was read; null where the number tells that.</param>
    public void End(long number, in PutOutcome outcome, bool isKept = false, bool isTold = true, string? place = null)
    {
        if (outcome.Delivered)
            Deliver(1);
        else if (outcome.Persisted)
            Interlocked.Increment(ref _persisted);
        else
            _failures.Add(number, outcome.ErrorCode ?? "Unknown", outcome.ErrorMessage, isTold, place);
        if (isKept)
            Interlocked.Increment(ref _kept);
    }

    /// <summary>Says what a second Ctrl-C leaves undelivered.</summary>
    /// <param name="read">What was read, such as <c>20 lines</c>.</param>
    public string TellEnded(string read) =>
        $"kpl: interrupted twice after {read}; {Delivered:N0} delivered, {UnderWay:N0} undelivered, of which some may still arrive";

    /// <summary>Says how it ended, and returns the exit code.</summary>
    /// <param name="json">Whether it is said on standard output as well.</param>
    /// <param name="isInterrupted">Whether the input was left before its end.</param>
    /// <param name="broken">Why no more could be put; null if it could.</param>
    /// <param name="fallback">The file that takes records which failed; null for none.</param>
    /// <exception cref="CliException">No more could be put.</exception>
    public int Tell(CliHost host, double seconds, bool json, bool isInterrupted, CliException? broken, string? fallback = null)
    {
        if (broken is null || Delivered + Persisted + Volatile.Read(ref _kept) > 0)
            status.WriteLine(Describe(seconds, fallback), Failed > 0 ? Tone.Bad : isInterrupted || _left > 0 ? Tone.Warning : Tone.Good);
        if (json)
            WriteJson(host, seconds);
        if (broken is not null)
            throw isInterrupted ? broken.As(host.StopCode()) : broken;
        return isInterrupted ? host.StopCode() : Failed == 0 ? ExitCode.Success : ExitCode.SomeFailed;
    }

    private string Describe(double seconds, string? fallback)
    {
        var took = $"in {seconds:0.0} s ({(seconds > 0 ? Ended / seconds : 0):N0}/s)";
        var reasons = Failed > 0 ? $" ({_failures.ByCode()})" : "";
        var kept = _kept > 0 ? $", {_kept:N0} of them in {fallback}" : "";
        var held = Persisted > 0 ? $", {Persisted:N0} in the backlog, to be delivered from there" : "";
        var left = _left > 0 ? $"; {_left:N0} more to be read again by the next run" : "";
        return $"kpl: {Quantity.Of(Ended, "record")}: {Delivered:N0} delivered{held}, {Failed:N0} failed{reasons}{kept}, {took}{left}";
    }

    private void WriteJson(CliHost host, double seconds) => host.WriteJson(writer =>
    {
        writer.WriteNumber("records"u8, Ended);
        writer.WriteNumber("delivered"u8, Delivered);
        writer.WriteNumber("failed"u8, Failed);
        if (_kept > 0)
            writer.WriteNumber("kept"u8, _kept);
        if (Persisted > 0)
            writer.WriteNumber("persisted"u8, Persisted);
        if (_left > 0)
            writer.WriteNumber("left_to_next_run"u8, _left);
        writer.WriteNumber("seconds"u8, Math.Round(seconds, 3));
    });
}
