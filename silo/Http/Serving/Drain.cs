using System.Diagnostics;
using System.Globalization;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Shuts down a tier or a silo: it accepts no more records, every record ends within the drain limit, and everything stops.</summary>
internal static class Drain
{
    /// <summary>How long admitted requests may continue before the producer drains; the deliveries that they wait for may take longer.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>How long answers may take after every record has ended: a client that does not read them must not block the process.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Turns readiness off, closes the gate after the delay that is set, drains the producer, answers the waiting requests, and then stops everything
    /// else.
    /// </summary>
    /// <param name="producer">The producer; disposing it drains it.</param>
    /// <param name="readLedger">Reads the ledger when the producer has drained.</param>
    /// <param name="stop">The time for all this, counted after the delay.</param>
    /// <param name="stopRest">Stops everything else.</param>
    public static async Task<DrainReport> RunAsync(
        HttpFront http, IKplProducer producer, Func<StreamLedger> readLedger, StopBudget stop, Func<ValueTask> stopRest, TimeProvider time)
    {
        http.Gate.Leave();
        if (http.DrainDelay > TimeSpan.Zero)
            await Task.Delay(http.DrainDelay, time);
        stop.Begin();
        var clock = Stopwatch.StartNew();
        var wasCut = false;
        producer.RecordFailed += failure => wasCut |= failure.Result.ErrorCode == RecordErrorCodes.Shutdown;

        http.Gate.Close();
        var lost = LostOf(readLedger());
        var grace = Grace < stop.ForRecords ? Grace : stop.ForRecords;
        // A limit that has passed is no error.
        await http.Gate.Empty.WaitAsync(grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await producer.DisposeAsync();
        await http.Gate.Empty.WaitAsync(stop.ForEnd(AnswerTimeout)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var ledger = readLedger();
        // A stop that ran out of time leaves records without an outcome. They count as failed.
        var unended = producer.OutstandingRecords;
        // The handler above runs later than the failure: then the ledger alone shows that records failed when time was over.
        wasCut |= unended > 0 || (stop.ForRecords == TimeSpan.Zero && LostOf(ledger) > lost);
        await stopRest();
        return new DrainReport(ledger.Delivered, LostOf(ledger) + unended, ledger.InBacklog, clock.Elapsed, wasCut);
    }

    private static long LostOf(StreamLedger ledger) => ledger.Failed + ledger.Unknown;
}

/// <summary>The outcomes of a run's records.</summary>
/// <param name="Failed">Records that ended with an error code.</param>
/// <param name="WasCut">Whether records were ended because the drain limit passed.</param>
internal sealed record DrainReport(long Delivered, long Failed, long Backlog, TimeSpan Elapsed, bool WasCut)
{
    /// <summary>The last line of standard output.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"drained delivered={Delivered} failed={Failed} backlog={Backlog} seconds={Elapsed.TotalSeconds:0.000}");
}
