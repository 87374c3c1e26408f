using Microsoft.Extensions.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Sends outcomes back to the silo that accepted the records: one message at a time, so that more outcomes gather in the next one. Each
/// message is repeated until it is acknowledged or that silo is gone.
/// </summary>
internal sealed partial class OutcomeOutbox(SiloId self, string stream, SiloId origin, ISiloCalls link, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    private readonly OutcomeBuffer _outcomes = new();
    private readonly CancellationTokenSource _stop = new();
    private int _isSending;

    /// <summary>Whether no outcome waits to be reported.</summary>
    public bool IsEmpty => _outcomes.IsEmpty;

    /// <summary>Adds outcomes, by the numbers of their records, empties their run, and sends what waits.</summary>
    public void Add(OutcomeRun run)
    {
        _outcomes.Add(run);
        if (Interlocked.Exchange(ref _isSending, 1) == 0)
            _ = OwnFlow.Start(SendAllAsync);
    }

    /// <summary>
    /// Drops outcomes of records that have ended at their origin. It takes none while the way there is cut and the other way is not, and ends its records by
    /// time: as many more would come as it goes on to send.
    /// </summary>
    /// <param name="below">The number below which every record has ended there.</param>
    public void Forget(long below) => _outcomes.Forget(below);

    /// <summary>Stops sending: the other silo is gone.</summary>
    public void Stop()
    {
        _stop.Cancel();
        _outcomes.Close();
    }

    private async Task SendAllAsync()
    {
        var backoff = new Backoff(FirstWait, LastWait);
        do
        {
            while (_outcomes.Take() is { Messages.Length: > 0 } next)
            {
                try
                {
                    for (var i = 0; i < next.Messages.Length; i++)
                    {
                        await link.TakeOutcomesAsync(new OutcomesFrame(self, stream, next.Messages[i])).ConfigureAwait(false);
                        _outcomes.Acknowledge(next.First + i);
                        backoff.Reset();
                    }
                }
                catch (Exception e)
                {
                    LogNotTold(e, origin, stream);
                    await Task.Delay(backoff.Next(), time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            Interlocked.Exchange(ref _isSending, 0);
        }
        // Outcomes that came after the last look, and before that, have begun no sending.
        while (!_outcomes.IsEmpty && Interlocked.Exchange(ref _isSending, 1) == 0);
    }

    [LoggerMessage(61, LogLevel.Warning, "Silo {Silo} did not take the ends of its records of stream {Stream}; they are told again")]
    private partial void LogNotTold(Exception error, SiloId silo, string stream);
}
