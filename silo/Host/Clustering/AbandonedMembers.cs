using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>Declares dead the members of a cluster whose silos were all killed at once, while this silo joins it.</summary>
/// <remarks>
/// After such a kill no silo is left to declare the others dead. Orleans lets no silo join before each member that
/// the table calls active has answered, or five minutes have passed. This silo declares a member dead if its row is
/// older than Orleans itself allows, does not change while this silo watches it, and no process accepts a connection at its address.
/// </remarks>
internal sealed partial class AbandonedMembers(
    IMembershipTable table, IClusterMembershipService members, IOptions<ClusterMembershipOptions> options, TimeProvider time, ILogger<AbandonedMembers> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>So many publish periods a row is watched: a silo that lives renews it in each, and one attempt may fail.</summary>
    private const int Watched = 2;

    private const int LeastFailures = 2;

    private readonly Dictionary<SiloAddress, WatchedMember> _watched = [];
    private readonly CancellationTokenSource _joined = new();
    private Task _watching = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(AbandonedMembers), ServiceLifecycleStage.ValidateInitialConnectivity - 1, StartAsync, StopAsync);
        lifecycle.Subscribe(nameof(AbandonedMembers), ServiceLifecycleStage.BecomeActive, StopAsync);
    }

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _watching = Task.Run(WatchAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _joined.CancelAsync();
        await _watching;
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(options.Value.ProbeTimeout, time);
        try
        {
            do
                await LookAsync();
            while (await timer.WaitForNextTickAsync(_joined.Token));
        }
        catch (OperationCanceledException) when (_joined.IsCancellationRequested)
        {
            // The silo has joined, or given up.
        }
    }

    /// <summary>Looks through the table once, and declares dead who is gone by now.</summary>
    internal async Task LookAsync()
    {
        try
        {
            var rows = await table.ReadAllAsync(_joined.Token);
            var active = rows.Members.Select(static m => m.Item1).Where(static m => m.Status == SiloStatus.Active);
            List<WatchedMember> stale = [.. active.Select(Watch).Where(IsStale)];
            await Task.WhenAll(stale.Select(TryConnectAsync));
            foreach (var gone in stale.Where(static m => m.Failures >= LeastFailures))
            {
                LogAbandoned(gone.Silo);
                await members.TryKill(gone.Silo);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogFailed(error);
        }
    }

    /// <summary>Notes what a row tells. One that has changed since the last look begins anew.</summary>
    private WatchedMember Watch(MembershipEntry member)
    {
        var renewed = member.IAmAliveTime > member.StartTime ? member.IAmAliveTime : member.StartTime;
        if (!_watched.TryGetValue(member.SiloAddress, out var known) || known.Renewed != renewed)
            _watched[member.SiloAddress] = known = new WatchedMember(member.SiloAddress, renewed, time.GetTimestamp());
        return known;
    }

    /// <summary>
    /// Orleans' own rule for rows that no longer count, and another one: the former compares clocks of two machines, and the silo that joins may be ahead.
    /// </summary>
    private bool IsStale(WatchedMember member)
    {
        var period = options.Value.IAmAliveTablePublishTimeout;
        return time.GetUtcNow().UtcDateTime - member.Renewed > period * options.Value.NumMissedTableIAmAliveLimit
            && time.GetElapsedTime(member.Since) > period * Watched;
    }

    private async Task TryConnectAsync(WatchedMember member) =>
        member.Failures = await TakesConnectionsAsync(member.Silo.Endpoint) ? 0 : member.Failures + 1;

    private async Task<bool> TakesConnectionsAsync(IPEndPoint endpoint)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_joined.Token);
        limit.CancelAfter(options.Value.ProbeTimeout);
        try
        {
            await socket.ConnectAsync(endpoint, limit.Token);
            return true;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException && !_joined.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(106, LogLevel.Warning, "Silo {Member} has not renewed its row and takes no connections: it is declared dead, so that this silo can join")]
    private partial void LogAbandoned(SiloAddress member);

    [LoggerMessage(107, LogLevel.Warning, "The table of members could not be looked through for silos that are gone")]
    private partial void LogFailed(Exception error);

    /// <summary>A member that the table calls active.</summary>
    /// <param name="Renewed">When it last renewed its row, by its own clock.</param>
    /// <param name="Since">When this silo saw that first, by its own.</param>
    private sealed record WatchedMember(SiloAddress Silo, DateTime Renewed, long Since)
    {
        /// <summary>How many looks in a row no process took a connection.</summary>
        public int Failures { get; set; }
    }
}
