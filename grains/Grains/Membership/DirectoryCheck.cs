using Microsoft.Extensions.Logging;
using Orleans.Metadata;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Membership;

/// <summary>
/// Fails the start of a silo beside one that finds shards in Orleans' default grain directory, as silos of a former version do: each of the two would open
/// an owner of a shard. The check is made before the silo joins, and again once it has, for a silo that joined at the same moment. A silo of that kind that
/// joins later is an error in the log.
/// </summary>
/// <remarks>
/// A silo that does not tell its directory uses the cluster's default one, which Orleans wants to be the same in all silos. Where that is the tier's too,
/// as always in <c>silo/Host</c>, there is nothing to check.
/// </remarks>
internal sealed partial class DirectoryCheck(
    IServiceProvider services, IClusterManifestProvider manifests, IClusterMembershipService members, ILocalSiloDetails self, TimeProvider time,
    ILoggerFactory loggers) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Silos tell what they have some time after they are seen. One that does not answer for so long is for Orleans to declare dead.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = loggers.CreateLogger("Orleans.Kpl");
    private readonly CancellationTokenSource _stopped = new();
    private Task _watching = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer)
    {
        if (TierDirectory.IsDefault(services))
            return;
        observer.Subscribe("Orleans.Kpl directory", ServiceLifecycleStage.ValidateInitialConnectivity, CheckAsync);
        observer.Subscribe("Orleans.Kpl directory", ServiceLifecycleStage.Active, WatchAsync, StopAsync);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            // A silo that is declared dead before it told anything brings no manifest: then the news is of members alone.
            var first = await Task.WhenAny(LookAsync(manifests.Updates, either.Token), LookAsync(members.MembershipUpdates, either.Token))
                .ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LogSilent(string.Join(", ", Others().Where(s => !manifests.Current.Silos.ContainsKey(s))), Longest.TotalSeconds);
        }
    }

    /// <summary>Completes when all silos have told, at any news.</summary>
    private async Task LookAsync<T>(IAsyncEnumerable<T> news, CancellationToken cancellationToken)
    {
        await foreach (var _ in news.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var manifest = manifests.Current;
            if (Strangers(manifest).FirstOrDefault() is { } stranger)
                throw new KplOptionsException([$"Silo {stranger} finds shards in Orleans' default grain directory, as silos of a former version do, and "
                    + "beside it a shard would have two owners: stop such silos before this one starts, on Kubernetes with strategy Recreate"]);
            if (Others().All(manifest.Silos.ContainsKey))
                return;
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await CheckAsync(cancellationToken).ConfigureAwait(false);
        _watching = Task.Run(TellAsync, CancellationToken.None);
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        // An exception of a log is no reason not to stop.
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task TellAsync()
    {
        var told = new HashSet<SiloAddress>();
        try
        {
            await foreach (var manifest in manifests.Updates.WithCancellation(_stopped.Token).ConfigureAwait(false))
            {
                foreach (var stranger in Strangers(manifest).Where(told.Add))
                    LogJoined(stranger);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private static IEnumerable<SiloAddress> Strangers(ClusterManifest manifest) =>
        manifest.Silos.Where(static s => s.Value.Grains.TryGetValue(TierDirectory.Shard, out var shard) && !shard.Properties.ContainsKey(TierDirectory.Mark))
            .Select(static s => s.Key);

    private IEnumerable<SiloAddress> Others() => members.CurrentSnapshot.Members.Values
        .Where(m => m.Status == SiloStatus.Active && !m.SiloAddress.Equals(self.SiloAddress)).Select(static m => m.SiloAddress);

    [LoggerMessage(100, LogLevel.Warning, "Silos {Silos} have not told within {Seconds} s in which directory they find shards: the start goes on")]
    private partial void LogSilent(string silos, double seconds);

    [LoggerMessage(101, LogLevel.Error,
        "Silo {Silo} has joined, which finds shards in Orleans' default grain directory: until it stops a shard may have two owners")]
    private partial void LogJoined(SiloAddress silo);
}
