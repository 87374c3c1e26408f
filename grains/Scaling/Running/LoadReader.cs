using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Costs;
using Orleans.Kpl.Scaling.Heat;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>
/// Reads a stream's load now and then, and has its sums in memory. Where there is a store they are kept in it, each hour in which there was load and at
/// the end, and the next reader goes on from them.
/// </summary>
internal sealed class LoadReader(IManagedStream stream, AdminServices services) : IAsyncDisposable
{
    /// <summary>
    /// How often the shards of an idle stream are asked: before it closes after ten minutes, and forgets what was observed; and less often than every
    /// five minutes, since two looks within those keep a stream open.
    /// </summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(8);

    /// <summary>How long after a minute of the clock a busy stream is asked: its shards have all of that minute, and few have been split since.</summary>
    private static readonly TimeSpan Past = TimeSpan.FromSeconds(1);

    /// <summary>All streams are asked within so long.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(8);

    /// <summary>A stream is busy for so many minutes after its last record.</summary>
    private const int BusyMinutes = 2;

    private const int MostPages = 10;

    /// <summary>How long the store is waited for, also at the end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly BackgroundLoop _loop = new();
    private readonly Lock _lock = new();
    private readonly StreamPhase _phase = new(stream.Target.Stream);
    private LoadWeek _week = new();
    private HeatHistory _heat = new();
    private long _lastFailure;
    private DateTimeOffset _lookedAt;
    private long _lookedFrom;
    private bool _hasNew;

    /// <summary>The version of the row that was read or written last, 0 for none; null while it has to be read.</summary>
    private long? _version;

