using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>Reads the shard map when there is a reason to, one reading at a time, and backs off while readings fail.</summary>
internal sealed class ShardMapReader
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

    private readonly IKinesisGateway _gateway;
    private readonly StreamTarget _target;
    private readonly ShardMapApplier _follower;
    private readonly IPipelineEvents _events;
    private readonly StreamHealth _health;
    private readonly MonotonicClock _clock;
    private readonly Random _random;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly ReadingPace _pace = new();
    private Task<bool>? _reading;
    private long _readAt = -1;
    private long _missingAt = -TimeSpan.TicksPerDay;
    private int _failures;
    private volatile bool _denied;
    private TimeSpan _poll;
    private long _refreshAt = long.MaxValue;

    public ShardMapReader(
        IKinesisGateway gateway, StreamTarget target, ShardMapApplier follower, IPipelineEvents events, StreamHealth health, MonotonicClock clock,
        Random random)
    {
        _gateway = gateway;
        _target = target;
        _follower = follower;
        _events = events;
        _health = health;
        _clock = clock;
        _random = random;
    }

    /// <summary>Whether the map in force was read after that instant.</summary>
    public bool IsFreshSince(long instant) => Volatile.Read(ref _readAt) > instant;

    /// <summary>Whether reading the map is denied.</summary>
    public bool IsDenied => _denied;

    /// <summary>Whether the map is so old that it must be read again when records arrive.</summary>
    public bool IsDue(long now) => now >= Volatile.Read(ref _refreshAt);

    /// <summary>Whether Kinesis said after that instant that it does not know the stream.</summary>
    public bool IsMissingSince(long instant) => Volatile.Read(ref _missingAt) >= instant;

    /// <summary>Whether Kinesis said within the last second that it does not know the stream.</summary>
    public bool IsMissing(long now) => Volatile.Read(ref _missingAt) > now - TimeSpan.TicksPerSecond;

    /// <summary>
    /// Has the map read again unless it was read after that instant. The rule is KPL's (<c>shard_map.cc</c>, invalidate): answers to calls that began
    /// before the last reading are no reason to read again.
    /// </summary>
    public void Refresh(long seenAt)
    {
        if (!IsFreshSince(seenAt))
            _ = ReadAsync();
    }

    /// <summary>Reads the map, or joins the reading under way. True when a map was read. Never throws.</summary>
    public Task<bool> ReadAsync()
    {
        lock (_lock)
        {
            if (_reading is { IsCompleted: false })
                return _reading;
            Volatile.Write(ref _refreshAt, long.MaxValue);
            var wait = _pace.Next(_clock.Now);
            return _reading = Task.Run(() => ReadUntilAnsweredAsync(wait));
        }
    }

    /// <summary>Lists the closed shards, as Kinesis reports them now.</summary>
    /// <exception cref="KinesisException">Kinesis did not list them.</exception>
    public ValueTask<IReadOnlyList<ShardRange>> ListClosedAsync(CancellationToken cancellationToken) =>
        _gateway.ListClosedShardsAsync(_target, cancellationToken);

    /// <summary>Lists the closed shards for judging late answers; none when they cannot be listed now.</summary>
    public async Task<IReadOnlyList<ShardRange>> ReadClosedAsync()
    {
        try
        {
            return await _gateway.ListClosedShardsAsync(_target, _stop.Token).ConfigureAwait(false);
        }
        catch (KinesisException e)
        {
            _events.ShardMapFailed(_target.Stream, e.Code, e.Message, TimeSpan.Zero);
            return [];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    /// <summary>Reads the map after a wait, or joins the reading then under way. True when a map was read. Never throws.</summary>
    public async Task<bool> ReadAfterAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, _clock.Time, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        return await ReadAsync().ConfigureAwait(false);
    }

    public void Stop() => _stop.Cancel();

    private async Task<bool> ReadUntilAnsweredAsync(TimeSpan wait)
    {
        while (await MayReadAfterAsync(wait).ConfigureAwait(false))
        {
            var answered = await TryReadAsync().ConfigureAwait(false);
            if (answered is { } answer)
                return answer;
            wait = NextDelay();
        }

        return false;
    }

    /// <summary>Waits; false when stopped by then.</summary>
    private async Task<bool> MayReadAfterAsync(TimeSpan wait)
    {
        try
        {
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, _clock.Time, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        return !_stop.IsCancellationRequested;
    }

    /// <summary>Reads the map once. True: a map was read. False: the stream does not exist. Null: read again.</summary>
    private async Task<bool?> TryReadAsync()
    {
        var startedAt = _clock.Now;
        try
        {
            var shards = await _gateway.ListShardsAsync(_target, _stop.Token).ConfigureAwait(false);
            if (_stop.IsCancellationRequested)
                return false;
            _health.MapRead();
            if (shards.Count == 0)
                throw new KinesisException(KinesisFailureKind.Refused, "ResourceInUseException", "the stream has no open shard yet");
            _failures = 0;
            _denied = false;
            _poll = LagPoll;
            if (!_follower.MapLoaded(shards))
                return null;
            Volatile.Write(ref _readAt, startedAt);
            Volatile.Write(ref _refreshAt, startedAt + (long)(RefreshAfter.Ticks * (1 + _random.NextDouble() / 2)));
            return true;
        }
        catch (KinesisException e) when (e.Code == RecordErrorCodes.ResourceNotFound)
        {
            Volatile.Write(ref _missingAt, _clock.Now);
            _health.MapRead();
            _events.StreamMissing(_target.Stream);
            _follower.StreamMissing(e.Message);
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
            _events.Unexpected("reading the shard map", e);
            Failed(e.GetType().Name, e.Message);
            return null;
        }
    }

    private void Failed(string code, string message)
    {
        var denied = code == "AccessDeniedException";
        _health.MapFailed(_clock.Now, code, message);
        _poll = code is "ResourceInUseException" ? CreatingPoll : TimeSpan.Zero;
        if (_poll > TimeSpan.Zero)
            return;
        _failures++;
        if (denied && !_denied)
            _events.PredictionOff(_target.Stream, "kinesis:ListShards");
        _denied = denied;
        if (denied || _failures >= FailuresUntilUnavailable)
            _follower.MapUnavailable(denied);
        if (!denied)
            _events.ShardMapFailed(_target.Stream, code, message, Backoff());
    }

    private TimeSpan NextDelay() => _poll > TimeSpan.Zero ? _poll : Backoff() * (0.75 + _random.NextDouble() / 2);

    private TimeSpan Backoff()
    {
        var wait = FirstBackoff * Math.Pow(1.5, Math.Min(_failures - 1, 20));
        return wait < MaxBackoff ? wait : MaxBackoff;
    }
}
