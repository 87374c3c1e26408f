using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Costs;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Reads a stream's load now and then, and has its sums in memory.</summary>
internal sealed class LoadReader(IManagedStream stream, AdminServices services) : IAsyncDisposable
{
    /// <summary>
    /// How often the shards are asked: before an idle stream closes after ten minutes, and forgets what was observed; and less often than every five
    /// minutes, since two looks within those keep a stream open.
    /// </summary>
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(8);

    private readonly BackgroundLoop _loop = new();
    private readonly Lock _lock = new();
    private readonly LoadWeek _week = new();

    /// <summary>Returns the load seen until now, and goes on to see it.</summary>
    public Task<StreamLoad> GetAsync(CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        var seen = await StreamObservation.ReadAsync(stream, services, needsQuotas: false, cancellationToken).ConfigureAwait(false);
        Follow();
        lock (_lock)
        {
            Add(seen.Loads);
            return new StreamLoad
            {
                Stream = stream.Target.Stream,
                Arn = seen.Look.Summary.StreamArn,
                OnDemand = seen.Look.Summary.OnDemand,
                OpenShards = seen.Look.Shards.Count,
                Hours = _week.Hours,
            };
        }
    });

    /// <summary>Looks now and then from here on.</summary>
    public void Follow() => _loop.Start(FollowAsync);

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private void Add(IEnumerable<OwnedLoad> loads) => _week.Add(services.Time.GetUtcNow(), loads.Select(static l => l.Report).OfType<ShardLoadReport>());

    private async Task FollowAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Every, services.Time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            try
            {
                var loads = await stream.LoadsAsync(stopping).ConfigureAwait(false);
                lock (_lock)
                    Add(StreamObservation.OneOfEach(loads));
            }
            catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
            {
                services.Events.Troubled(stream.Target.Stream, "summing up its load", e);
            }
        }
    }
}
