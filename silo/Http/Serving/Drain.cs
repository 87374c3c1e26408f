using System.Diagnostics;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The end of a tier or a silo: it takes no more, every record ends within the drain limit, everything stops.</summary>
internal static class Drain
{
    /// <summary>How long requests that are already inside may go on before the producer drains; what they wait for may take longer.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>How long answers may take after every record has ended: a client that does not read them must not hold the process.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Readiness off and the gate closed, then the producer drained and its outcomes answered, then all the rest stopped.</summary>
    /// <param name="http">The way in for records.</param>
    /// <param name="producer">Disposing it drains it.</param>
    /// <param name="readLedger">The books, read when the producer has drained.</param>
    /// <param name="drainTimeout">The producer's own limit.</param>
    /// <param name="stopRest">Stops what is left.</param>
    public static async Task<DrainReport> RunAsync(
        HttpFront http, IKplProducer producer, Func<StreamLedger> readLedger, TimeSpan drainTimeout, Func<ValueTask> stopRest)
    {
        var clock = Stopwatch.StartNew();
        var wasCut = false;
        producer.RecordFailed += failure => wasCut |= failure.Result.ErrorCode == RecordErrorCodes.Shutdown;

        http.Gate.Close();
        await WaitAsync(http.Gate.Empty, TimeSpan.FromTicks(Math.Min(Grace.Ticks, drainTimeout.Ticks)));
        await producer.DisposeAsync();
        await WaitAsync(http.Gate.Empty, AnswerTimeout);
        var ledger = readLedger();
        await stopRest();
        return new DrainReport(ledger.Delivered, ledger.Failed + ledger.Unknown, ledger.InBacklog, clock.Elapsed, wasCut);
    }

    private static async Task WaitAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            // The limit is what was asked for.
        }
    }
}
