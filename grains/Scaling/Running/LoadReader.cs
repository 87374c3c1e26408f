using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Costs;
using Orleans.Kpl.Scaling.Heat;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Reads a stream's load now and then, and has its sums in memory.</summary>
internal sealed class LoadReader(IManagedStream stream, AdminServices services) : IAsyncDisposable
{
    /// <summary>
    /// How often the shards of an idle stream are asked: before it closes after ten minutes, and forgets what was observed; and less often than every
    /// five minutes, since two looks within those keep a stream open.
    /// </summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(8);

    /// <summary>How long after a minute of the clock a busy stream is asked: its shards have all of that minute, and few have been split since.</summary>
    private static readonly TimeSpan Past = TimeSpan.FromSeconds(1);

    /// <summary>Streams are asked one after another, within so long.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(8);

    /// <summary>A stream is busy for so many minutes after its last record.</summary>
    private const int BusyMinutes = 2;

    private const int MostPages = 10;

    private readonly BackgroundLoop _loop = new();
    private readonly Lock _lock = new();
    private readonly LoadWeek _week = new();
    private readonly HeatHistory _heat = new();
    private long _lastFailure;

    /// <summary>Returns the load seen until now, and goes on to see it.</summary>
    public Task<StreamLoad> GetAsync(CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        var look = await StreamSnapshot.ReadAsync(stream, cancellationToken).ConfigureAwait(false);
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

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    /// <summary>Adds what is new. Returns whether the stream is busy, and whether anything is known of it here.</summary>
    private async Task<(bool IsBusy, bool IsKnown)> LookAsync(CancellationToken cancellationToken)
    {
        bool isKnown;
        var loads = StreamObservation.OneOfEach(await stream.LoadsAsync(cancellationToken).ConfigureAwait(false)).ToList();
        lock (_lock)
        {
            var now = services.Time.GetUtcNow();
            _week.Add(now, loads.Select(static l => l.Report).OfType<ShardLoadReport>());
            _heat.Add(now, [.. loads.Where(static l => l.Report is not null).Select(static l => new ShardSeen(l.Owner, l.Report!))]);
            AddFailures(now);
            isKnown = loads.Count > 0 || !_heat.IsEmpty;
        }

        return (loads.Any(static l => l.Report is { } seen && IsBusy(seen)), isKnown);
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
        while (true)
        {
            await Task.Delay(isBusy ? ToNextMinute() : Idle, services.Time, stopping).ConfigureAwait(false);
            try
            {
                isBusy = (await LookAsync(stopping).ConfigureAwait(false)).IsBusy;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
            {
                services.Events.Troubled(stream.Target.Stream, "summing up its load", e);
            }
        }
    }

    private TimeSpan ToNextMinute()
    {
        var turn = Apart * (stream.Target.Stream.Sum(static c => c) % 32 / 32.0);
        var passed = TimeSpan.FromTicks((services.Time.GetUtcNow() - Past - turn).UtcTicks % TimeSpan.TicksPerMinute);
        return TimeSpan.FromMinutes(1) - passed;
    }
}
