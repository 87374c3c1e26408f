using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>Declares dead the members of a cluster whose silos were all killed at once, while this silo joins it.</summary>
/// <remarks>
/// After such a kill no silo is left to declare the others dead. Orleans lets no silo join before each member that
/// the table calls active has answered, or five minutes have passed. This silo declares a member dead if it has not
/// renewed its row for as long as Orleans itself allows, and no process accepts a connection at its address.
/// </remarks>
internal sealed partial class AbandonedMembers(
    IMembershipTable table, IClusterMembershipService members, IOptions<ClusterMembershipOptions> options, TimeProvider time, ILogger<AbandonedMembers> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
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
            while (await timer.WaitForNextTickAsync(_joined.Token))
                await TryDeclareAsync();
        }
        catch (OperationCanceledException) when (_joined.IsCancellationRequested)
        {
            // The silo has joined, or given up.
        }
    }

    private async Task TryDeclareAsync()
    {
        try
        {
            var rows = await table.ReadAllAsync(_joined.Token);
            foreach (var (member, _) in rows.Members)
            {
                if (member.Status != SiloStatus.Active || !IsStale(member) || await TakesConnectionsAsync(member.SiloAddress.Endpoint))
                    continue;
                LogAbandoned(member.SiloAddress);
                await members.TryKill(member.SiloAddress);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogFailed(error);
        }
    }

    /// <summary>Orleans' own rule for rows that no longer count.</summary>
    private bool IsStale(MembershipEntry member)
    {
        var renewed = member.IAmAliveTime > member.StartTime ? member.IAmAliveTime : member.StartTime;
        return time.GetUtcNow().UtcDateTime - renewed > options.Value.IAmAliveTablePublishTimeout * options.Value.NumMissedTableIAmAliveLimit;
    }

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
}
