using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Maps.Following;

/// <summary>Reads the shard map when there is a reason to, one reading at a time, and backs off while readings fail.</summary>
/// <remarks>
/// Shards change while a reading's answer is on its way, and whoever is told of that then must not be content with that answer. So a reason counts
/// for the next request that is made: one that comes while a reading waits for its turn, or to try again, is served by that reading; one that comes
/// while an answer is awaited has a reading of its own afterwards, which all share that came meanwhile. Both the list of reasons and the decision to
/// end are under one lock, so that no reason comes between the last look at it and the end.
/// </remarks>
internal sealed class ShardMapReader(
    IKinesisGateway gateway, StreamTarget target, ShardMapApplier follower, IPipelineEvents events, StreamHealth health, MonotonicClock clock, Random random)
{
    /// <summary>KPL's back-off after a failed reading (<c>shard_map.h</c>): 1 s, × 1.5, at most 30 s.</summary>
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(30);

    /// <summary>The wait before a stream that is being created is queried again.</summary>
    private static readonly TimeSpan CreatingPoll = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The interval, up to half as much longer at random, at which the map is read again while records flow, because nothing announces merges.
    /// </summary>
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(60);

    /// <summary>The wait before a listing that lags behind is read again.</summary>
    private static readonly TimeSpan LagPoll = TimeSpan.FromSeconds(1);

    /// <summary>The number of failures after which records stop waiting for a map and travel alone, where they may.</summary>
    private const int FailuresUntilUnavailable = 2;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly ReadingPace _pace = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<bool>? _next;
    private bool _isReading;
    private long _askedAt = -1;
    private long _readAt = -1;
    private string _missing = "";
    private long _missingAt = -TimeSpan.TicksPerDay;
    private int _failures;
    private volatile bool _denied;
    private TimeSpan _poll;
    private long _refreshAt = long.MaxValue;

    /// <summary>Completes when the map was asked for once, whatever the answer, or when no reading comes any more.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Called when a map was read, outside every lock.</summary>
    public Action? MapRead { get; set; }

    /// <summary>Whether the map in force was read after that instant.</summary>
    public bool IsFreshSince(long instant) => Volatile.Read(ref _readAt) > instant;

    /// <summary>Whether reading the map is denied.</summary>
    public bool IsDenied => _denied;

    /// <summary>Whether Kinesis said after that instant that it does not know the stream.</summary>
    public bool IsMissingSince(long instant) => Volatile.Read(ref _missingAt) >= instant;

    /// <summary>Whether Kinesis said when the map was asked for last that it does not know the stream.</summary>
    public bool IsUnknown => Volatile.Read(ref _missingAt) > Volatile.Read(ref _readAt);

    /// <summary>
    /// Checks the map when records have arrived. An old or missing one is read again. Where Kinesis said within the last second that it does not know the
    /// stream, the records that wait for its map fail.
    /// </summary>
    public void EnsureFresh(long now)
    {
        if (follower.HasMap ? now < Volatile.Read(ref _refreshAt) : _stop.IsCancellationRequested)
            return;
        if (!follower.HasMap && Volatile.Read(ref _missingAt) > now - TimeSpan.TicksPerSecond)
        {
            follower.FailWaiting(_missing);
            return;
        }

        lock (_lock)
        {
            if (!_isReading)
                _ = ReadAsync();
        }
    }

    /// <summary>Has the map read again, because it has probably changed: also where an answer is on its way, which may be older than the change.</summary>
    public void Refresh() => _ = ReadAsync();

    /// <summary>
    /// Has the map read again unless it was read after that instant. The rule is KPL's (<c>shard_map.cc</c>, invalidate): answers to calls that began
    /// before the last reading are no reason to read again.
    /// </summary>
    public void Refresh(long seenAt)
    {
        lock (_lock)
        {
            if (!IsFreshSince(seenAt) && !(_isReading && _askedAt > seenAt))
                _ = ReadAsync();
        }
    }

    /// <summary>Has the map asked for after this call; all calls until then share that reading. True when a map was read. Never throws.</summary>
    public Task<bool> ReadAsync()
    {
        lock (_lock)
        {
            _next ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isReading)
                _ = OwnFlow.Start(RunAsync);
            _isReading = true;
            return _next.Task;
        }
    }

    /// <summary>Lists the closed shards, as Kinesis reports them now.</summary>
    /// <exception cref="KinesisException">Kinesis did not list them.</exception>
    public ValueTask<IReadOnlyList<ShardRange>> ListClosedAsync(CancellationToken cancellationToken) =>
        gateway.ListClosedShardsAsync(target, cancellationToken);

    /// <summary>Lists the closed shards for judging late answers; none when they cannot be listed now.</summary>
    public async Task<IReadOnlyList<ShardRange>> ReadClosedAsync()
    {
        try
        {
            return await gateway.ListClosedShardsAsync(target, _stop.Token).ConfigureAwait(false);
        }
        catch (KinesisException e)
        {
            events.ShardMapFailed(target.Stream, e.Code, e.Message, TimeSpan.Zero);
            return [];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
        catch (Exception e)
        {
            events.Unexpected("listing the closed shards", e);
            return [];
        }
    }

    /// <summary>Waits; false when stopped by then. Never throws.</summary>
    public async Task<bool> WaitAsync(TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_stop.IsCancellationRequested;
    }

    public void Stop() => _stop.Cancel();

    /// <summary>Reads until nobody asks for a reading any more.</summary>
    private async Task RunAsync()
    {
        while (true)
        {
            TimeSpan wait;
            lock (_lock)
            {
                _isReading = _next is not null;
                if (!_isReading)
                    return;
                Volatile.Write(ref _refreshAt, long.MaxValue);
                wait = _pace.Next(clock.Now);
            }

            await ReadUntilAnsweredAsync(wait).ConfigureAwait(false);
        }
    }

    private async Task ReadUntilAnsweredAsync(TimeSpan wait)
    {
        List<TaskCompletionSource<bool>> asking = [];
        bool? answer;
        do
        {
            var mayRead = await WaitAsync(wait).ConfigureAwait(false);
            lock (_lock)
            {
                _askedAt = clock.Now;
                if (_next is { } next)
                    asking.Add(next);
                _next = null;
            }

            answer = mayRead ? await TryReadAsync(_askedAt).ConfigureAwait(false) : false;
            _asked.TrySetResult();
            if (answer is null)
                wait = NextDelay();
        }
        while (answer is null);
        asking.ForEach(a => a.SetResult(answer.Value));
    }

    /// <summary>Reads the map once. True: a map was read. False: the stream does not exist. Null: read again.</summary>
    private async Task<bool?> TryReadAsync(long startedAt)
    {
        try
        {
            return await ReadOnceAsync(startedAt).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Thrown by what a failure leads to. No other reading begins while this one goes on, so it must not end here: all who ask would wait for ever.
            _failures++;
            events.Unexpected("a reading of the shard map that failed", e);
            return null;
        }
    }

    private async Task<bool?> ReadOnceAsync(long startedAt)
    {
        try
        {
            var shards = await gateway.ListShardsAsync(target, _stop.Token).ConfigureAwait(false);
            if (_stop.IsCancellationRequested)
                return false;
            health.MapRead();
            if (shards.Count == 0)
                throw new KinesisException(KinesisFailureKind.Refused, "ResourceInUseException", "the stream has no open shard yet");
            _failures = 0;
            _denied = false;
            _poll = LagPoll;
            if (!follower.MapLoaded(shards))
                return null;
            Volatile.Write(ref _readAt, startedAt);
            Volatile.Write(ref _refreshAt, startedAt + (long)(RefreshAfter.Ticks * (1 + random.NextDouble() / 2)));
            MapRead?.Invoke();
            return true;
        }
        catch (KinesisException e) when (e.Code == RecordErrorCodes.ResourceNotFound)
        {
            // Written before the instant: from that on, records that arrive fail with this message.
            _missing = e.Message;
            Volatile.Write(ref _missingAt, clock.Now);
            health.MapRead();
            events.StreamMissing(target.Stream);
            follower.StreamMissing(e.Message);
            return false;
        }
        catch (KinesisException e)
        {
            Failed(e.Code, e.Message);
            return null;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            events.Unexpected("reading the shard map", e);
            Failed(e.GetType().Name, e.Message);
            return null;
        }
    }

    private void Failed(string code, string message)
    {
        var denied = code == "AccessDeniedException";
        health.MapFailed(clock.Now, code, message);
        _poll = code is "ResourceInUseException" ? CreatingPoll : TimeSpan.Zero;
        if (_poll > TimeSpan.Zero)
            return;
        _failures++;
        if (denied && !_denied)
            events.PredictionOff(target.Stream, "kinesis:ListShards");
        _denied = denied;
        if (denied || _failures >= FailuresUntilUnavailable)
            follower.MapUnavailable(denied);
        if (!denied)
            events.ShardMapFailed(target.Stream, code, message, Backoff());
    }

    private TimeSpan NextDelay() => _poll > TimeSpan.Zero ? _poll : Backoff() * (0.75 + random.NextDouble() / 2);

    private TimeSpan Backoff()
    {
        var wait = FirstBackoff * Math.Pow(1.5, Math.Min(_failures - 1, 20));
        return wait < MaxBackoff ? wait : MaxBackoff;
    }
}

/// <summary>
/// Spreads the readings of a shard map. A few may follow each other at once, as a reshard needs them. After that they come at a steady pace, however
/// many answers contradict the map: a service that keeps routing otherwise than its listing says is not asked for each answer.
/// </summary>
internal sealed class ReadingPace
{
    /// <summary>How many readings may follow each other at once.</summary>
    public const int MostAtOnce = 8;

    /// <summary>How many readings a second may follow.</summary>
    public const int PerSecond = 4;

    private double _left = MostAtOnce;
    private long _at;

    /// <summary>Counts a reading, and returns how long it has to wait.</summary>
    public TimeSpan Next(long now)
    {
        _left = Math.Min(MostAtOnce, _left + (PerSecond * (now - _at) / (double)TimeSpan.TicksPerSecond)) - 1;
        _at = now;
        return _left >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_left / PerSecond);
    }
}
