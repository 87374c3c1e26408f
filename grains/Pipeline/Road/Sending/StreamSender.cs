using System.Buffers;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Collecting;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Sending;

/// <summary>
/// Collects the Kinesis records of a stream's shards and sends them, with at most <see cref="StreamOptions.MaxConnections"/> calls at a time. Answers
/// are judged as they arrive, so a slow call does not delay the records of others.
/// </summary>
internal sealed class StreamSender(ICallWriter writer, ICallCompletion completion, PipelineSettings settings, MonotonicClock clock, TimerQueue timers)
    : TimerEntry
{
    private readonly int _maxCalls = settings.Options.MaxConnections;
    private readonly Lock _lock = new();
    private readonly BatchCollector _collector = new(settings.Collection);
    private readonly HashSet<PutRecordsCall> _calls = [];
    private readonly CancellationTokenSource _stop = new();
    private int _unstarted;

    /// <summary>Raised when a call has ended, and another one may begin.</summary>
    public event Action? Ended;

    /// <summary>Whether a call waits for a thread-pool thread.</summary>
    public bool HasUnstartedCalls => Volatile.Read(ref _unstarted) > 0;

    // Woken after the engines that are due at the same instant, so that the Kinesis records they close are sent in one call.
    internal override int Rank => 1;

    /// <summary>Takes a Kinesis record for which the tokens have been taken. Called under its engine's lock.</summary>
    public void Add(KinesisRecord record)
    {
        lock (_lock)
        {
            _collector.Add(record);
            if (_collector.IsFull)
                StartCalls(clock.Now);
            else
                timers.Schedule(this, _collector.EarliestDeadline);
        }
    }

    /// <summary>Sends the halves of a call that was refused as a whole, in addition to the maximum number of calls.</summary>
    public void SendHalves(IReadOnlyList<KinesisRecord> records)
    {
        var half = (records.Count + 1) / 2;
        lock (_lock)
        {
            Start([.. records.Take(half)]);
            Start([.. records.Skip(half)]);
        }
    }

    /// <summary>Looks at what is collected and at the calls under way, or takes of it, under the sender's lock.</summary>
    public T Within<T>(Func<BatchCollector, IReadOnlyCollection<PutRecordsCall>, T> act)
    {
        lock (_lock)
            return act(_collector, _calls);
    }

    /// <summary>Cancels every call and returns the records that were not sent yet. The calls pass on their own records as they stop.</summary>
    public List<KinesisRecord> Stop()
    {
        List<KinesisRecord> left;
        lock (_lock)
            left = _collector.TakeOut(static _ => true);

        _stop.Cancel();
        return left;
    }

    internal override void OnDue(long now)
    {
        lock (_lock)
        {
            // With the maximum of calls under way none begins, and what has expired does not wait for one. It goes as a call does, but is never sent.
            if (_collector.EarliestExpiry <= now)
                Start(_collector.TakeOut(r => r.ExpiresAt <= now));
            StartCalls(now);
        }
    }

    /// <summary>Runs one call, from sealing its records to passing on its answer.</summary>
    internal async Task SendAsync(PutRecordsCall call)
    {
        Interlocked.Decrement(ref _unstarted);
        var entries = ArrayPool<PutRecordsEntry>.Shared.Rent(call.Records.Count);
        try
        {
            TakeOutExpired(call, clock.Now);
            if (call.Records.Count == 0)
                return;
            Seal(call, entries);
            call.StartedAt = clock.Now;
            _stop.Token.ThrowIfCancellationRequested();
            call.WasSent = true;
            var reply = await writer.WriteAsync(call, entries.AsMemory(0, call.Records.Count), _stop.Token).ConfigureAwait(false);
            call.EndedAt = clock.Now;
            completion.Answered(call, reply);
        }
        catch (Exception e)
        {
            call.EndedAt = clock.Now;
            completion.Failed(call, e is OperationCanceledException && _stop.IsCancellationRequested ? null : e);
        }
        finally
        {
            ArrayPool<PutRecordsEntry>.Shared.Return(entries, clearArray: true);
            lock (_lock)
            {
                _calls.Remove(call);
                StartCalls(clock.Now);
            }

            Ended?.Invoke();
        }
    }

    private void TakeOutExpired(PutRecordsCall call, long now)
    {
        foreach (var record in call.Records.FindAll(r => r.ExpiresAt <= now))
        {
            lock (_lock)
                call.Records.Remove(record);
            completion.Expired(call, record);
        }
    }

    private static void Seal(PutRecordsCall call, PutRecordsEntry[] entries)
    {
        var encoded = ArrayPool<EncodedRecord>.Shared.Rent(call.Records.Count);
        for (var i = 0; i < call.Records.Count; i++)
        {
            encoded[i] = call.Records[i].Encoded;
            // The payload is memory in which the trailer is still to be written.
            entries[i] = new PutRecordsEntry(encoded[i].Payload, encoded[i].PartitionKey, encoded[i].HashKey);
        }

        AggregateSealer.Seal(encoded.AsSpan(0, call.Records.Count));
        ArrayPool<EncodedRecord>.Shared.Return(encoded, clearArray: true);
    }

    private void StartCalls(long now)
    {
        while (_calls.Count < _maxCalls && !_collector.IsEmpty && (_collector.IsFull || _collector.EarliestDeadline <= now))
        {
            var parts = writer.PartsOf(_collector.BytesOfCall, _maxCalls - _calls.Count);
            var bytes = _collector.BytesOfCall / parts;
            for (var i = 0; i < parts && !_collector.IsEmpty; i++)
                Start(_collector.Cut(bytes));
        }

        // With the maximum of calls under way, the next one to complete checks again. Until then only what expires leaves.
        if (!_collector.IsEmpty)
            timers.Schedule(this, _calls.Count < _maxCalls ? _collector.EarliestDeadline : _collector.EarliestExpiry);
    }

    private void Start(List<KinesisRecord> records)
    {
        var call = new PutRecordsCall(this, records);
        _calls.Add(call);
        Interlocked.Increment(ref _unstarted);
        ThreadPool.UnsafeQueueUserWorkItem(call, preferLocal: false);
    }
}
