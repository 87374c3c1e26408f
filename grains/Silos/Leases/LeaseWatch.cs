using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Leases;

/// <summary>
/// Watches other silos renew their leases, so that a shard's next owner counts from the former owner's last renewal and not from when its
/// loss was noticed. Each silo measures by its own monotonic clock: a renewal that is first seen now began before now.
/// </summary>
internal sealed partial class LeaseWatch(IStateStore store, LiveSilos silos, TimeProvider time, ILogger<LeaseWatch> logger) : IAsyncDisposable
{
    /// <summary>The time between two looks, and so the longest delay before a renewal is seen; a row costs half a read unit.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long the lease of a lost silo is kept after its last renewal. No silo needs it afterwards: the time is longer than any request
    /// may take.
    /// </summary>
    private static readonly TimeSpan KeepFor = TimeSpan.FromHours(1);

    private readonly BackgroundLoop _watching = new();
    private readonly ConcurrentDictionary<string, Sight> _seen = new(StringComparer.Ordinal);

    /// <summary>Starts watching, with the first shard that needs it.</summary>
    public void Start() => _watching.Start(WatchAsync);

    /// <summary>
    /// Waits until the lease of a silo is over. A silo that keeps renewing is not waited for longer than one lease: it has given the shard
    /// up, or is declared dead and stops when it reads that.
    /// </summary>
    /// <returns>The instant at which the lease was over, which may be long ago.</returns>
    public async Task<long> OverAsync(string silo, CancellationToken cancellationToken)
    {
        var latest = time.GetTimestamp() + Ticks(SiloLease.TimeToLive);
        while (true)
        {
            var sight = _seen.GetValueOrDefault(silo);
            var over = sight is null ? latest : Math.Min(latest, sight.At + Ticks(SiloLease.TimeToLive));
            if (time.GetElapsedTime(time.GetTimestamp(), over) is { Ticks: > 0 } wait)
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            if (over >= latest || await IsStillAsync(silo, sight, cancellationToken).ConfigureAwait(false))
                return over;
        }
    }

    /// <summary>Waits until silos cannot be sending any more: their leases are over, and so is the last request of each.</summary>
    /// <param name="leaseEnds">When their leases are over, from <see cref="OverAsync"/>.</param>
    /// <param name="requestTimeout">The longest that a request takes.</param>
    public async Task SilentAsync(IEnumerable<Task<long>> leaseEnds, TimeSpan requestTimeout, CancellationToken cancellationToken)
    {
        var last = (await Task.WhenAll(leaseEnds).ConfigureAwait(false)).Max();
        if (requestTimeout - time.GetElapsedTime(last) is { Ticks: > 0 } left)
            await Task.Delay(left, time, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _watching.DisposeAsync();

    /// <summary>
    /// Whether the lease was not renewed after the last renewal seen. It is asked when that lease is over: a silo that renews later has
    /// found its lease lapsed, and first reads who owns its shards.
    /// </summary>
    private async Task<bool> IsStillAsync(string silo, Sight? sight, CancellationToken cancellationToken)
    {
        try
        {
            var row = await store.ReadAsync(SiloLease.Kind, silo, cancellationToken).ConfigureAwait(false);
            if (row is null || row.Version == sight?.Version)
                return true;
            See(row);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogNotSeen(e);
            await Task.Delay(LookEvery, time, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                foreach (var row in await store.ListAsync(SiloLease.Kind, stopping).ConfigureAwait(false))
                {
                    if (See(row))
                        await store.DeleteAsync(row.Kind, row.Key, row.Version, stopping).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                LogNotSeen(e);
            }

            await Task.Delay(LookEvery, time, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Notes when a version was first seen. True when the row is no longer needed.</summary>
    private bool See(StateRow row)
    {
        var now = time.GetTimestamp();
        // Most looks find what they have seen before: no row of any silo costs an allocation then.
        // A doubt that follows the version seen last is no renewal: the lease of before is over when it would have been, and the silo gets no other before
        // it has read its rows. Where a version was not seen, that one was a renewal.
        if (!_seen.TryGetValue(row.Key, out var sight) || sight.Version != row.Version)
            _seen[row.Key] = sight = new Sight(row.Version, row.Text == SiloLease.Doubted && sight?.Version == row.Version - 1 ? sight.At : now);
        if (time.GetElapsedTime(sight.At, now) < KeepFor || !silos.IsLost(SiloId.Parse(row.Key)))
            return false;
        _seen.TryRemove(row.Key, out _);
        return true;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    [LoggerMessage(75, LogLevel.Warning, "It was not seen who renews the leases; owners of ordered shards may wait longer for the former ones")]
    private partial void LogNotSeen(Exception error);

    private sealed record Sight(long Version, long At);
}