    /// <summary>Returns the load seen until now, and goes on to see it.</summary>
    public Task<StreamLoad> GetAsync(CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        var look = await StreamObservation.LookAsync(stream, cancellationToken).ConfigureAwait(false);
        await LookAsync(cancellationToken).ConfigureAwait(false);
        Follow();
        lock (_lock)
        {
            return new StreamLoad
            {
                Stream = stream.Target.Stream,
                Arn = look.Summary.StreamArn,
                OnDemand = look.Summary.OnDemand,
                OpenShards = look.Shards.Count,
                Hours = _week.Hours,
            };
        }
    });

    /// <summary>Returns the picture of the load seen until now, and goes on to see it. Kinesis is not asked about a stream that is known here.</summary>
    public Task<StreamHeat> GetHeatAsync(HeatSpan span, CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        if (!(await LookAsync(cancellationToken).ConfigureAwait(false)).IsKnown)
            await stream.DescribeAsync(cancellationToken).ConfigureAwait(false);
        Follow();
        lock (_lock)
            return _heat.Of(stream.Target.Stream, span, services.Time.GetUtcNow());
    });

    /// <summary>Looks now and then from here on.</summary>
    public void Follow() => _loop.Start(FollowAsync);

    /// <summary>Keeps the sums for the next reader.</summary>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync().ConfigureAwait(false);
        await SaveAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Adds what is new. Returns when it was looked, whether the stream is busy, and whether anything is known of it here.</summary>
    private async Task<(DateTimeOffset At, bool IsBusy, bool IsKnown)> LookAsync(CancellationToken cancellationToken)
    {
        await RestoreAsync(cancellationToken).ConfigureAwait(false);
        var loads = StreamObservation.OneOfEach((await stream.LoadsAsync(cancellationToken).ConfigureAwait(false)).Loads).ToList();
        var isBusy = loads.Any(static l => l.Report is { } seen && IsBusy(seen));
        lock (_lock)
        {
            var now = services.Time.GetUtcNow();
            var most = NewMinutes();
            _week.Add(now, loads.Select(static l => l.Report).OfType<ShardLoadReport>(), most);
            _heat.Add(now, loads, stream.KnownShards, most);
            AddFailures(now);
            (_lookedAt, _hasNew) = (now, _hasNew || isBusy);
            return (now, isBusy, loads.Count > 0 || !_heat.IsEmpty);
        }
    }

    /// <summary>Returns how many minutes may be new since the last look: as many as have begun since, and one that a shard had not ended then.</summary>
    private int NewMinutes()
    {
        var now = services.Time.GetTimestamp();
        var passed = Math.Ceiling(services.Time.GetElapsedTime(_lookedFrom, now).TotalMinutes);
        _lookedFrom = now;
        return (int)Math.Min(passed + 1, MinuteCounts.Kept);
    }

    /// <summary>
    /// Whether the stream's shards were read, or load of it was seen or kept. No silo is asked about any other: anybody who may put can name streams that do
    /// not exist.
    /// </summary>
    private async Task<bool> IsThereAsync(CancellationToken cancellationToken)
    {
        if (stream.KnownShards.Count > 0)
            return true;
        await RestoreAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
            return _version > 0 || !_heat.IsEmpty;
    }

    /// <summary>
    /// Goes on from what was kept, by this reader or by a former one that wrote later than this one began. What is newer is still with the shards, for an
    /// hour: the next look adds it.
    /// </summary>
    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (services.Kept is null || _version is not null)
                return;
        }

        long? version = null;
        (LoadWeek Week, HeatHistory Heat)? found = null;
        try
        {
            var row = await services.Kept.ReadAsync(KeptLoad.Kind, stream.Target.Stream, cancellationToken).Observed()
                .WaitAsync(Patience, services.Time, cancellationToken).ConfigureAwait(false);
            version = row?.Version ?? 0;
            if (row is not null)
            {
                var (kept, now) = (KeptLoad.FromText(row.Text), services.Time.GetUtcNow());
                var until = kept.Until < now ? kept.Until : now;
                found = (new LoadWeek(kept.Hours, until), HeatHistory.Of(kept.Heat, until));
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            services.Events.Troubled(stream.Target.Stream, "going on from the kept sums of its load", e);
        }

        lock (_lock)
        {
            // A caller who looked at the same time may have done it.
            if (_version is not null)
                return;
            _version = version;
            if (found is { } sums)
                (_week, _heat, _lastFailure) = (sums.Week, sums.Heat, 0);
        }
    }

    /// <summary>Keeps what is new. Returns whether nothing is left to keep.</summary>
    private async Task<bool> SaveAsync(CancellationToken cancellationToken)
    {
        KeptLoad kept;
        long over;
        lock (_lock)
        {
            if (!_hasNew || _version is null)
                return !_hasNew;
            (kept, over) = (new KeptLoad(KeptLoad.Current, _lookedAt, _heat.Keep(), _week.Hours), _version.Value);
            // What a look adds from here on is new again.
            _hasNew = false;
        }

        var isKept = false;
        try
        {
            var row = await services.Kept!.WriteAsync(KeptLoad.Kind, stream.Target.Stream, over, kept.ToText(), cancellationToken).Observed()
                .WaitAsync(Patience, services.Time, cancellationToken).ConfigureAwait(false);
            isKept = row is not null;
            // The row of another reader may be newer: the next look goes on from it.
            lock (_lock)
                _version = row?.Version;
            return isKept;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            services.Events.Troubled(stream.Target.Stream, "keeping the sums of its load", e);
            return false;
        }
        finally
        {
            lock (_lock)
                _hasNew |= !isKept;
        }
    }

    private static bool IsBusy(ShardLoadReport seen) => seen.Minutes.TakeLast(BusyMinutes).Append(seen.Running).Any(static m => m.OfferedRecords > 0);

    private void AddFailures(DateTimeOffset now)
    {
        for (var page = 0; page < MostPages; page++)
        {
            var failed = stream.Failures(_lastFailure);
            foreach (var failure in failed.Failures)
            {
                if (failure.HashKey is { } key)
                    _heat.AddFailure(failure.EndedAt < now ? failure.EndedAt : now, key);
            }

            _lastFailure = failed.Next;
            if (!failed.HasMore)
                return;
        }
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        var isBusy = true;
        var saved = HourOf(services.Time.GetUtcNow());
        while (true)
        {
            await Task.Delay(isBusy ? _phase.ToNext(services.Time, TimeSpan.FromMinutes(1), Apart, Past) : Idle, services.Time, stopping).ConfigureAwait(false);
            try
            {
                if (!await IsThereAsync(stopping).ConfigureAwait(false))
                {
                    isBusy = false;
                    continue;
                }

                (var at, isBusy, _) = await LookAsync(stopping).ConfigureAwait(false);
                if (HourOf(at) > saved && await SaveAsync(stopping).ConfigureAwait(false))
                    saved = HourOf(at);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
            {
                services.Events.Troubled(stream.Target.Stream, "summing up its load", e);
            }
        }
    }

    /// <summary>An hour that begins at a minute of the stream's own.</summary>
    private long HourOf(DateTimeOffset at) => (at - (TimeSpan.FromHours(1) * _phase.Share)).UtcTicks / TimeSpan.TicksPerHour;
}

/// <summary>A stream's own instant in a period of the clock: what is done for every stream is done one after another.</summary>
internal readonly struct StreamPhase(string stream)
{
    /// <summary>Gets the share of the period that passes before, 0 to 1.</summary>
    public double Share { get; } = stream.Sum(static c => c) % 32 / 32.0;

    /// <summary>Returns how long it is until the stream's next instant; never zero.</summary>
    /// <param name="within">All streams have their instants within this time.</param>
    /// <param name="after">When the first one has its instant, after a period begins.</param>
    public TimeSpan ToNext(TimeProvider time, TimeSpan every, TimeSpan within, TimeSpan after = default) =>
        every - TimeSpan.FromTicks((time.GetUtcNow() - after - (within * Share)).UtcTicks % every.Ticks);
}
