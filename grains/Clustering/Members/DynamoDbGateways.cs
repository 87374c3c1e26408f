using System.Net;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Kpl.Pipeline.State;
using Orleans.Messaging;
using Orleans.Runtime;

namespace Orleans.Kpl.Clustering.Members;

/// <summary>The gateways of a cluster from the table of its members, for clients. While the table cannot be read, they are those that were read last.</summary>
internal sealed class DynamoDbGateways(GatewaysTable table, TimeSpan refresh, MembersLog log) : IGatewayListProvider, IDisposable
{
    private volatile IList<Uri>? _last;

    public TimeSpan MaxStaleness => refresh;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (gateways, unreadable) = await table.ReadAsync(cancellationToken).ConfigureAwait(false);
            log.Unreadable(unreadable);
            log.Back();
            return _last = [.. gateways.Select(static g => SiloAddress.New(IPAddress.Parse(g.Address), g.Port, g.Generation).ToGatewayUri())];
        }
        catch (StateStoreException e) when (_last is not null)
        {
            log.Away("the client goes on with the gateways that it knows", e);
            return _last;
        }
    }

    public Task InitializeGatewayListProvider() => InitializeGatewayListProviderAsync(CancellationToken.None);

    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync(CancellationToken.None);

    public void Dispose() => table.Dispose();
}
