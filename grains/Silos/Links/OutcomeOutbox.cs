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

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly PackedOutcomesWriter _writer = new();
    private List<(long Index, RecordResult Result)> _ended = [];
    private bool _isSending;

    /// <summary>Whether no outcome waits to be reported.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return !_isSending && _ended.Count == 0;
        }
    }

    /// <summary>Adds outcomes, by the numbers of their records, and sends what waits.</summary>
    public void Add(ReadOnlySpan<(long Index, RecordResult Result)> ended)
    {
        lock (_lock)
            _ended.AddRange(ended);
        Pump();
    }

    private void Pump()
    {
        lock (_lock)
        {
            if (_isSending || _ended.Count == 0 || _stop.IsCancellationRequested)
                return;
            _isSending = true;
        }

        _ = Task.Run(SendAllAsync);
    }

    /// <summary>Stops sending: the other silo is gone.</summary>
    public void Stop()
    {
        _stop.Cancel();
        lock (_lock)
            _ended.Clear();
    }

    private async Task SendAllAsync()
    {
        while (true)
        {
            List<(long, RecordResult)> ended;
            lock (_lock)
            {
                if (_ended.Count == 0)
                {
                    _isSending = false;
                    return;
                }

                (ended, _ended) = (_ended, []);
            }

            foreach (var message in Pack(ended))
                await SendAsync(message).ConfigureAwait(false);
        }
    }

    private IEnumerable<byte[]> Pack(List<(long Index, RecordResult Result)> ended)
    {
        foreach (var (index, result) in ended)
        {
            if (_writer.TryAdd(index, result))
                continue;
            yield return TakeMessage();
            _writer.TryAdd(index, result);
        }

        yield return TakeMessage();
    }

    private byte[] TakeMessage()
    {
        var message = _writer.ToArray();
        _writer.Reset();
        return message;
    }

    private async Task SendAsync(byte[] message)
    {
        var frame = new OutcomesFrame(self, stream, message);
        var backoff = new Backoff(FirstWait, LastWait);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await link.TakeOutcomesAsync(frame).ConfigureAwait(false);
                return;
            }
            catch (Exception e)
            {
                LogNotTold(e, origin, stream);
            }

            await Task.Delay(backoff.Next(), time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(61, LogLevel.Warning, "Silo {Silo} did not take the ends of its records of stream {Stream}; they are told again")]
    private partial void LogNotTold(Exception error, SiloId silo, string stream);
}
