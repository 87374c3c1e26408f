using System.Threading.Channels;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Services;

/// <summary>Notifies the caller's handlers of failed records, one after the other, outside the path of the records.</summary>
internal sealed class FailureNotifier
{
    /// <summary>The maximum number of failures that wait for notification.</summary>
    public const int Capacity = 10_000;

    /// <summary>The maximum data of their records, in bytes: they have given back the memory that the producer limits.</summary>
    public const int CapacityBytes = 32 << 20;

    /// <summary>The log's name for a handler that threw.</summary>
    public const string Handler = "A handler of RecordFailed";

    private readonly Channel<RecordFailure> _waiting;
    private readonly IPipelineEvents _events;
    private readonly Task _telling;
    private long _bytes;
    private long _lost;

    public FailureNotifier(IPipelineEvents events)
    {
        _events = events;
        _waiting = Channel.CreateBounded<RecordFailure>(new BoundedChannelOptions(Capacity) { SingleReader = true });
        _telling = TellAsync();
    }

    public event Action<RecordFailure>? Handlers;

    /// <summary>The listeners that count failures or keep the last ones; null for none. Set before the first record.</summary>
    public Action<string, RecordResult>? Recent { get; set; }

    public void Tell(string stream, in RecordResult result)
    {
        Recent?.Invoke(stream, result);
        if (Handlers is null)
            return;
        // The handlers run later, when the batch of the result may already have been disposed.
        var own = result.WithOwnRecord();
        if (own.Record is not { } record)
            return;
        var size = record.Data.Length;
        if (Interlocked.Add(ref _bytes, size) <= CapacityBytes
            && _waiting.Writer.TryWrite(new RecordFailure { Stream = stream, Record = record, Result = own }))
            return;
        Interlocked.Add(ref _bytes, -size);
        Interlocked.Increment(ref _lost);
    }

    /// <summary>Completes after the handlers have been notified of the waiting failures.</summary>
    public Task CompleteAsync()
    {
        _waiting.Writer.TryComplete();
        return _telling;
    }

    private async Task TellAsync()
    {
        await foreach (var failure in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            foreach (var handler in Delegate.EnumerateInvocationList(Handlers))
                Tell(handler, failure);
            Interlocked.Add(ref _bytes, -failure.Record.Data.Length);
            if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
                _events.FailureNotificationsLost(lost);
        }
    }

    private void Tell(Action<RecordFailure> handler, RecordFailure failure)
    {
        try
        {
            handler(failure);
        }
        catch (Exception e)
        {
            _events.HandlerThrew(Handler, e);
        }
    }
}
