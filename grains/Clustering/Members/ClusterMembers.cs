using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;
using Orleans.Messaging;

namespace Orleans.Kpl.Clustering.Members;

/// <summary>Adds what finds the members of a cluster in DynamoDB.</summary>
internal static class ClusterMembers
{
    /// <summary>For a silo. One that has another table of members by Orleans' means, such as <c>UseDynamoDBClustering</c>, keeps it.</summary>
    /// <param name="services">The silo's services; a <see cref="TimeProvider"/> is among them.</param>
    /// <param name="newId">Makes the token of a transaction.</param>
    public static void AddToSilo(IServiceCollection services, KplDynamoDbOptions options, Func<Guid> newId) => services.TryAddSingleton<IMembershipTable>(s =>
    {
        var location = Locate(options);
        var time = s.GetRequiredService<TimeProvider>();
        return new DynamoDbMembership(
            new(CallsOf(options, location), ClusterOf(s), options.CreateTables, time, newId), time, LogOf(s, options));
    });

    /// <summary>For a client.</summary>
    /// <param name="location">The table's address.</param>
    public static void AddToClient(IServiceCollection services, KplDynamoDbOptions options, DynamoDbLocation location) =>
        services.AddSingleton<IGatewayListProvider>(s => new DynamoDbGateways(
            new(CallsOf(options, location), ClusterOf(s)),
            s.GetRequiredService<IOptions<GatewayOptions>>().Value.GatewayListRefreshPeriod, LogOf(s, options)));

    /// <summary>Finds DynamoDB's address, in settings and in AWS's environment.</summary>
    /// <exception cref="KplOptionsException">As <see cref="DynamoDbLocation.Resolve"/> throws <see cref="KinesisSettingsException"/>.</exception>
    public static DynamoDbLocation Locate(KplDynamoDbOptions options)
    {
        try
        {
            return DynamoDbLocation.Resolve(options, AwsEnvironment.Process);
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([error.Message]);
        }
    }

    /// <summary>The log's lines of the tables.</summary>
    public static MembersLog LogOf(IServiceProvider services, KplDynamoDbOptions options) =>
        new(GuardedLogger.Of(services.GetRequiredService<ILoggerFactory>()), options.SilosTable);

    private static MemberCalls CallsOf(KplDynamoDbOptions options, DynamoDbLocation location) =>
        new(DynamoDbClients.Create(options, location), options.SilosTable, location);

    private static string ClusterOf(IServiceProvider services) => services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId;
}

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
